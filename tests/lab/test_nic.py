# SPDX-License-Identifier: GPL-2.0-only
"""A NIC that changes under vipd: whoever cannot hear takes part in no election."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.probe import ClientProbe
from lab.system import stays, wait_for

BLUE, GREEN = topology.BLUE, topology.GREEN
FIRST = BLUE.owner

LOST_MAX = 1500  # of a request each ms
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


@contextmanager
def client(lab: Lab) -> Iterator[ClientProbe]:
    """A client of the VIPs that this node owns. What it lost is printed."""
    probe = lab.client_probe(*BLUE.vips)
    time.sleep(0.5)
    yield probe
    time.sleep(0.5)
    for gap in probe.stop().values():
        print(f"{gap.address}: lost {gap.lost} of {gap.sent}, at most {gap.longest_ms:.0f} ms")
        assert gap.lost < LOST_MAX, gap


def test_a_nic_that_is_made_anew(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    with client(lab):
        lab.network.replace_nic(FIRST)
        wait_for(lambda: xdp_program(node) != 0, "the program is on the new NIC")
    wait_for(lambda: xdp_program(node) != 0, "the program is on the new NIC")
    lab.wait_owner(BLUE, FIRST)
    assert node.status()["xdp"]["program_id"] == xdp_program(node)
    assert stays(lambda: node.state(GREEN.name) == "BACKUP", 1), "n1 hears the owner of green"
    answers = lab.who_answers(*BLUE.vips, *GREEN.vips)
    assert all(answers[vip].nodes == {FIRST} for vip in BLUE.vips)
    assert all(answers[vip].nodes == {GREEN.owner} for vip in GREEN.vips)


def test_a_program_that_somebody_detached(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    with client(lab):
        detached = time.monotonic()
        detach(node)
        wait_for(lambda: xdp_program(node) != 0, "the program is on the NIC again", LOOK)
        again = time.monotonic()
    assert again - detached < 1
    lab.wait_settled()
    assert all(owners.nodes == {GREEN.owner}
               for owners in lab.who_answers(*GREEN.vips).values())


def test_a_pin_that_somebody_removed(lab: Lab) -> None:
    """Nothing but the pin keeps the program on the NIC when vipd crashes."""
    node = lab.nodes[FIRST]
    program, since = xdp_program(node), node.log.stat().st_size
    with client(lab):
        for pin in node.pin_directory.iterdir():
            pin.unlink()
        node.wait_log("pinned the link there again", since, 1)
        assert xdp_program(node) == program
        node.kill_vipd()
        assert xdp_program(node) == program
        node.start_vipd()
    lab.wait_owner(BLUE, FIRST)


def test_an_interface_that_is_renamed(lab: Lab) -> None:
    """Another node owns while there is none of that name."""
    node = lab.nodes[FIRST]
    with client(lab):
        node.namespace.ip("link set eth0 down", "link set eth0 name eth7", "link set eth7 up")
        lab.wait_owner(BLUE, BLUE.order[1])
        assert node.state(BLUE.name) == "FAULT"
        node.namespace.ip("link set eth7 down", "link set eth7 name eth0", "link set eth0 up",
                          f"addr add {node.address6}/64 dev eth0 nodad",
                          f"route add default via {topology.address4('gateway')}",
                          f"route add ::/0 via {topology.address6('gateway')}")
        lab.wait_owner(BLUE, FIRST)
    assert xdp_program(node) != 0


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
