# SPDX-License-Identifier: GPL-2.0-only
"""A node whose nginx runs, but whose vipd does not, does not know a VIP yet, or is drained: new
connections go to those who are heard to serve them, and none fails."""

import time
from dataclasses import replace

import pytest
from lab import topology
from lab.cluster import Lab
from lab.flows import Flows
from lab.node import Settings
from lab.stress import unless_stalled
from lab.system import wait_for

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST, SECOND, LAST = topology.NODES
RATE = 200  # new connections a second
NEW_VIP = "fd77::1:1"


def standing(lab: Lab, of: str, seen_by: str) -> str:
    return next(str(peer["standing"]) for peer in lab.nodes[seen_by].status()["peers"]
                if peer["name"] == of)


def wait_standing(lab: Lab, of: str, expected: str) -> None:
    for name in topology.NODES:
        if name != of and lab.nodes[name].vipd:
            wait_for(lambda name=name: standing(lab, of, name) == expected,
                     f"{name} hears that {of} is {expected}")


@pytest.mark.parametrize("name", [FIRST, LAST])
def test_vipd_stops_where_nginx_runs(lab: Lab, name: str) -> None:
    """And comes back: of the connections begun meanwhile none fails."""
    node = lab.nodes[name]
    with lab.flows(kept=0, rate=RATE) as flows:
        time.sleep(1)
        assert node.stop_vipd() == 0
        wait_standing(lab, name, "silent")
        time.sleep(2)
        node.start_vipd()
        wait_standing(lab, name, "serving")
        time.sleep(1)
    assert flows.report.opened > 3 * RATE
    assert not flows.report.failures, flows.report.failures[:5]


def test_vipd_was_never_started(lab: Lab) -> None:
    """Its nginx runs, and its checks pass, but nobody has ever heard it."""
    for name in topology.NODES:
        lab.nodes[name].stop_vipd()
    for name in (FIRST, SECOND):
        lab.nodes[name].start_vipd()
    lab.wait_owner(BLUE, FIRST)
    for name in (FIRST, SECOND):
        node = lab.nodes[name]
        wait_for(lambda node=node: "200" in node.backend(LAST)["check"]["detail"], "it is checked")
        assert node.backend(LAST)["state"] == "down"
        assert standing(lab, LAST, name) == "silent"
        wait_for(lambda node=node, name=name: node.backend(name)["state"] == "up", "we are up")
    with lab.flows(kept=0, rate=RATE) as flows:
        time.sleep(2)
    lab.nodes[LAST].start_vipd()
    assert not flows.report.failures, flows.report.failures[:5]
    assert LAST not in flows.report.answered_by


def reload(lab: Lab, name: str, settings: Settings) -> None:
    lab.nodes[name].write_config(settings.configuration(name))
    reply = lab.nodes[name].vipctl("reload")
    assert reply.returncode == 0, reply.stdout + reply.stderr


@pytest.mark.parametrize("order", [(FIRST, SECOND, LAST), (LAST, SECOND, FIRST),
                                   (SECOND, FIRST, LAST)])
def test_vip_is_rolled_out(lab: Lab, order: tuple[str, ...]) -> None:
    """Node by node: none is sent a connection for a VIP that it does not take yet."""
    more = replace(lab.settings, more_vips=1)
    before, after = order[:order.index(FIRST) + 1], order[order.index(FIRST) + 1:]
    with lab.flows(kept=0, rate=RATE) as others:
        for name in before:
            reload(lab, name, more)
            time.sleep(0.5)
        with Flows(lab.network["client"], (NEW_VIP,), 0, RATE) as flows:
            time.sleep(0.5)
            for name in after:
                reload(lab, name, more)
                time.sleep(0.5)
            for name in topology.NODES:
                lab.wait_backend(name, "up")
        for name in topology.NODES:
            reload(lab, name, lab.settings)
    assert not others.report.failures, others.report.failures[:5]
    assert not flows.report.failures, flows.report.failures[:5]


def test_drain_from_another_node(lab: Lab) -> None:
    """It is the cluster's: who is drained knows, and hands over; so does a node that comes later."""
    lab.nodes[SECOND].stop_vipd()
    assert lab.nodes[LAST].vipctl("drain", FIRST, "--reason", "test").returncode == 0
    lab.wait_owner(BLUE, LAST)
    assert lab.nodes[FIRST].status()["drain"] is not None
    with lab.flows(kept=0, rate=RATE) as flows:
        lab.nodes[SECOND].start_vipd()
        wait_for(lambda: lab.nodes[SECOND].backend(FIRST)["state"] == "drain",
                 f"{SECOND} learns of it")
        lab.nodes[FIRST].stop_vipd()
        lab.nodes[FIRST].start_vipd()
        wait_standing(lab, FIRST, "draining")
    assert not flows.report.failures, flows.report.failures[:5]
    assert lab.nodes[SECOND].vipctl("undrain", FIRST).returncode == 0
    wait_standing(lab, FIRST, "serving")
    assert lab.nodes[FIRST].status()["drain"] is None
    lab.wait_owner(BLUE, FIRST)


CUT_S = 0.4  # of 100 ms advertisements: until silence is known, and the machine is late


@pytest.mark.parametrize("name", [FIRST, LAST])
def test_link_is_cut(lab: Lab, name: str) -> None:
    """What is begun before its silence is known is lost, and nothing after that. Of a backup no VRRP
    timer tells."""
    def attempt() -> None:
        with lab.flows(kept=0, rate=RATE, timeout=0.9) as flows:
            time.sleep(1)
            cut_at = time.monotonic()
            lab.network.link(name, up=False)
            time.sleep(2.5)
        lab.network.link(name, up=True)
        lab.wait_settled()
        wait_standing(lab, name, "serving")
        late = [flow for flow in flows.report.failures if flow.began > cut_at + CUT_S]
        assert not late, (len(flows.report.failures), late[0].began - cut_at, late[:5])

    unless_stalled(attempt, 50)


def test_who_holds_connections_is_cut_off_for_a_moment(lab: Lab) -> None:
    """What it holds is late, and none of it is reset: nobody else answers for it."""
    with lab.flows(kept=60, rate=0, timeout=20) as flows:
        time.sleep(0.5)
        lab.network.link(LAST, up=False)
        time.sleep(2)
        lab.network.link(LAST, up=True)
        wait_standing(lab, LAST, "serving")
        time.sleep(2)
    assert flows.report.kept_on[LAST] > 0
    assert not flows.report.broken, flows.report.broken[:5]
