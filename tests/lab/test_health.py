# SPDX-License-Identifier: GPL-2.0-only
"""A node whose nginx is down keeps its VIPs; what they attract is served by the others."""

from typing import Any

from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.system import wait_for

BLUE = topology.BLUE
FIRST = BLUE.owner


def backend(node: Node, name: str) -> dict[str, Any]:
    backends = node.status()["services"][0]["backends"]
    return next(entry for entry in backends if entry["node"] == name)


def assert_served(lab: Lab, but_not_by: str | None = None) -> None:
    """Twenty new connections for each family, wherever their slots are."""
    for vip in (BLUE.vip4, f"[{BLUE.vip6}]"):
        for _ in range(20):
            reply = lab.network["client"].run("curl", "--silent", "--globoff", "--max-time", "5",
                                              f"http://{vip}/")
            assert reply.stdout[:2] in lab.nodes
            assert reply.stdout[:2] != but_not_by


def test_nginx_down_and_up(lab: Lab) -> None:
    """The owner's nginx dies: the VIPs stay, new connections go elsewhere, at once."""
    probe = lab.owner_probe(*BLUE.vips)
    node = lab.nodes[FIRST]
    node.stop_nginx()
    assert_served(lab, but_not_by=FIRST)  # before any check can have noticed, too
    for name in lab.nodes:
        wait_for(lambda name=name: backend(lab.nodes[name], FIRST)["state"] == "down",
                 f"{name} sees that nginx on {FIRST} is down")
        assert backend(lab.nodes[name], FIRST)["share"] == 0
    assert node.instance(BLUE.name)["state"] == "MASTER"
    assert node.vipctl("status").returncode == 1
    assert node.status()["healthy"] is False
    assert_served(lab, but_not_by=FIRST)

    node.start_nginx()
    wait_for(lambda: node.vipctl("status").returncode == 0, "the node is healthy again")
    for owners in probe.stop().values():
        assert owners.overlaps == 0
        assert [name for _, name in owners.changes] == [FIRST]


def test_nginx_down_everywhere(lab: Lab) -> None:
    """A bad deploy: the last table stays, and somebody owns the VIPs all the time."""
    for node in lab.nodes.values():
        node.stop_nginx()
    for node in lab.nodes.values():
        wait_for(lambda node=node: node.status()["services"][0]["panic"],
                 f"{node.name} sees that too few backends are up")
    wait_for(lambda: len(lab.who_answers(BLUE.vip4)[BLUE.vip4].nodes) == 1, "one node owns")
    last = lab.nodes[BLUE.order[2]]
    last.start_nginx()
    for node in lab.nodes.values():
        wait_for(lambda node=node: backend(node, last.name)["share"] == 1,
                 f"{node.name} sends all to {last.name}")
    assert_served(lab)


def test_backend_state_in_status(lab: Lab) -> None:
    node = lab.nodes[FIRST]

    def local_state() -> str:
        service = node.status()["services"][0]
        return str(next(backend["state"] for backend in service["backends"] if backend["local"]))

    assert local_state() == "up"
    node.stop_nginx()
    wait_for(lambda: local_state() == "down", "the backend is shown as down")
