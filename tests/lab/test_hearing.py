# SPDX-License-Identifier: GPL-2.0-only
"""What others say and this node cannot use: a clock that is wrong, a key that is another one."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import stays, wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order

# A process whose wall clock differs from the kernel's.
WRONG_CLOCK = """\
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int error = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME)
		now->tv_sec += atoi(getenv("CLOCK_AHEAD"));
	return error;
}
"""


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vipd-hearing-") as name:
        for number, byte in ((1, 1), (2, 2)):
            key = Path(name) / f"{number}.key"
            key.touch(0o600)
            key.write_bytes(bytes([byte]) * 32)
        yield Path(name)


def keyed(directory: Path, number: int) -> Settings:
    return Settings(instances=(BLUE,), vrrp={
        "auth": f"{{mode: enforce, active_key: 1, keys: [{{id: 1, file: {directory}/{number}.key}}]}}"})


@pytest.fixture(scope="module")
def settings(directory: Path) -> Settings:
    return keyed(directory, 1)


def alarms(node: Node) -> dict[str, str]:
    return {alarm["name"]: alarm["text"] for alarm in node.status()["alarms"]}


def test_a_clock_that_is_wrong(lab: Lab, directory: Path) -> None:
    """By an hour. The others own; this node knows by itself that it must not."""
    library = directory / "wrong_clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=WRONG_CLOCK,
                   text=True, check=True)
    node, second = lab.nodes[FIRST], lab.nodes[SECOND]
    node.stop_vipd()
    lab.wait_owner(BLUE, SECOND)
    node.start_vipd(environment={"LD_PRELOAD": str(library), "CLOCK_AHEAD": "3600"})
    wait_for(lambda: "clock_wrong" in alarms(node), "an alarm")
    assert alarms(node)["clock_wrong"].startswith("this node's clock is 3600 s ahead of")
    assert node.state(BLUE.name) == "FAULT"
    assert "clock is wrong" in node.instance(BLUE.name)["fault"]
    wait_for(lambda: "peer_refused" in alarms(second), "the others see it too")
    assert alarms(second)["peer_refused"].startswith("all that n1 sends is refused: VRRP signed at")
    assert "clock_wrong" not in alarms(second)
    assert lab.who_answers(*BLUE.vips)[BLUE.vip4].nodes == {SECOND}
    assert stays(lambda: node.state(BLUE.name) == "FAULT", 2)
    node.stop_vipd()
    node.start_vipd()
    lab.wait_owner(BLUE, FIRST)
    wait_for(lambda: not alarms(second) and not alarms(node), "no alarms")


def test_a_key_that_is_another_one(lab: Lab, directory: Path) -> None:
    third, first = lab.nodes[THIRD], lab.nodes[FIRST]
    third.stop_vipd()
    third.write_config(keyed(directory, 2).configuration(THIRD))
    third.start_vipd()
    wait_for(lambda: "peer_refused" in alarms(first), "an alarm")
    assert "n3" in alarms(first)["peer_refused"] and "HMAC" in alarms(first)["peer_refused"]
    heard = {peer["node"]: peer for peer in first.status()["hearing"]}
    assert heard[THIRD]["refused_for"] == "vrrp_hmac" and heard[SECOND]["refused"] == 0
    third.stop_vipd()
    third.write_config(lab.settings.configuration(THIRD))
    third.start_vipd()
    wait_for(lambda: not alarms(first), "no alarms")
