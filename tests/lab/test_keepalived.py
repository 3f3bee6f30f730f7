# SPDX-License-Identifier: GPL-2.0-only
"""One vipd and one real keepalived in a virtual router, by VRRPv3 unicast."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lab import keepalived, topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import wait_for

BLUE = topology.BLUE
OURS, THEIRS = "n1", "n2"
OUR_PRIORITY = BLUE.priority[OURS]


@pytest.fixture(scope="module")
def settings() -> Settings:
    """As they come: keepalived must understand us without being told anything."""
    return Settings(nodes=(OURS, THEIRS), instances=(BLUE,))


@pytest.fixture(scope="module")
def pair(lab_without_vipd: Lab) -> Lab:
    lab = lab_without_vipd
    lab.nodes[OURS].write_config(lab.settings.configuration(OURS))
    lab.nodes[OURS].start_vipd()
    return lab


@contextmanager
def peer(lab: Lab, priority: int) -> Iterator[keepalived.Keepalived]:
    daemon = lab.keepalived(THEIRS)
    daemon.start(keepalived.configuration(
        THEIRS, 0.1, (OURS, THEIRS), (BLUE,), {OURS: OUR_PRIORITY, THEIRS: priority}))
    try:
        yield daemon
    finally:
        daemon.stop()


def answerers(lab: Lab) -> set[str]:
    owners = lab.who_answers(*BLUE.vips)
    return owners[BLUE.vip4].nodes | owners[BLUE.vip6].nodes


def test_gives_up_to_it_and_takes_over_from_it(pair: Lab) -> None:
    node = pair.nodes[OURS]
    node.wait_state(BLUE.name, "MASTER")
    with peer(pair, OUR_PRIORITY + 50) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over, for its priority is higher")
        node.wait_state(BLUE.name, "BACKUP")
        assert node.instance(BLUE.name)["master"] == topology.address4(THEIRS)
        assert answerers(pair) == {THEIRS}
    node.wait_state(BLUE.name, "MASTER")
    assert answerers(pair) == {OURS}


def test_preempts_it(pair: Lab) -> None:
    node = pair.nodes[OURS]
    node.stop_vipd()
    with peer(pair, OUR_PRIORITY - 50) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived is alone and owns the VIP")
        node.start_vipd()
        node.wait_state(BLUE.name, "MASTER")
        wait_for(lambda: not theirs.owns(BLUE), "keepalived gives up to the higher priority")
        assert answerers(pair) == {OURS}


def test_it_accepts_our_adverts(pair: Lab) -> None:
    """A keepalived of lower priority that started later stays backup."""
    node = pair.nodes[OURS]
    node.wait_state(BLUE.name, "MASTER")
    with peer(pair, OUR_PRIORITY - 50) as theirs:
        probe = pair.owner_probe(*BLUE.vips)
        pair.who_answers(BLUE.vip4, duration=1.5)  # more than three adverts
        assert not theirs.owns(BLUE)
        for owners in probe.stop().values():
            assert owners.nodes == {OURS}


def test_takes_over_from_a_dead_one(pair: Lab) -> None:
    """Cut off, it cannot say goodbye: the timer has to do it."""
    node = pair.nodes[OURS]
    with peer(pair, OUR_PRIORITY + 50) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over")
        node.wait_state(BLUE.name, "BACKUP")
        pair.network.link(THEIRS, up=False)
        node.wait_state(BLUE.name, "MASTER")
        assert answerers(pair) == {OURS}
        pair.network.link(THEIRS, up=True)
