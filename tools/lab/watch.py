# SPDX-License-Identifier: GPL-2.0-only
"""What became of a vipd cluster meanwhile: answers, states, counters, CPU and log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import topology
from .cluster import Lab
from .contenders import Vipd, cpu_seconds
from .probe import Gap, Owners

BLUE = topology.BLUE


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

    def assert_nothing_happened(self) -> None:
        """To the ownership, that is, and to the client."""
        assert self.transitions == 0, self
        for owners in self.owners.values():
            assert owners.nodes == {BLUE.owner}, owners
            assert owners.overlaps == owners.strangers == 0, owners
        for gap in self.gaps.values():
            assert gap.longest_ms < 200, gap
        for node in BLUE.order[1:]:
            assert self.accepted[node] > 0, "the owner's advertisements are processed"


def vrrp_drops(lab: Lab, node: str) -> dict[str, int]:
    return {reason: count for reason, count in lab.nodes[node].drops().items()
            if reason.startswith("vrrp_")}


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
