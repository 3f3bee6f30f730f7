# SPDX-License-Identifier: GPL-2.0-only
"""Each VIP is answered for by one node, and by no kernel."""

import json
import time
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.system import wait_for

pytestmark = pytest.mark.alone

VIPS = [(vip, instance.owner) for instance in topology.INSTANCES for vip in instance.vips]
FRAMES = Path(__file__).with_name("frames.py")


def everyone_who_answers(lab: Lab, address: str) -> list[str]:
    """The MACs in the answers to one question to all."""
    reply = lab.network["rogue"].run("/usr/bin/python3", "-B", FRAMES, "ask", address)
    macs: list[str] = json.loads(reply.stdout)
    return macs


def test_each_node_asked_alone(lab: Lab) -> None:
    """1,000 questions to each node for each VIP: only the owner answers, and every time."""
    owners = lab.who_answers(*(vip for vip, _ in VIPS), duration=1)
    for vip, owner in VIPS:
        assert owners[vip].nodes == {owner}, vip
        assert owners[vip].overlaps == 0
        assert owners[vip].strangers == 0
        assert owners[vip].silent <= 2, "an answer that never came"


@pytest.mark.parametrize(("vip", "owner"), VIPS)
def test_all_nodes_asked_at_once(lab: Lab, vip: str, owner: str) -> None:
    assert everyone_who_answers(lab, vip) == [topology.mac(owner)]


@pytest.mark.parametrize("instance", topology.INSTANCES, ids=lambda instance: instance.name)
def test_client_is_served(lab: Lab, instance: topology.Instance) -> None:
    """By whichever node the flow's slot names; the reply comes straight from there."""
    for url in (f"http://{instance.vip4}/", f"http://[{instance.vip6}]/"):
        reply = lab.network["client"].run("curl", "--silent", "--globoff", "--max-time", "5", url)
        assert reply.stdout[:2] in topology.NODES
        assert reply.stdout[2:] in (f" answers {topology.CLIENT4}\n",
                                    f" answers {topology.CLIENT6}\n")


def test_gateway_knows_the_owner(lab: Lab) -> None:
    lab.network["client"].run("curl", "--silent", f"http://{topology.BLUE.vip4}/")
    neighbours = json.loads(lab.network["gateway"].run("ip", "-json", "neigh", "show", "dev",
                                                       "eth0").stdout)
    known = {entry["dst"]: entry.get("lladdr") for entry in neighbours}
    assert known[topology.BLUE.vip4] == topology.mac(topology.BLUE.owner)


def test_nobody_arps_as_a_vip(lab: Lab) -> None:
    """A backup that replies for a VIP must not teach the gateway its own MAC on the way."""
    backup = lab.nodes[topology.BLUE.order[1]]
    backup.namespace.ip("neigh flush dev eth0")
    backup.namespace.run("curl", "--silent", "--max-time", "1", "--interface", topology.BLUE.vip4,
                         f"http://{topology.CLIENT4}/", check=False)
    assert lab.who_answers(topology.BLUE.vip4)[topology.BLUE.vip4].nodes == {topology.BLUE.owner}
    neighbours = json.loads(lab.network["gateway"].run("ip", "-json", "neigh", "show",
                                                       topology.BLUE.vip4, "dev", "eth0").stdout)
    assert [entry["lladdr"] for entry in neighbours] == [topology.mac(topology.BLUE.owner)]


def test_no_kernel_answers(lab: Lab) -> None:
    """All vipds killed: the VIPs are on every lo, and nobody may answer for them."""
    for node in lab.nodes.values():
        node.kill_vipd()
    time.sleep(1)  # three advert intervals, and some
    owners = lab.who_answers(*(vip for vip, _ in VIPS), duration=0.5)
    assert {vip: owners[vip].nodes for vip, _ in VIPS} == {vip: set() for vip, _ in VIPS}
    for node in lab.nodes.values():
        addresses = node.namespace.run("ip", "-oneline", "address", "show", "dev", "lo").stdout
        assert all(f" {vip}/" in addresses for vip, _ in VIPS)
        node.start_vipd()
    wait_for(lambda: lab.who_answers(topology.BLUE.vip6)[topology.BLUE.vip6].nodes
             == {topology.BLUE.owner}, "they answer again")
