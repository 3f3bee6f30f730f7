# SPDX-License-Identifier: GPL-2.0-only
"""The two probes: what a client sees of a VIP, and which nodes answer for it."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from . import topology
from .system import BUILD, LabError, Namespace

# The questions' source addresses: 100 from here on, none of them anybody's.
SOURCES4, SOURCES6 = "10.77.0.128", "fd77::ffff:0"


class _Running:
    """A probe in the background; `stop()` makes it print what it saw."""

    def __init__(self, namespace: Namespace, command: list[str]) -> None:
        self._process = namespace.start(*command, output=subprocess.PIPE)

    def stop(self) -> Any:
        self._process.terminate()
        return self.finish()

    def finish(self) -> Any:
        """Wait for the end of a probe that was given a duration."""
        output, _ = self._process.communicate(timeout=120)
        if self._process.returncode != 0:
            raise LabError(f"the probe failed: {output.strip()}")
        return json.loads(output)


@dataclass(frozen=True)
class Gap:
    """What a client saw of one address."""

    address: str
    sent: int
    lost: int
    longest_ms: float
    began_s: float


class ClientProbe:
    """A request each millisecond to each address."""

    def __init__(self, client: Namespace, addresses: tuple[str, ...]) -> None:
        self._running = _Running(client, [str(BUILD / "tools/lab/probe"), *addresses])

    def stop(self) -> dict[str, Gap]:
        return {target["address"]: Gap(target["address"], target["sent"], target["lost"],
                                       target["longest_gap_ms"], target["gap_began_s"])
                for target in self._running.stop()["targets"]}


@dataclass(frozen=True)
class Owners:
    """Who answered for one address."""

    address: str
    answers: dict[str, int]          # by node
    overlaps: int                    # rounds in which more than one node answered
    first_overlap_s: float           # -1: never
    silent: int                      # rounds without an answer
    longest_silence_ms: float
    strangers: int                   # answers from a MAC that is no node's
    changes: list[tuple[float, str]]  # seconds since the start, node

    @property
    def nodes(self) -> set[str]:
        return {node for node, count in self.answers.items() if count}


class OwnerProbe:
    """Each node asked by itself, each millisecond or so, for each address: from the rogue's place.
    """

    def __init__(self, rogue: Namespace, addresses: tuple[str, ...],
                 duration: float | None = None,
                 nodes: tuple[str, ...] = topology.NODES, every_ms: int = 1) -> None:
        command = [str(BUILD / "tools/lab/owner_probe"), "-s", SOURCES4, "-S", SOURCES6,
                   "-i", str(1000 * every_ms)]
        if duration:
            command += ["-d", str(duration)]
        self._nodes = {topology.mac(node): node for node in nodes}
        self._running = _Running(rogue, [*command, "eth0", *self._nodes, *addresses])

    def stop(self) -> dict[str, Owners]:
        return self._read(self._running.stop())

    def finish(self) -> dict[str, Owners]:
        return self._read(self._running.finish())

    def _read(self, report: dict[str, Any]) -> dict[str, Owners]:
        return {vip["address"]: Owners(
            address=vip["address"],
            answers={self._nodes[mac]: count for mac, count in vip["answers"].items()},
            overlaps=vip["overlaps"],
            first_overlap_s=vip["first_overlap_s"],
            silent=vip["silent"],
            longest_silence_ms=vip["longest_silence_ms"],
            strangers=vip["strangers"],
            changes=[(change["at_s"], self._nodes[change["mac"]]) for change in vip["changes"]],
        ) for vip in report["vips"]}
