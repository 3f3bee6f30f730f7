# SPDX-License-Identifier: GPL-2.0-only
"""A node whose nginx is down gives its VIPs up, and comes back when nginx does."""

from lab import topology
from lab.cluster import Lab
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]


def test_nginx_down_and_up(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    probe = lab.owner_probe(*BLUE.vips)

    node.stop_nginx()
    lab.wait_owner(BLUE, SECOND)
    instance = node.instance(BLUE.name)
    assert instance["state"] == "FAULT"
    assert instance["priority"] == 150
    assert instance["effective_priority"] == 0
    assert not any(vip["owned"] for vip in instance["vips"])
    assert node.vipctl("status").returncode == 1
    assert node.status()["healthy"] is False
    for url in (f"http://{BLUE.vip4}/", f"http://[{BLUE.vip6}]/"):
        reply = lab.network["client"].run("curl", "--silent", "--globoff", "--max-time", "5", url)
        assert reply.stdout.startswith(f"{SECOND} answers ")

    node.start_nginx()
    lab.wait_owner(BLUE, FIRST)
    wait_for(lambda: node.vipctl("status").returncode == 0, "the node is healthy again")
    for owners in probe.stop().values():
        assert owners.overlaps == 0
        assert [name for _, name in owners.changes] == [FIRST, SECOND, FIRST]


def test_nginx_down_everywhere(lab: Lab) -> None:
    """Nobody can serve, so nobody answers; one that can again is enough."""
    for node in lab.nodes.values():
        node.stop_nginx()
    for node in lab.nodes.values():
        node.wait_state(BLUE.name, "FAULT")
    assert lab.who_answers(BLUE.vip4)[BLUE.vip4].nodes == set()
    last = lab.nodes[BLUE.order[2]]
    last.start_nginx()
    lab.wait_owner(BLUE, last.name)
    assert lab.who_answers(BLUE.vip6)[BLUE.vip6].nodes == {last.name}


def test_backend_state_in_status(lab: Lab) -> None:
    node = lab.nodes[FIRST]

    def local_state() -> str:
        service = node.status()["services"][0]
        return str(next(backend["state"] for backend in service["backends"] if backend["local"]))

    assert local_state() == "up"
    node.stop_nginx()
    wait_for(lambda: local_state() == "down", "the backend is shown as down")
