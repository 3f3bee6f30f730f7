# SPDX-License-Identifier: GPL-2.0-only
"""Pods on the nodes: as clients of the VIPs, and as what serves them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.pod import Pod

BLUE = topology.BLUE
VIPS = [vip for instance in topology.INSTANCES for vip in instance.vips]


@pytest.fixture(scope="module")
def settings() -> Settings:
    """As the manual has it for a server in another network namespace; it settles all the time."""
    return Settings(service={"listener_check": "false"})


@pytest.mark.parametrize("name", BLUE.order[:2])
def test_a_pod_reaches_every_vip(lab: Lab, name: str) -> None:
    """On the owner, and on a backup. Replies take the host's way to the pod, not the gateway's."""
    with Pod(lab.nodes[name]) as pod:
        for vip in VIPS:
            reply = pod.curl(vip)
            assert reply.stdout.startswith(f"{name} answers"), (vip, reply.returncode)


@pytest.fixture
def pods(lab: Lab) -> Iterator[dict[str, Pod]]:
    """Each node's server is in a pod."""
    with ExitStack() as stack:
        pods = {name: stack.enter_context(Pod(lab.nodes[name])) for name in lab.settings.nodes}
        for name, pod in pods.items():
            pod.serve()
            lab.wait_backend(name, "up")
        yield pods


def request(lab: Lab, count: int) -> list[str]:
    """Which nodes answer so many requests of a client; "" where none does."""
    answers = []
    for number in range(count):
        vip = VIPS[number % len(VIPS)]
        host = f"[{vip}]" if ":" in vip else vip
        reply = lab.network["client"].run("curl", "--silent", "--globoff", "--max-time", "2",
                                          f"http://{host}/", check=False)
        answers.append(reply.stdout[:2])
    return answers


def test_pods_serve(lab: Lab, pods: dict[str, Pod]) -> None:
    """No node can see a socket of theirs, while the pools settle: none is waited for."""
    assert all(node.service()["settling"] for node in lab.nodes.values())
    answers = request(lab, 30)
    assert set(answers) == set(pods), answers
