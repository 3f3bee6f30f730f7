# SPDX-License-Identifier: GPL-2.0-only
"""Cores that are busy."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


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
