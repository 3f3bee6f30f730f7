# SPDX-License-Identifier: GPL-2.0-only
"""A drained node gets nothing new, and what it has is served until it ends."""

import subprocess
import time

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order

KEPT = 1000    # connections
RATE = 300     # new ones a second
SETTLE_S = 1   # what a change may still break is broken by then
TRACKED = "tracked"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(drain_on_down=(TRACKED,))


@pytest.fixture(scope="module")
def lab_without_vipd(lab_without_vipd: Lab) -> Lab:
    """With the interface that an operator takes down for maintenance."""
    for name in topology.NODES:
        lab_without_vipd.network[name].ip(
            f"link add {TRACKED} type veth peer name {TRACKED}-peer",
            f"link set {TRACKED} up", f"link set {TRACKED}-peer up")
    return lab_without_vipd


def is_drained(lab: Lab, name: str) -> bool:
    return lab.nodes[name].backend(name)["state"] == "drain"


def assert_gets_nothing_new(lab: Lab, name: str) -> None:
    with lab.flows(kept=0, rate=RATE) as flows:
        time.sleep(1)
    report = flows.report
    assert not report.failures
    assert report.answered_by.keys() == set(topology.NODES) - {name}, report.answered_by
    assert report.opened > RATE / 2


@pytest.mark.parametrize("name", [FIRST, THIRD])
def test_drain_and_undrain(lab: Lab, name: str) -> None:
    node = lab.nodes[name]
    with lab.flows(KEPT, RATE) as flows:
        assert node.vipctl("drain", "--reason", "new kernel").returncode == 0
        assert_gets_nothing_new(lab, name)
        wait_for(lambda: all(lab.owner(instance) not in (None, name)
                             for instance in topology.INSTANCES), "its VIPs are handed over")
        assert node.status()["drain"]["reason"] == "new kernel"
        assert "new kernel" in node.vipctl("status").stdout
        assert node.vipctl("status").returncode == 0, "a drain is no illness"
        time.sleep(SETTLE_S)
        assert node.vipctl("undrain").returncode == 0
        lab.wait_settled()
        time.sleep(SETTLE_S)
    report = flows.report
    assert not report.broken, (report.broken_on, report.broken[:5])
    assert not report.failures, report.failures[:5]
    assert report.kept_on.keys() == set(topology.NODES)
    with lab.flows(kept=0, rate=RATE) as flows:
        time.sleep(1)
    assert flows.report.answered_by[name] > 0


def test_survives_a_restart(lab: Lab) -> None:
    node = lab.nodes[SECOND]
    with lab.flows(KEPT, RATE) as flows:
        assert node.vipctl("drain", "--reason", "disk").returncode == 0
        since = node.status()["drain"]["since"]
        node.kill_vipd()
        time.sleep(SETTLE_S)
        node.start_vipd()
        assert node.status()["drain"] == {"since": since, "until": None, "reason": "disk"}
        lab.wait_owner(topology.GREEN, THIRD)
        assert_gets_nothing_new(lab, SECOND)
        assert node.vipctl("undrain").returncode == 0
        lab.wait_settled()
    assert not flows.report.broken, (flows.report.broken_on, flows.report.broken[:5])
    assert not flows.report.failures, flows.report.failures[:5]


def test_drained_for_a_while(lab: Lab) -> None:
    node = lab.nodes[THIRD]
    assert node.vipctl("drain", "--for", "2s").returncode == 0
    assert is_drained(lab, THIRD)
    wait_for(lambda: not is_drained(lab, THIRD), "the time is over", timeout=6)


def test_wait_for_the_last_connection(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    with lab.flows(kept=60, rate=0):
        early = node.vipctl("drain", "--wait", "--timeout", "1s")
        assert early.returncode == 1, "connections are left"
        waiting = subprocess.Popen(node.vipctl_command("drain", "--wait", "--timeout", "20s"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        assert waiting.poll() is None
    began = time.monotonic()
    assert waiting.wait(20) == 0
    assert time.monotonic() - began < 10
    assert is_drained(lab, FIRST)


def test_not_the_last_one(lab: Lab) -> None:
    """A drain that would leave a service without a backend is refused, unless it is meant."""
    for name in (FIRST, SECOND):
        lab.nodes[name].stop_nginx()
        lab.wait_backend(name, "down")
    refused = lab.nodes[THIRD].vipctl("drain")
    assert refused.returncode == 1
    assert not is_drained(lab, THIRD)


def test_tracked_interface(lab: Lab) -> None:
    """Down for maintenance, as with `ifdown`: drained. Up: in service again."""
    node = lab.nodes[FIRST]
    with lab.flows(KEPT, RATE) as flows:
        node.namespace.ip(f"link set {TRACKED} down")
        wait_for(lambda: is_drained(lab, FIRST), "the node is drained")
        lab.wait_owner(BLUE, SECOND)
        assert TRACKED in node.status()["drain"]["reason"]
        assert_gets_nothing_new(lab, FIRST)
        node.namespace.ip(f"link set {TRACKED} up")
        wait_for(lambda: not is_drained(lab, FIRST), "the node is in service again")
        lab.wait_settled()
    assert not flows.report.broken, (flows.report.broken_on, flows.report.broken[:5])
    assert not flows.report.failures, flows.report.failures[:5]
