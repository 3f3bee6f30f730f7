# SPDX-License-Identifier: GPL-2.0-only
"""A node whose nginx is down keeps its VIPs; what they attract is served by the others."""

import time
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


def reload(node: Node, text: str) -> None:
    node.write_config(text)
    reply = node.vipctl("reload")
    assert reply.returncode == 0, reply.stdout + reply.stderr


def test_reload_says_nothing_of_backends_that_stay(lab: Lab) -> None:
    """Their checks go on as if nothing had happened, and so do the states in the status."""
    node = lab.nodes[FIRST]
    time.sleep(1.5)  # by now the log has said that what a test before did is over
    since = len(node.log.read_text(errors="replace"))
    for _ in range(10):
        reload(node, node.config.read_text())
        for entry in node.status()["services"][0]["backends"]:
            assert entry["state"] == "up"
            assert "IPv6: HTTP 200" in entry["check"]["detail"], entry
    said = node.log.read_text(errors="replace")[since:]
    assert said.count("configuration was reloaded") == 10
    assert "backend" not in said, said


def test_service_that_a_reload_adds_is_judged_at_once(lab: Lab) -> None:
    """It has a pool of its own, but asks what is known already: no instance waits for it."""
    node = lab.nodes[FIRST]
    since = len(node.log.read_text(errors="replace"))
    text = node.config.read_text()
    first = text[text.index("  - name: web"):]
    reload(node, text + first.replace("name: web", "name: more").replace(
        "ports: [80/tcp]", "ports: [81/tcp]\n    panic_threshold: 10%"))
    services = node.status()["services"]
    assert [service["name"] for service in services] == ["web", "more"]
    for entry in services[1]["backends"]:
        assert entry["state"] == "up"
        assert "IPv6: HTTP 200" in entry["check"]["detail"], entry
    assert all(node.state(instance.name) != "FAULT" for instance in topology.INSTANCES)
    node.wait_log("service more: backend n1 is up", since)
    reload(node, text)
    said = node.log.read_text(errors="replace")[since:]
    assert "FAULT" not in said, said


def test_backend_state_in_status(lab: Lab) -> None:
    node = lab.nodes[FIRST]

    def local_state() -> str:
        service = node.status()["services"][0]
        return str(next(backend["state"] for backend in service["backends"] if backend["local"]))

    assert local_state() == "up"
    node.stop_nginx()
    wait_for(lambda: local_state() == "down", "the backend is shown as down")
