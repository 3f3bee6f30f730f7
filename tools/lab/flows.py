# SPDX-License-Identifier: GPL-2.0-only
"""Connections of a client's, many at once: those that are kept, and new ones all the while."""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from .system import BUILD, LabError, Namespace


@dataclass(frozen=True)
class Flow:
    """One connection. Times are time.monotonic()'s."""

    source: str
    port: int
    target: str
    node: str     # which answered; empty when none did
    failure: str  # empty: none
    began: float
    failed: float


@dataclass(frozen=True)
class Report:
    """What became of them."""

    kept: list[Flow]
    kept_slowest_ms: float
    opened: int                   # new connections
    answered_by: Counter[str]     # new connections, by node
    failures: list[Flow]          # of new connections
    slowest_ms: float             # of new connections
    foreign: int                  # answers to an address that was not the client's

    @property
    def kept_on(self) -> Counter[str]:
        return Counter(flow.node for flow in self.kept)

    @property
    def broken(self) -> list[Flow]:
        return [flow for flow in self.kept if flow.failure]

    @property
    def broken_on(self) -> Counter[str]:
        return Counter(flow.node for flow in self.broken)


class Flows:
    """They run from the beginning to the end of a `with`; `report` is there after it."""

    report: Report

    def __init__(self, client: Namespace, addresses: tuple[str, ...], kept: int, rate: int,
                 timeout: float = 5) -> None:
        self._client = client
        self._command = [str(BUILD / "tools/lab/flows"), "-k", str(kept), "-r", str(rate),
                         "-t", str(timeout), *addresses]

    def __enter__(self) -> "Flows":
        self._process = self._client.start(*self._command, output=subprocess.PIPE)
        assert self._process.stdout
        if self._process.stdout.readline() != "ready\n":
            self._process.kill()
            raise LabError(f"no connections: {self._process.communicate()[0].strip()}")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self._process.terminate()
        output, _ = self._process.communicate(timeout=60)
        if self._process.returncode != 0:
            raise LabError(f"the connections' client failed: {output.strip()}")
        self.report = _read(json.loads(output))


def _read(report: dict[str, Any]) -> Report:
    kept, fresh = report["kept"], report["fresh"]
    return Report(
        kept=[Flow(**flow) for flow in report["kept_flows"]],
        kept_slowest_ms=kept["slowest_ms"],
        opened=fresh["opened"],
        answered_by=Counter({node: count for node, count in fresh["by_node"].items() if count}),
        failures=[Flow(**flow) for flow in report["fresh_failures"]],
        slowest_ms=fresh["slowest_ms"],
        foreign=kept["foreign"] + fresh["foreign"],
    )
