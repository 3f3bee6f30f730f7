# SPDX-License-Identifier: GPL-2.0-only
"""A rogue in the segment forges advertisements, one by one and 100,000 a second, in vain."""

import time

import pytest
from lab import attacks, forgery, topology
from lab.attacks import Attack
from lab.cluster import Lab
from lab.node import Settings
from lab.watch import watched

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
COUNT = 20  # of what is sent one by one
FLOOD_RATE, FLOOD_SECONDS = 100_000, 3


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(pin_macs=True)


@pytest.fixture(scope="module")
def cluster(cluster: Lab) -> Lab:
    """The ports are guarded: what a forged MAC does to a switch is another subject."""
    cluster.network.guard_ports()
    return cluster


@pytest.mark.parametrize("attack", attacks.SINGLE, ids=lambda attack: attack.name)
def test_one_by_one(lab: Lab, attack: Attack) -> None:
    """Against the owner and against a backup; each frame is counted, few are logged."""
    sent = {}
    with watched(lab) as watch:
        for target, friend in ((FIRST, SECOND), (SECOND, FIRST)):
            frames = attack.frames(lab, target, friend)
            sent[target] = forgery.send(lab.network["rogue"], frames,
                                        max(COUNT, len(frames))).frames
    watch.assert_nothing_happened()
    for target, count in sent.items():
        assert sum(watch.drops[target].values()) == count
        if attack.reason:
            assert set(watch.drops[target]) == {attack.reason}
    assert watch.log_lines <= sum(map(len, watch.drops.values())), "one line for each reason"


def test_flood(lab: Lab) -> None:
    frames = [frame for target, friend in ((FIRST, SECOND), (SECOND, FIRST))
              for frame in attacks.FLOOD.frames(lab, target, friend)]
    with watched(lab) as quiet:
        time.sleep(FLOOD_SECONDS)
    with watched(lab) as flooded:
        sent = forgery.send(lab.network["rogue"], frames, FLOOD_RATE * FLOOD_SECONDS, FLOOD_RATE)
    dropped = sum(flooded.drops[FIRST].values()) + sum(flooded.drops[SECOND].values())
    print(f"{sent.rate:.0f} frames a second; {dropped} of {sent.frames} counted; "
          f"CPU {flooded.cpu} after {quiet.cpu}; {flooded.log_lines} lines logged")
    flooded.assert_nothing_happened()
    assert dropped == sent.frames
    expected = quiet.accepted[SECOND] * flooded.seconds / quiet.seconds
    assert flooded.accepted[SECOND] > 0.8 * expected, "the owner's advertisements get through"
    for node in (FIRST, SECOND):
        assert flooded.cpu[node] - quiet.cpu[node] < 0.1 * flooded.seconds
    assert flooded.log_lines < 50
