# SPDX-License-Identifier: GPL-2.0-only
"""A rogue in the segment forges advertisements, one by one and 100,000 a second: nothing happens."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from lab import attacks, forgery, topology
from lab.attacks import Attack
from lab.cluster import Lab
from lab.contenders import Vipd, cpu_seconds
from lab.node import Settings
from lab.probe import Gap, Owners

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


@dataclass
class Watch:
    """What changed between the beginning and the end of a `with`, on all nodes."""

    gaps: dict[str, Gap] = field(default_factory=dict)
    owners: dict[str, Owners] = field(default_factory=dict)
    transitions: int = 0
    log_lines: int = 0
    seconds: float = 0
    cpu: dict[str, float] = field(default_factory=dict)  # by node, seconds
    drops: dict[str, dict[str, int]] = field(default_factory=dict)  # by node, only of VRRP
    accepted: dict[str, int] = field(default_factory=dict)  # advertisements by node


@contextmanager
def watched(lab: Lab) -> Iterator[Watch]:
    vipd, watch = Vipd(lab), Watch()

    def look() -> Watch:
        return Watch(
            transitions=vipd.all_transitions(), log_lines=vipd.log_lines(),
            seconds=time.monotonic(),
            cpu={node: cpu_seconds(vipd.pids(node)) for node in topology.NODES},
            drops={name: vrrp_drops(lab, name) for name in topology.NODES},
            accepted={name: node.status()["traffic"]["adverts_accepted"]
                      for name, node in lab.nodes.items()})

    before = look()
    client, owner = lab.client_probe(*BLUE.vips), lab.owner_probe(*BLUE.vips)
    try:
        yield watch
    finally:
        watch.gaps, watch.owners = client.stop(), owner.stop()
    after = look()
    watch.transitions = after.transitions - before.transitions
    watch.log_lines = after.log_lines - before.log_lines
    watch.seconds = after.seconds - before.seconds
    watch.cpu = {node: after.cpu[node] - before.cpu[node] for node in topology.NODES}
    watch.accepted = {node: after.accepted[node] - before.accepted[node]
                      for node in topology.NODES}
    watch.drops = {node: {reason: count - before.drops[node][reason]
                          for reason, count in after.drops[node].items()
                          if count != before.drops[node][reason]} for node in topology.NODES}


def vrrp_drops(lab: Lab, node: str) -> dict[str, int]:
    return {reason: count for reason, count in lab.nodes[node].drops().items()
            if reason.startswith("vrrp_")}


def assert_nothing_happened(watch: Watch) -> None:
    """To the ownership, that is, and to the client."""
    assert watch.transitions == 0
    for owners in watch.owners.values():
        assert owners.nodes == {FIRST}
        assert owners.overlaps == owners.strangers == 0
    for gap in watch.gaps.values():
        assert gap.longest_ms < 200, gap
    for node in (SECOND, BLUE.order[2]):
        assert watch.accepted[node] > 0, "the owner's advertisements are processed"


@pytest.mark.parametrize("attack", attacks.SINGLE, ids=lambda attack: attack.name)
def test_one_by_one(lab: Lab, attack: Attack) -> None:
    """Against the owner and against a backup; each frame is counted, few are logged."""
    sent = {}
    with watched(lab) as watch:
        for target, friend in ((FIRST, SECOND), (SECOND, FIRST)):
            frames = attack.frames(lab, target, friend)
            sent[target] = forgery.send(lab.network["rogue"], frames,
                                        max(COUNT, len(frames))).frames
    assert_nothing_happened(watch)
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
    assert_nothing_happened(flooded)
    assert dropped == sent.frames
    expected = quiet.accepted[SECOND] * flooded.seconds / quiet.seconds
    assert flooded.accepted[SECOND] > 0.8 * expected, "the owner's advertisements get through"
    for node in (FIRST, SECOND):
        assert flooded.cpu[node] - quiet.cpu[node] < 0.1 * flooded.seconds
    assert flooded.log_lines < 50
