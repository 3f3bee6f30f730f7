# SPDX-License-Identifier: GPL-2.0-only
"""What operators do every day takes nothing from clients: reload, restart, upgrade, stop."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lab import topology
from lab.cluster import Lab
from lab.contenders import cpu_seconds
from lab.node import Node
from lab.stress import unless_stalled

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST = BLUE.owner
SLOW_CHECK_S = 2
KEPT = 200  # connections
MANY = 2000
RATE = 200  # new ones a second
PATIENCE_MS = 50  # of a machine that stands still
INVALID = 78  # EX_CONFIG


def transitions(lab: Lab) -> dict[str, int]:
    """Of blue, by node."""
    return {name: int(lab.nodes[name].instance(BLUE.name)["transitions"])
            for name in topology.NODES}


def test_reload_that_renames_a_service(lab: Lab) -> None:
    """Its check is slow, and nobody is without an owner until it has said something."""
    node = lab.nodes[FIRST]
    before = transitions(lab)
    script = node.directory / "slow"
    script.write_text(f"#!/bin/sh\nsleep {SLOW_CHECK_S}\n")
    script.chmod(0o755)
    slow = lab.settings.configuration(FIRST).replace("name: web", "name: shop").replace(
        'http: "/healthz", port: 80, interval: 200ms, timeout: 200ms',
        f"script: {script}, interval: 10s, timeout: 9s")
    node.write_config(slow)
    probe, owners = lab.client_probe(*BLUE.vips), lab.owner_probe(*BLUE.vips)
    reply = node.vipctl("reload")
    time.sleep(SLOW_CHECK_S / 2)
    assert node.state(BLUE.name) == "MASTER"
    assert node.service()["name"] == "shop"
    assert node.backend(FIRST)["check"]["detail"] == "no result yet"
    time.sleep(SLOW_CHECK_S)
    seen, answered = probe.stop(), owners.stop()
    node.write_config(lab.settings.configuration(FIRST))
    assert node.vipctl("reload").returncode == 0
    assert reply.returncode == 0, reply.stdout + reply.stderr
    assert transitions(lab) == before
    assert all(gap.lost == 0 for gap in seen.values()), seen
    assert all(owner.nodes == {FIRST} and owner.silent <= 2 for owner in answered.values())


def xdp_program(node: Node) -> str:
    """As the kernel has it: "prog/xdp id 1 tag ...", or nothing."""
    shown = node.namespace.run("ip", "-details", "link", "show", "dev", "eth0").stdout
    return shown.partition("prog/xdp")[2].partition("\n")[0]


def start_in_vain(node: Node) -> subprocess.CompletedProcess[str]:
    return subprocess.run(node.vipd_command(), capture_output=True, text=True, timeout=10,
                          check=False)


def test_a_start_that_fails_takes_nothing_away(lab: Lab) -> None:
    """What a killed run left serves on, whatever is wrong with the next one."""
    node = lab.nodes[FIRST]
    good = node.config.read_text()
    taken = node.namespace.start("/usr/bin/python3", "-c", "import socket, time; "
                                 "taken = socket.create_server(('127.0.0.1', 9650)); time.sleep(60)",
                                 output=subprocess.DEVNULL)
    program = xdp_program(node)
    with lab.flows(KEPT, RATE) as flows:
        node.kill_vipd()
        time.sleep(0.5)
        for text, status, why in (
                (good + "metrics: {listen: '127.0.0.1:9650'}\n", 1, "Address already in use"),
                (good + "unknown: key\n", INVALID, "unknown")):
            node.write_config(text)
            reply = start_in_vain(node)
            assert reply.returncode == status, reply.stderr
            assert why in reply.stderr
            assert xdp_program(node) == program != ""
        time.sleep(1)
        node.write_config(good)
        node.start_vipd()
        lab.wait_settled()
    taken.kill()
    taken.wait()
    report = flows.report
    assert not report.broken, (report.broken_on, report.broken[:5])
    assert not report.failures, report.failures[:5]


def test_an_interface_that_comes_late(lab: Lab) -> None:
    """It is waited for, without a loop, and status says what is missing."""
    node = lab.nodes[FIRST]
    assert node.stop_vipd() == 0
    lab.network["switch"].ip(f"link del {FIRST}")
    node.start_vipd()
    assert node.vipctl("status").returncode == 1
    assert {alarm["name"] for alarm in node.status()["alarms"]} >= {"xdp_detached"}
    assert node.instance(BLUE.name)["fault"] == "the interface does not exist"
    assert node.vipd
    before = cpu_seconds([node.vipd.pid])
    time.sleep(2)
    assert cpu_seconds([node.vipd.pid]) - before < 0.2
    lab.network.add_nic(FIRST)
    lab.wait_settled()
    assert xdp_program(node)
    assert node.vipctl("status").returncode == 0, node.vipctl("status").stdout
    assert lab.who_answers(*BLUE.vips)[BLUE.vip4].nodes == {FIRST}


@contextmanager
def nothing_is_lost(lab: Lab, kept: int = KEPT) -> Iterator[None]:
    """No connection, no echo of one a millisecond, and no other owner than before."""
    lab.wait_settled()
    others = {name: count for name, count in transitions(lab).items() if name != FIRST}
    logs = {name: len(lab.nodes[name].log.read_text(errors="replace")) for name in others}
    probe, owners = lab.client_probe(*BLUE.vips), lab.owner_probe(*BLUE.vips)
    with lab.flows(kept, RATE) as flows:
        time.sleep(0.5)
        yield
        time.sleep(0.5)
    seen, answered, report = probe.stop(), owners.stop(), flows.report
    assert not report.broken, (report.broken_on, report.broken[:5])
    assert not report.failures, report.failures[:5]
    assert report.slowest_ms < 900, "a segment was lost, and sent again"
    assert all(gap.lost == 0 for gap in seen.values()), seen
    assert all(owner.nodes == {FIRST} and not owner.overlaps for owner in answered.values())
    assert all(owner.silent <= 2 for owner in answered.values()), answered
    after = transitions(lab)
    assert {name: after[name] for name in others} == others
    for name, since in logs.items():
        said = lab.nodes[name].log.read_text(errors="replace")[since:]
        assert "advertises every" not in said, "a restart is nobody's mistake"


@pytest.mark.parametrize("other", [False, True], ids=["same", "other-layout"])
def test_restart(lab: Lab, other: bool) -> None:
    """The lease lasts until the next run is there, also with tables that must be made anew."""
    def attempt() -> None:
        node = lab.nodes[FIRST]
        drops = sum(node.drops().values())
        with nothing_is_lost(lab):
            if other:
                node.forget_version()
            node.restart_vipd()
            time.sleep(1.5)
        assert node.status()["xdp"]["program_id"] != 0
        assert other or sum(node.drops().values()) >= drops, "counters survive"

    unless_stalled(attempt, PATIENCE_MS)


def test_rolling_upgrade(lab: Lab) -> None:
    """Of all nodes, one after the other, under many connections."""
    def attempt() -> None:
        for node in lab.nodes.values():
            node.forget_version()
        with lab.flows(MANY, RATE) as flows:
            for node in lab.nodes.values():
                node.restart_vipd()
                lab.wait_settled()
        report = flows.report
        assert not report.broken, (report.broken_on, report.broken[:5])
        assert not report.failures, report.failures[:5]

    unless_stalled(attempt, PATIENCE_MS)


def test_leave_serves_what_is_established(lab: Lab) -> None:
    """As long as connections last, and not until the grace is over."""
    node = lab.nodes[FIRST]
    node.write_config(lab.settings.configuration(FIRST).replace("stop_grace: 1s", "stop_grace: 1h"))
    assert node.vipctl("reload").returncode == 0
    with lab.flows(KEPT, RATE) as flows:
        leaving = subprocess.Popen(node.vipctl_command("leave", "--wait"), text=True,
                                   stdout=subprocess.PIPE)
        lab.wait_owner(BLUE, BLUE.order[1])
        time.sleep(3)
        assert leaving.poll() is None
        assert node.status()["leaving"]["connections"] > 0
    assert not flows.report.broken, (flows.report.broken_on, flows.report.broken[:5])
    assert not flows.report.failures, flows.report.failures[:5]
    assert leaving.communicate(timeout=5)[0] == "vipd has left\n"
    assert leaving.returncode == 0
    assert node.vipd and node.vipd.wait(5) == 0
    node.vipd = None
    assert xdp_program(node) == ""
    node.write_config(lab.settings.configuration(FIRST))


def test_grace_that_is_over(lab: Lab) -> None:
    """What is left then ends, and the log says how much."""
    node = lab.nodes[FIRST]
    with lab.flows(KEPT, 0):
        assert node.stop_vipd() == 0
    node.wait_log("the grace of 1 s is over: connections that end now")
