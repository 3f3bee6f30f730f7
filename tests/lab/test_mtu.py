# SPDX-License-Identifier: GPL-2.0-only
"""A switch that carries less than the nodes' devices: nobody is told, and downloads hang."""

from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.system import wait_for

FIRST, SECOND, THIRD = topology.BLUE.order
LOOK = 40  # seconds: all peers were probed before


def alarms(node: Node) -> dict[str, str]:
    return {alarm["name"]: alarm["text"] for alarm in node.status()["alarms"]}


def carried(node: Node) -> dict[str, int]:
    return {path["node"]: path["bytes"] for path in node.status()["path_mtu"]}


def restart(node: Node) -> None:
    """The first look is soon after a start."""
    node.stop_vipd()
    node.start_vipd()


def test_all_is_carried(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    wait_for(lambda: carried(node) == {SECOND: 1500, THIRD: 1500}, "both are probed")
    assert "mtu_not_carried" not in alarms(node)


def test_a_switch_that_carries_less(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    lab.network["switch"].ip(f"link set {SECOND} mtu 1400")
    try:
        restart(node)
        wait_for(lambda: "mtu_not_carried" in alarms(node), "an alarm", LOOK)
        assert alarms(node)["mtu_not_carried"].startswith(
            "packets of 1500 bytes, the MTU of eth0, do not reach n2 and come back, those of 1400 do")
        wait_for(lambda: carried(node) == {SECOND: 1400, THIRD: 1500}, "both are probed")
        assert node.vipctl("status").returncode == 1
    finally:
        lab.network["switch"].ip(f"link set {SECOND} mtu 1500")
    restart(node)
    wait_for(lambda: carried(node) == {SECOND: 1500, THIRD: 1500}, "both are probed")
    assert "mtu_not_carried" not in alarms(node)
