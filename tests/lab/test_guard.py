# SPDX-License-Identifier: GPL-2.0-only
"""The guard beyond single packets: MACs that are learned, floods, and other interfaces."""

import json
import re
import time
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import LabError, wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
OTHER = "other.0"       # of each node; its end at the rogue has the node's name
COUNT = 20
FLOOD = 200_000
LOG_LINES_MAX = 8       # for a flood of one kind, in the few seconds that it takes
NEW_MAC = "02:00:00:77:01:12"
FOLLOW_S = 30           # until the kernel has noticed a neighbour's new MAC by itself


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(vrrp={"guard_interfaces": f"[{OTHER}]"})


def connect(lab: Lab, name: str) -> None:
    """Another link between the rogue and a node."""
    rogue = lab.network["rogue"]
    rogue.ip(f"link add {name} type veth peer name {OTHER} netns {lab.network[name].name}",
             f"addr add 192.0.2.{topology.HOST[name] * 2}/31 dev {name}", f"link set {name} up")
    lab.network[name].ip(f"addr add 192.0.2.{topology.HOST[name] * 2 + 1}/31 dev {OTHER}",
                         f"link set {OTHER} up")


@pytest.fixture(scope="module")
def lab_without_vipd(lab_without_vipd: Lab) -> Lab:
    for name in topology.NODES:
        connect(lab_without_vipd, name)
    return lab_without_vipd


def forge(lab: Lab, node: Node, **wishes: str) -> None:
    advert = {"to": node.address4, "to_mac": node.mac, "vrid": str(BLUE.vrid), "vip": BLUE.vip4,
              "count": str(COUNT), **wishes}
    lab.network["rogue"].run("/usr/bin/python3", "-B", Path(__file__).with_name("frames.py"),
                             "advert", *(f"{key}={value}" for key, value in advert.items()))


def forge_elsewhere(lab: Lab, node: Node) -> int:
    """Over the other link, and from a peer. Returns how many of them were dropped there."""
    before = node.drops()["vrrp_other_interface"]
    forge(lab, node, device=node.name, source=topology.address4(SECOND),
          to="224.0.0.18", to_mac="01:00:5e:00:00:12")
    return node.drops()["vrrp_other_interface"] - before


def program(lab: Lab, name: str) -> int | None:
    """The id of what XDP runs on the other interface."""
    result = lab.network[name].run("ip", "-json", "-details", "link", "show", "dev", OTHER)
    xdp = json.loads(result.stdout)[0].get("xdp")
    return xdp["prog"]["id"] if xdp else None


def refusals(node: Node, since: int = 0) -> list[str]:
    return re.findall(r"dropped VRRP.*", node.log.read_text(errors="replace")[since:])


def test_a_learned_mac_is_asked_for(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    peers = {peer["name"]: peer for peer in node.instance(BLUE.name)["peers"]}
    for name, peer in peers.items():
        assert (peer["mac"], peer["mac_pinned"]) == (topology.mac(name), False)
    dropped = node.drops()["vrrp_wrong_mac"]
    forge(lab, node, source=topology.address4(SECOND))
    assert node.drops()["vrrp_wrong_mac"] == dropped + COUNT
    assert lab.owner(BLUE) == FIRST


def test_a_new_mac_is_followed(lab: Lab) -> None:
    def seen() -> str | None:
        peers = lab.nodes[FIRST].instance(BLUE.name)["peers"]
        return next(peer["mac"] for peer in peers if peer["name"] == SECOND)

    namespace = lab.network[SECOND]
    try:
        namespace.ip(f"link set eth0 address {NEW_MAC}")
        wait_for(lambda: seen() == NEW_MAC, "the new MAC is known", FOLLOW_S)
    finally:
        namespace.ip(f"link set eth0 address {topology.mac(SECOND)}")
    wait_for(lambda: seen() == topology.mac(SECOND), "the old MAC is back", FOLLOW_S)


def test_a_flood_is_counted_and_no_more(lab: Lab) -> None:
    """Nobody loses anything, and the log has a few lines of it."""
    node = lab.nodes[FIRST]
    before, transitions = node.drops()["vrrp_unknown_vrid"], node.instance(BLUE.name)["transitions"]
    since = len(node.log.read_text(errors="replace"))
    began = time.monotonic()
    forge(lab, node, source=topology.address4(SECOND), mac=topology.mac(SECOND), vrid="99",
          count=str(FLOOD), pause="0")
    seconds = time.monotonic() - began
    counted = node.drops()["vrrp_unknown_vrid"] - before
    print(f"{FLOOD} in {seconds:.1f} s, {counted} of them counted")
    assert counted > FLOOD / 2
    assert len(refusals(node, since)) <= LOG_LINES_MAX
    assert refusals(node, 0)  # or at least of what came shortly before: it is told every 10 s
    assert node.instance(BLUE.name)["transitions"] == transitions
    assert lab.owner(BLUE) == FIRST


def test_other_interfaces_carry_no_vrrp(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    assert forge_elsewhere(lab, node) == COUNT
    node.wait_log(f"from {topology.address4(SECOND)} ({topology.mac('rogue')}) on {OTHER}")
    lab.network["rogue"].run("/usr/bin/python3", "-c",
                             "import socket; socket.create_connection(("
                             f"'192.0.2.{topology.HOST[FIRST] * 2 + 1}', 80), 2)")
    assert lab.owner(BLUE) == FIRST


def test_a_crash_leaves_the_guard(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    first = program(lab, FIRST)
    node.kill_vipd()
    assert program(lab, FIRST) == first is not None
    since = len(node.log.read_text(errors="replace"))
    node.start_vipd()
    node.wait_log(f"took over on {OTHER}", since)
    assert program(lab, FIRST) == first, "the same version adopts what it finds"
    assert forge_elsewhere(lab, node) == COUNT


def test_a_stop_takes_it_off(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    assert node.stop_vipd() == 0
    assert program(lab, FIRST) is None
    assert not node.pin_directory.exists()


def test_a_reload_takes_it_off_and_on(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    node.write_config(Settings().configuration(FIRST))
    assert node.vipctl("reload").returncode == 0
    assert program(lab, FIRST) is None
    node.write_config(lab.settings.configuration(FIRST))
    assert node.vipctl("reload").returncode == 0
    assert forge_elsewhere(lab, node) == COUNT


def test_a_missing_interface_is_refused(lab: Lab) -> None:
    """At a reload, where all goes on as before, and at a start."""
    node = lab.nodes[FIRST]
    missing = Settings(vrrp={"guard_interfaces": "[missing0]"}).configuration(FIRST)
    node.write_config(missing)
    assert node.vipctl("reload").returncode != 0
    assert forge_elsewhere(lab, node) == COUNT
    assert node.stop_vipd() == 0
    with pytest.raises(LabError, match="cannot guard interface missing0"):
        node.start_vipd()
    node.vipd = None
    node.write_config(lab.settings.configuration(FIRST))


def test_a_returning_interface_is_guarded(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    since = len(node.log.read_text(errors="replace"))
    lab.network["rogue"].ip(f"link delete {FIRST}")
    node.wait_log(f"interface {OTHER}, which is to be guarded against VRRP, has disappeared", since)
    connect(lab, FIRST)
    node.wait_log(f"attached to {OTHER}", since)
    assert forge_elsewhere(lab, node) == COUNT
