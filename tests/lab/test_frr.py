# SPDX-License-Identifier: GPL-2.0-only
"""One vipd and FRR's vrrpd in a virtual router, by multicast, each as owner and as backup.

vrrpd elects an owner for each family by itself, so an instance shared with it has VIPs of one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.frr import Frr, VirtualRouter, link_local, virtual_mac
from lab.node import Node, Settings
from lab.system import stays, wait_for

BLUE = topology.BLUE
OURS, THEIRS = "n1", "n2"
OUR_PRIORITY = BLUE.priority[OURS]
HIGHER, LOWER = OUR_PRIORITY + 50, OUR_PRIORITY - 50
LONG = 0.5  # s; no timer runs that long when advertisements come every 100 ms
FRAMES = Path(__file__).with_name("frames.py")

SETTINGS = Settings(nodes=(OURS, THEIRS), instances=(BLUE,), check=False, multicast=True,
                    link_local6={THEIRS: link_local(BLUE.vrid)}, vrrp={"virtual_mac": "true"})


# Who may preempt, and the MAC, have nothing to do with the family.
ONE_FAMILY = pytest.mark.parametrize("family", [4], ids=["ipv4"], indirect=True)


class Pair:
    """vipd on one node, and vrrpd on the other whenever a test wants it."""

    def __init__(self, lab: Lab, family: int, version: int = 3) -> None:
        self.lab = lab
        self.node: Node = lab.nodes[OURS]
        self.version = version
        self.settings = replace(SETTINGS, ipv4_only=family == 4, ipv6_only=family == 6)
        self.vip = BLUE.vip4 if family == 4 else BLUE.vip6
        self.virtual_mac = virtual_mac(BLUE.vrid, family)

    def restart(self) -> None:
        if self.node.vipd:
            assert self.node.stop_vipd() == 0
        self.node.write_config(self.settings.configuration(OURS))
        self.node.start_vipd()

    @contextmanager
    def peer(self, priority: int, preempt: bool = True) -> Iterator[Frr]:
        daemon = self.lab.frr(THEIRS)
        try:
            daemon.start(VirtualRouter(BLUE.vrid, self.vip, priority, preempt=preempt,
                                       version=self.version,
                                       interval_ms=100 if self.version == 3 else 1000))
            yield daemon
        finally:
            daemon.stop()

    def answerers(self) -> list[str]:
        """The MACs in the answers to one question to all."""
        reply = self.lab.network["rogue"].run("/usr/bin/python3", "-B", FRAMES, "ask", self.vip)
        macs: list[str] = json.loads(reply.stdout)
        return macs

    def wait_state(self, state: str) -> None:
        self.node.wait_state(BLUE.name, state)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return SETTINGS


@pytest.fixture(scope="module", params=[4, 6], ids=["ipv4", "ipv6"])
def family(request: pytest.FixtureRequest, lab_without_vipd: Lab) -> Pair:
    pair = Pair(lab_without_vipd, request.param)
    pair.restart()
    return pair


@pytest.fixture
def pair(family: Pair) -> Pair:
    """vipd owns, and vrrpd is not there yet."""
    if not family.node.vipd:
        family.restart()
    family.wait_state("MASTER")
    return family


def test_comes_after_it(pair: Pair) -> None:
    """It preempts, is cut off without a goodbye, comes back, and resigns in the end."""
    with pair.peer(HIGHER) as theirs:
        wait_for(theirs.owns, "vrrpd takes over, for its priority is higher")
        pair.wait_state("BACKUP")
        assert pair.answerers() == [pair.virtual_mac]
        pair.lab.network.link(THEIRS, up=False)
        pair.wait_state("MASTER")
        assert pair.answerers() == [pair.node.mac]
        pair.lab.network.link(THEIRS, up=True)
        pair.wait_state("BACKUP")
    pair.wait_state("MASTER")
    assert pair.answerers() == [pair.node.mac]


def test_it_comes_after_us(pair: Pair) -> None:
    """We preempt, it accepts our advertisements, and takes over when we are killed."""
    assert pair.node.stop_vipd() == 0
    with pair.peer(LOWER) as theirs:
        wait_for(theirs.owns, "vrrpd is alone and owns the VIP")
        pair.node.start_vipd()
        pair.wait_state("MASTER")
        wait_for(lambda: not theirs.owns(), "vrrpd gives up to the higher priority")
        assert stays(lambda: not theirs.owns(), LONG)
        assert pair.answerers() == [pair.node.mac]
        pair.node.kill_vipd()
        wait_for(theirs.owns, "vrrpd takes over from the dead")
        assert pair.answerers() == [pair.virtual_mac]


@ONE_FAMILY
def test_it_waits_for_us_to_go(pair: Pair) -> None:
    """Of higher priority, but without preemption: it comes when we resign, and stays."""
    with pair.peer(HIGHER, preempt=False) as theirs:
        assert stays(lambda: not theirs.owns(), LONG), "it may not preempt"
        assert pair.node.stop_vipd() == 0
        wait_for(theirs.owns, "vrrpd takes over from who has resigned")
        pair.node.start_vipd()
        assert stays(lambda: pair.node.state(BLUE.name) == "BACKUP", LONG)
        assert pair.answerers() == [pair.virtual_mac]


@ONE_FAMILY
def test_waits_for_it_to_go(pair: Pair) -> None:
    """The same the other way round."""
    assert pair.node.stop_vipd() == 0
    patient = replace(pair.settings, instance={"preempt": "false"})
    pair.node.write_config(patient.configuration(OURS))
    with pair.peer(LOWER) as theirs:
        wait_for(theirs.owns, "vrrpd is alone and owns the VIP")
        pair.node.start_vipd()
        assert stays(lambda: pair.node.state(BLUE.name) == "BACKUP", LONG)
        assert pair.answerers() == [pair.virtual_mac]
    pair.wait_state("MASTER")
    pair.restart()


@ONE_FAMILY
def test_believes_the_virtual_mac(pair: Pair) -> None:
    """Also when the neighbour table knows another MAC of the node: that of its eth0."""
    pair.node.namespace.run("curl", "--silent", f"http://{topology.address4(THEIRS)}/")
    with pair.peer(HIGHER) as theirs:
        wait_for(theirs.owns, "vrrpd takes over, for its priority is higher")
        pair.wait_state("BACKUP")
        assert pair.answerers() == [pair.virtual_mac]
    pair.wait_state("MASTER")


def test_version_2(lab_without_vipd: Lab) -> None:
    """In whole seconds: it waits until we are killed, takes over, and gives up to us."""
    pair = Pair(lab_without_vipd, 4, version=2)
    pair.settings = replace(pair.settings, advert_interval="1s", vrrp=pair.settings.vrrp | {"version": "2"})
    pair.restart()
    pair.wait_state("MASTER")
    with pair.peer(LOWER) as theirs:
        assert stays(lambda: not theirs.owns(), 5, interval=0.2)
        pair.node.kill_vipd()
        wait_for(theirs.owns, "vrrpd takes over from the dead")
        assert pair.answerers() == [pair.virtual_mac]
        pair.node.start_vipd()
        pair.wait_state("MASTER")
        wait_for(lambda: not theirs.owns(), "vrrpd gives up to the higher priority")
