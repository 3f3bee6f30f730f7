# SPDX-License-Identifier: GPL-2.0-only
"""One vipd and one real keepalived in a virtual router, by VRRPv3, each as owner and as backup."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from lab import topology
from lab.cluster import Lab
from lab.keepalived import Dialect, Keepalived, configuration
from lab.node import Node, Settings
from lab.system import stays, wait_for

BLUE = topology.BLUE
OURS, THEIRS = "n1", "n2"
OUR_PRIORITY = BLUE.priority[OURS]
HIGHER, LOWER = OUR_PRIORITY + 50, OUR_PRIORITY - 50
LONG = 0.5  # s; no timer runs that long when advertisements come every 100 ms

# As they come: keepalived must understand us without being told anything.
SETTINGS = Settings(nodes=(OURS, THEIRS), instances=(BLUE,), check=False)

TRANSPORTS = [
    pytest.param(Dialect(), id="ipv4-unicast"),
    pytest.param(Dialect(multicast=True), id="ipv4-multicast"),
    pytest.param(Dialect(ipv6=True), id="ipv6-unicast"),
    pytest.param(Dialect(ipv6=True, multicast=True), id="ipv6-multicast"),
]


# Who may preempt has nothing to do with the transport: each family and each mode is enough.
TWO_TRANSPORTS = pytest.mark.parametrize("transport", [TRANSPORTS[0], TRANSPORTS[3]],
                                         indirect=True)


class Pair:
    """vipd on one node, and whatever keepalived a test wants on the other."""

    def __init__(self, lab: Lab, dialect: Dialect) -> None:
        self.lab = lab
        self.node: Node = lab.nodes[OURS]
        self.dialect = dialect
        self.settings = replace(SETTINGS, ipv6_only=dialect.ipv6, multicast=dialect.multicast)
        self.vips = (BLUE.vip6,) if dialect.ipv6 else BLUE.vips

    def restart(self) -> None:
        """With the configuration of these settings, and alone."""
        if self.node.vipd:
            assert self.node.stop_vipd() == 0
        self.node.write_config(self.settings.configuration(OURS))
        self.node.start_vipd()

    @contextmanager
    def peer(self, priority: int, preempt: bool = True) -> Iterator[Keepalived]:
        daemon = self.lab.keepalived(THEIRS)
        daemon.start(configuration(
            THEIRS, 0.1, (OURS, THEIRS), (BLUE,), {OURS: OUR_PRIORITY, THEIRS: priority},
            replace(self.dialect, preempt=preempt)))
        try:
            yield daemon
        finally:
            daemon.stop()

    def answerers(self, duration: float = 0.2) -> set[str]:
        """Who answers for the VIPs, of whatever family."""
        owners = self.lab.who_answers(*self.vips, duration=duration)
        return set().union(*(owner.nodes for owner in owners.values()))

    def wait_state(self, state: str) -> None:
        self.node.wait_state(BLUE.name, state)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return SETTINGS


@pytest.fixture(scope="module", params=TRANSPORTS)
def transport(request: pytest.FixtureRequest, lab_without_vipd: Lab) -> Pair:
    pair = Pair(lab_without_vipd, request.param)
    pair.restart()
    return pair


@pytest.fixture
def pair(transport: Pair) -> Pair:
    """vipd owns, and keepalived is not there yet."""
    if not transport.node.vipd:
        transport.restart()
    transport.wait_state("MASTER")
    return transport


def test_comes_after_it(pair: Pair) -> None:
    """It preempts, is cut off without a goodbye, comes back, and resigns in the end."""
    with pair.peer(HIGHER) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over, for its priority is higher")
        pair.wait_state("BACKUP")
        assert pair.node.instance(BLUE.name)["master"] in (
            topology.address4(THEIRS), topology.address6(THEIRS), topology.link_local(THEIRS))
        assert pair.answerers() == {THEIRS}
        pair.lab.network.link(THEIRS, up=False)
        pair.wait_state("MASTER")
        assert pair.answerers() == {OURS}
        pair.lab.network.link(THEIRS, up=True)
        pair.wait_state("BACKUP")
    pair.wait_state("MASTER")
    assert pair.answerers() == {OURS}


def test_it_comes_after_us(pair: Pair) -> None:
    """We preempt, it accepts our advertisements, and when we are killed it takes over: from then on
    it alone answers, and at no instant we both do.
    """
    assert pair.node.stop_vipd() == 0
    with pair.peer(LOWER) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived is alone and owns the VIP")
        pair.node.start_vipd()
        pair.wait_state("MASTER")
        wait_for(lambda: not theirs.owns(BLUE), "keepalived gives up to the higher priority")
        probe = pair.lab.owner_probe(*pair.vips)
        assert stays(lambda: not theirs.owns(BLUE), LONG)
        pair.node.kill_vipd()
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over from the dead")
        for owners in probe.stop().values():
            assert owners.overlaps == 0, owners
            assert [node for _, node in owners.changes][:1] == [OURS]
        assert pair.answerers() == {THEIRS}


@TWO_TRANSPORTS
def test_it_waits_for_us_to_go(pair: Pair) -> None:
    """Of higher priority, but without preemption: it comes when we resign, and stays."""
    with pair.peer(HIGHER, preempt=False) as theirs:
        assert stays(lambda: not theirs.owns(BLUE), LONG), "it may not preempt"
        assert pair.answerers() == {OURS}
        assert pair.node.stop_vipd() == 0
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over from who has resigned")
        pair.node.start_vipd()
        assert stays(lambda: pair.node.state(BLUE.name) == "BACKUP", LONG)
        assert pair.answerers() == {THEIRS}


@TWO_TRANSPORTS
def test_waits_for_it_to_go(pair: Pair) -> None:
    """The same the other way round."""
    assert pair.node.stop_vipd() == 0
    patient = replace(pair.settings, instance={"preempt": "false"})
    pair.node.write_config(patient.configuration(OURS))
    with pair.peer(LOWER) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived is alone and owns the VIP")
        pair.node.start_vipd()
        assert stays(lambda: pair.node.state(BLUE.name) == "BACKUP", LONG)
        assert pair.answerers() == {THEIRS}
    pair.wait_state("MASTER")
    pair.restart()
