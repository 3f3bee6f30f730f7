# SPDX-License-Identifier: GPL-2.0-only
"""A daemon that gets no CPU for a while: what happens meanwhile, and when it goes on.

Each node owns one of the three instances, and is a backup of the other two. So a node whose daemon
is stopped is a hung owner once and a starved backup twice, of virtual routers that know nothing of
each other.
"""

import os
import signal
import time
from dataclasses import dataclass

from .contenders import Contender
from .probe import Owners
from .topology import INSTANCES, NODES, Instance


@dataclass(frozen=True)
class Episode:
    """What was seen of one node's sleep."""

    node: str
    hung: dict[str, Owners]     # who answered for the VIPs of the instance that it owns
    starved: dict[str, Owners]  # and for those that it is a backup of
    false_takeovers: int        # changes of state in the latter, on all nodes

    @property
    def overlaps(self) -> int:
        """Instants in which two nodes answered for one VIP."""
        return sum(owners.overlaps for owners in (self.hung | self.starved).values())

    @property
    def silence_ms(self) -> float:
        """The longest time in which nobody answered for the sleeper's VIPs."""
        return max(owners.longest_silence_ms for owners in self.hung.values())


def starve(contender: Contender, node: str, seconds: float = 2) -> Episode:
    """Stop all processes of the node's daemon, let them go on, and wait until all is as before."""
    starved = tuple(instance for instance in INSTANCES if instance.owner != node)
    hung = next(instance for instance in INSTANCES if instance.owner == node)
    contender.settle(*INSTANCES)
    before = _transitions(contender, starved)
    probe = contender.lab.owner_probe(*(vip for instance in INSTANCES for vip in instance.vips))
    time.sleep(0.2)
    pids = contender.pids(node)
    _signal(pids, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        _signal(pids, signal.SIGCONT)
    time.sleep(4 * contender.interval)
    contender.settle(*INSTANCES)
    owners = probe.stop()
    return Episode(node, {vip: owners[vip] for vip in hung.vips},
                   {vip: owners[vip] for instance in starved for vip in instance.vips},
                   _transitions(contender, starved) - before)


def _transitions(contender: Contender, instances: tuple[Instance, ...]) -> int:
    return sum(contender.transitions(node, instance) for instance in instances for node in NODES)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
