# SPDX-License-Identifier: GPL-2.0-only
"""Connections are spread over the nodes, and whatever happens to the cluster, those break that
were terminated where it happened, and no other.
"""

import time

import pytest
from lab import topology
from lab.cluster import Lab
from lab.flows import Flow, Report
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order

KEPT = 1000   # connections
RATE = 300    # new ones a second
SETTLE_S = 1  # what a change may still break is broken by then


def assert_only_on(report: Report, node: str) -> None:
    """Each kept connection of that node has broken, and none of the others."""
    assert report.broken_on == {node: report.kept_on[node]}
    assert report.kept_on[node] > KEPT / 5


def assert_none_broken(report: Report, *on: str) -> None:
    """None of those kept, which are spread over these nodes, and no new one has failed either."""
    assert not report.broken, (report.broken_on, report.broken[:5])
    assert not report.failures, (len(report.failures), report.failures[:5])
    assert report.kept_on.keys() == set(on or topology.NODES)


def socket_address(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def ends(flow: Flow) -> tuple[str, str]:
    return socket_address(flow.source, flow.port), socket_address(flow.target, 80)


def test_spread(lab: Lab) -> None:
    """Over all nodes, both families, and nginx sees whom it talks to."""
    with lab.flows(KEPT, RATE) as flows:
        time.sleep(1)
    report = flows.report
    assert_none_broken(report)
    assert report.foreign == 0
    for family in (topology.CLIENT4, topology.CLIENT6):
        nodes = [flow.node for flow in report.kept if flow.source == family]
        for name in topology.NODES:
            assert 0.23 < nodes.count(name) / len(nodes) < 0.43, name
    for name in topology.NODES:
        assert report.answered_by[name] > report.opened / 5
    for node in lab.nodes.values():
        for backend in node.service()["backends"]:
            assert backend["share"] == pytest.approx(1 / 3, abs=0.01)
    owner = lab.nodes[FIRST]
    assert all(owner.backend(name)["packets"] > KEPT / 10 for name in topology.NODES)


def test_explain(lab: Lab) -> None:
    """What each node says of a connection is where it went."""
    with lab.flows(kept=12, rate=0) as flows:
        pass
    assert len({flow.node for flow in flows.report.kept}) > 1
    for flow in flows.report.kept:
        for node in lab.nodes.values():
            said = node.explain(*ends(flow))
            assert said["node"] == flow.node, said
            assert said["verdict"] == ("local" if node.name == flow.node else "forward")
            assert [rank["node"] for rank in said["ranks"]][0] == flow.node


def test_explain_what_begins_here(lab: Lab) -> None:
    """A packet from any address of the node finds the VIP on lo, whatever the table says."""
    for node in lab.nodes.values():
        for source, vip in ((topology.address4(node.name), BLUE.vip4),
                            (topology.address6(node.name), BLUE.vip6),
                            (BLUE.vip4, BLUE.vip4), ("127.0.0.1", BLUE.vip4)):
            for port in range(40000, 40008):
                said = node.explain(socket_address(source, port), socket_address(vip, 80))
                assert (said["verdict"], said["node"]) == ("local", node.name), said
                assert said["second_chances"] == []


def test_nginx_killed(lab: Lab) -> None:
    """No new connection fails, from the moment its sockets are gone: no check has to notice.
    Those that were opened before had been accepted there, or were about to be.
    """
    with lab.flows(KEPT, RATE) as flows:
        time.sleep(0.3)
        lab.nodes[FIRST].kill_nginx()
        gone = time.monotonic()
        lab.wait_backend(FIRST, "down")
        time.sleep(SETTLE_S)
    report = flows.report
    assert_only_on(report, FIRST)
    assert not [flow for flow in report.failures if flow.began > gone], report.failures[:5]
    assert len(report.failures) < 20
    for instance in topology.INSTANCES:
        assert lab.owner(instance) == instance.owner, "the VIPs stay where they are"

    with lab.flows(KEPT, RATE) as flows:
        lab.nodes[FIRST].start_nginx()
        lab.wait_backend(FIRST, "up")
        time.sleep(SETTLE_S)
    assert_none_broken(flows.report, SECOND, THIRD)
    assert flows.report.answered_by[FIRST] > 0


def test_failover(lab: Lab) -> None:
    """The VIPs go to another node, and back."""
    with lab.flows(KEPT, RATE) as flows:
        assert lab.nodes[FIRST].vipctl("failover", BLUE.name).returncode == 0
        lab.wait_owner(BLUE, SECOND)
        time.sleep(SETTLE_S)
        assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0
        lab.wait_owner(BLUE, FIRST)
        time.sleep(SETTLE_S)
    assert_none_broken(flows.report)


def test_link_cut(lab: Lab) -> None:
    """The node is gone with its connections. The others' survive the takeover."""
    with lab.flows(KEPT, RATE) as flows:
        time.sleep(0.3)
        cut = time.monotonic()
        lab.network.link(FIRST, up=False)
        lab.wait_owner(BLUE, SECOND)
        wait_for(lambda: lab.nodes[SECOND].backend(FIRST)["state"] == "down",
                 "the peers notice that the node has gone")
        noticed = time.monotonic()
        time.sleep(5)  # until the last of its connections has timed out
    report = flows.report
    assert_only_on(report, FIRST)
    assert noticed - cut < 3
    assert not [flow for flow in report.failures if flow.began > noticed], report.failures[:5]

    with lab.flows(KEPT, RATE) as flows:
        lab.network.link(FIRST, up=True)
        lab.wait_owner(BLUE, FIRST)
        lab.wait_backend(FIRST, "up")
        time.sleep(SETTLE_S)
    assert_none_broken(flows.report, SECOND, THIRD)


def configure(lab: Lab, *backends: str) -> None:
    """The same configuration on all nodes, as with any reload one node after the other."""
    changed = type(lab.settings)(backends=backends)
    for node in lab.nodes.values():
        node.write_config(changed.configuration(node.name))
        reply = node.vipctl("reload")
        assert reply.returncode == 0, reply.stderr


def test_backend_removed_and_added(lab: Lab) -> None:
    """Twice, and then the owner of the VIPs changes: each node knows all by itself."""
    with lab.flows(KEPT, RATE) as flows:
        for _ in range(2):
            configure(lab, FIRST, SECOND)
            time.sleep(SETTLE_S)
            configure(lab, *topology.NODES)
            lab.wait_backend(THIRD, "up")
            time.sleep(SETTLE_S)
        lab.nodes[FIRST].vipctl("failover", BLUE.name)
        lab.wait_owner(BLUE, SECOND)
        time.sleep(SETTLE_S)
        lab.nodes[SECOND].vipctl("failover", BLUE.name)
        lab.wait_owner(BLUE, FIRST)
    assert_none_broken(flows.report)


def test_removed_backend_gets_nothing_new(lab: Lab) -> None:
    try:
        configure(lab, FIRST, SECOND)
        with lab.flows(kept=60, rate=RATE) as flows:
            time.sleep(1)
        assert flows.report.answered_by.keys() == {FIRST, SECOND}
        assert_none_broken(flows.report, FIRST, SECOND)
    finally:
        configure(lab, *topology.NODES)


def test_bad_deploy(lab: Lab) -> None:
    """All checks fail at once, everywhere: that is no reason to stop serving."""
    with lab.flows(KEPT, RATE) as flows:
        for node in lab.nodes.values():
            node.make_unwell(True)
        for node in lab.nodes.values():
            wait_for(lambda node=node: node.service().get("panic"), f"{node.name} is in a panic")
        time.sleep(SETTLE_S)
        for node in lab.nodes.values():
            assert node.vipctl("status").returncode == 1
            assert "too few backends are up" in node.vipctl("status").stdout
        answers = lab.who_answers(*(vip for instance in topology.INSTANCES
                                    for vip in instance.vips))
        assert all(len(owners.nodes) == 1 for owners in answers.values())
        for node in lab.nodes.values():
            node.make_unwell(False)
        for name in topology.NODES:
            lab.wait_backend(name, "up")
        lab.wait_settled()
    assert_none_broken(flows.report)
    assert all(not node.service()["panic"] for node in lab.nodes.values())


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_controller_killed_and_restarted(lab: Lab, name: str) -> None:
    """The dataplane goes on steering without it, and a new one breaks nothing."""
    node = lab.nodes[name]
    with lab.flows(KEPT, RATE) as flows:
        node.kill_vipd()
        time.sleep(SETTLE_S)
        node.start_vipd()
        lab.wait_settled()
        time.sleep(SETTLE_S)
    assert_none_broken(flows.report)
