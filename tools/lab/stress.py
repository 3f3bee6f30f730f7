# SPDX-License-Identifier: GPL-2.0-only
"""Cores that are busy, and a machine that stands still."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .system import BUILD


@contextmanager
def stressed_cores() -> Iterator[None]:
    """A process that does nothing but run, for each of them."""
    processes = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
                 for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


class Stalls:
    """How long the machine stood still meanwhile: for a thread as urgent as vipd's."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([str(BUILD / "tools/lab/stalls")], stdout=subprocess.PIPE,
                                         text=True)

    def stop(self) -> float:
        """The longest time, in ms."""
        self._process.terminate()
        output, _ = self._process.communicate(timeout=10)
        return float(json.loads(output)["longest_ms"])

    def kill(self) -> None:
        """Fine after it was stopped."""
        self._process.kill()
        self._process.wait()


def unless_stalled(attempt: Callable[[], None], patience_ms: float, tries: int = 5) -> None:
    """Run what rests on short times; its failure counts unless the machine stood still for longer
    than the patience, for then other nodes rightly take over. A pass always counts."""
    for remaining in range(tries - 1, -1, -1):
        stalls = Stalls()
        try:
            attempt()
            return
        except AssertionError as failure:
            stalled = stalls.stop()
            if remaining == 0 or stalled < patience_ms:
                raise
            print(f"tried again: the machine stood still for {stalled:.0f} ms: {failure}")
        finally:
            stalls.kill()
