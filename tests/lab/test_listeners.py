# SPDX-License-Identifier: GPL-2.0-only
"""Whether something listens where clients go, which no check at a node's own address can tell."""

from collections.abc import Iterator

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.pod import Pod
from lab.system import stays, wait_for

FIRST = topology.BLUE.owner


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(more='metrics: {listen: "127.0.0.1:9650"}\n')


def alarms(node: Node) -> dict[str, str]:
    return {alarm["name"]: alarm["text"] for alarm in node.status()["alarms"]}


@pytest.fixture
def only_on_node_addresses(lab: Lab) -> Iterator[Node]:
    """nginx as its check finds it, and no client does."""
    node = lab.nodes[FIRST]
    node.stop_nginx()
    node.start_nginx((f"{node.address4}:80", f"[{node.address6}]:80"))
    lab.wait_backend(FIRST, "up")
    yield node
    node.stop_nginx()
    node.start_nginx()


def test_nobody_listens_on_the_vips(lab: Lab, only_on_node_addresses: Node) -> None:
    node = only_on_node_addresses
    since = node.log.stat().st_size
    assert "nothing_listens" not in alarms(lab.nodes[topology.GREEN.owner])
    wait_for(lambda: "nothing_listens" in alarms(node), "an alarm")
    assert node.backend(FIRST)["state"] == "up"
    text = alarms(node)["nothing_listens"]
    assert text.startswith(f"web: nothing listens on {topology.BLUE.vip4} and 5 more VIPs at 80/tcp")
    assert node.vipctl("status").returncode == 1
    said = node.explain(f"{node.address4}:40000", f"{topology.BLUE.vip4}:80")
    assert said["verdict"] == "local" and said["listener"] is False
    assert node.status()["listeners"] == [
        {"service": "web", "port": 80, "protocol": "tcp", "vips": 6, "missing": 6,
         "first_missing": topology.BLUE.vip4}]
    metrics = node.namespace.run("curl", "--silent", "http://127.0.0.1:9650/metrics").stdout
    assert 'vipd_listener_missing_vips{service="web",port="80",protocol="tcp"} 6' in metrics
    node.wait_log("alarm nothing_listens: web: nothing listens on", since)
    node.stop_nginx()
    node.start_nginx()
    node.wait_log("alarm nothing_listens is over", since, 10)


def test_a_server_that_restarts_is_no_alarm(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    node.stop_nginx()
    node.start_nginx()
    assert stays(lambda: "nothing_listens" not in alarms(node), 3)


def test_a_server_in_a_pod(lab: Lab) -> None:
    """With the listener check, by mistake: its check succeeds, and no SYN finds it."""
    node = lab.nodes[FIRST]
    with Pod(node) as pod:
        pod.serve()
        lab.wait_backend(FIRST, "up")
        wait_for(lambda: "listener_check: false" in alarms(node).get("nothing_listens", ""),
                 "an alarm that says what to do")
