# SPDX-License-Identifier: GPL-2.0-only
"""A program of the operator's is told of what happens: in order, as somebody else, and in peace."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]

# Writes down what it reads, and who it is; sleeps as long as a file says.
SCRIPT = """\
#!/bin/sh
read -r event
echo "$event" >>{directory}/NODE.told
id -u >{directory}/NODE.uid
[ ! -e {directory}/NODE.slow ] || sleep 30
"""


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="vipd-notify-"))
    os.chmod(path, 0o777)
    for name in topology.NODES:
        script = path / f"{name}.notify"
        script.write_text(SCRIPT.format(directory=path).replace("NODE", name))
        script.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def settings(directory: Path) -> Settings:
    return Settings(more=f"notify: {{script: {directory}/NODE.notify, timeout: 1s}}\n")


@contextmanager
def handed_over(lab: Lab) -> Iterator[None]:
    """Blue is the second node's in the meantime, and the first one's again after it."""
    for giver, taker in ((FIRST, SECOND), (SECOND, FIRST)):
        assert lab.nodes[giver].vipctl("failover", BLUE.name).returncode == 0
        lab.nodes[taker].wait_state(BLUE.name, "MASTER")
        if giver == FIRST:
            yield


def told(directory: Path, node: str) -> list[dict[str, Any]]:
    path = directory / f"{node}.told"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def transitions(directory: Path, node: str) -> list[tuple[str, str]]:
    return [(event["from"], event["to"]) for event in told(directory, node)
            if event["instance"] == BLUE.name]


def test_a_transition_is_told_with_instance_vips_and_reason(lab: Lab, directory: Path) -> None:
    with handed_over(lab):
        wait_for(lambda: ("MASTER", "BACKUP") in transitions(directory, FIRST), 5)
    event = next(event for event in told(directory, FIRST)
                 if event["instance"] == BLUE.name and event["from"] == "MASTER")
    assert event["type"] == "transition"
    assert event["node"] == FIRST
    assert event["vrid"] == BLUE.vrid
    assert event["vips"] == [BLUE.vip4, BLUE.vip6]
    assert event["reason"]


def test_it_runs_as_nobody(lab: Lab, directory: Path) -> None:
    with handed_over(lab):
        wait_for((directory / f"{FIRST}.uid").exists, 5)
    assert int((directory / f"{FIRST}.uid").read_text()) not in (0, os.getuid())


def test_events_come_in_their_order(lab: Lab, directory: Path) -> None:
    """Each state is where the next one begins."""
    before = len(transitions(directory, FIRST))
    for _ in range(2):
        with handed_over(lab):
            pass
    wait_for(lambda: len(transitions(directory, FIRST)) == before + 4, 5)
    chain = transitions(directory, FIRST)
    assert all(one[1] == after[0] for one, after in zip(chain, chain[1:], strict=False)), chain


def test_a_program_that_hangs_is_ended_and_holds_up_nobody(lab: Lab, directory: Path) -> None:
    slow = directory / f"{SECOND}.slow"
    node = lab.nodes[SECOND]
    since = len(node.log.read_text(errors="replace"))
    slow.touch()
    try:
        with handed_over(lab):
            assert node.vipctl("status").returncode == 0
            node.wait_log("did not end within 1 s", since, timeout=10)
    finally:
        slow.unlink()


def test_a_reload_takes_the_program_away(lab: Lab, directory: Path) -> None:
    node = lab.nodes[FIRST]
    good = node.config.read_text()
    node.write_config(Settings().configuration(FIRST))
    assert node.vipctl("reload").returncode == 0
    before = told(directory, FIRST)
    with handed_over(lab):
        pass
    assert told(directory, FIRST) == before
    node.write_config(good)
    assert node.vipctl("reload").returncode == 0


def test_a_kind_that_is_none_is_refused(lab: Lab, directory: Path) -> None:
    node = lab.nodes[FIRST]
    good = node.config.read_text()
    node.write_config(good.replace("timeout: 1s}", "timeout: 1s, events: [weather]}"))
    answer = node.vipctl("reload")
    assert answer.returncode == 1
    assert "weather" in answer.stdout + answer.stderr
    node.write_config(good)
