# SPDX-License-Identifier: GPL-2.0-only
"""A NIC that changes under vipd: whoever cannot hear takes part in no election."""

import json
import resource
from typing import Any

from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.system import stays, wait_for

BLUE, GREEN = topology.BLUE, topology.GREEN
FIRST = BLUE.owner

LOOK = 25  # seconds for what is looked at every ten


def xdp_program(node: Node) -> int:
    """The id of the program on the NIC; 0: none."""
    link = json.loads(node.namespace.run("ip", "-json", "-details", "link", "show", "eth0").stdout)
    return int(link[0].get("xdp", {}).get("prog", {}).get("id", 0))


def detach(node: Node) -> None:
    """What `bpftool link detach` does to the program on the NIC."""
    links: list[dict[str, Any]] = json.loads(
        node.namespace.run("bpftool", "--json", "link", "show").stdout)
    program = xdp_program(node)
    link = next(entry["id"] for entry in links if entry.get("prog_id") == program)
    node.namespace.run("bpftool", "link", "detach", "id", str(link))


def may_open_files(node: Node, more: int | None) -> None:
    """So many more than it has open, by the last of them; None: as many as we."""
    assert node.vipd
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.prlimit(node.vipd.pid, resource.RLIMIT_NOFILE,
                     (soft if more is None else more, hard))


def test_a_nic_that_is_made_anew(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    lab.network.replace_nic(FIRST)
    wait_for(lambda: xdp_program(node) != 0, "the program is on the new NIC")
    lab.wait_owner(BLUE, FIRST)
    assert node.status()["xdp"]["program_id"] == xdp_program(node)
    assert stays(lambda: node.state(GREEN.name) == "BACKUP", 1), "n1 hears the owner of green"
    answers = lab.who_answers(*BLUE.vips, *GREEN.vips)
    assert all(answers[vip].nodes == {FIRST} for vip in BLUE.vips)
    assert all(answers[vip].nodes == {GREEN.owner} for vip in GREEN.vips)


def test_a_program_that_somebody_detached(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    detach(node)
    assert xdp_program(node) == 0
    wait_for(lambda: xdp_program(node) != 0, "the program is on the NIC again", LOOK)
    lab.wait_settled()
    assert all(owners.nodes == {GREEN.owner}
               for owners in lab.who_answers(*GREEN.vips).values())


def test_a_nic_that_cannot_be_put_to_use(lab: Lab) -> None:
    """A fault that is shown, and tried again: nothing but time passes until it is over."""
    node = lab.nodes[FIRST]
    may_open_files(node, 3)
    lab.network.replace_nic(FIRST)
    wait_for(lambda: "cannot" in node.log.read_text(), "something could not be done")
    lab.wait_owner(BLUE, BLUE.order[1])
    may_open_files(node, None)
    wait_for(lambda: node.instance(BLUE.name).get("state") == "MASTER",
             "n1 owns blue again", LOOK)
    assert xdp_program(node) != 0
    assert node.instance(BLUE.name).get("fault") is None


def test_another_program_on_the_nic(lab: Lab) -> None:
    """It keeps ours out, so this node is in Fault and says why, until the other one is taken off."""
    name = BLUE.order[1]
    node = lab.nodes[name]
    since = len(node.log.read_text(errors="replace"))
    detach(node)
    lab.network.pass_all(name, attach=True)
    node.wait_log("another XDP program is attached to eth0", since)
    wait_for(lambda: node.state(BLUE.name) == "FAULT", "a fault")
    assert node.vipctl("status").returncode == 1
    assert "xdp_detached" in [alarm["name"] for alarm in node.status()["alarms"]]
    lab.network.pass_all(name, attach=False)
    node.wait_log("is again attached to eth0", since)
    lab.wait_settled()
    assert node.status()["xdp"]["program_id"] == xdp_program(node)
    assert lab.who_answers(*BLUE.vips)[BLUE.vip4].nodes == {BLUE.owner}
