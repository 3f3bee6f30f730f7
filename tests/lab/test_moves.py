# SPDX-License-Identifier: GPL-2.0-only
"""Moves that are planned make before they break: the VIPs are never without an owner for longer than
the hand-over delay and a message, at any interval, and no client loses anything."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lab import topology
from lab.cluster import Lab
from lab.node import Settings

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order

# The delay is 2 ms; the rest is for a machine that is busy. A resignation leaves 61 ms at an interval
# of 100 ms, and 609 ms at one of a second.
UNOWNED_MS = 25


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(instances=(BLUE,))


@contextmanager
def without_a_gap(lab: Lab, then: str) -> Iterator[None]:
    """What happens to blue meanwhile, until `then` owns it, is seen by nobody."""
    owners = lab.owner_probe(*BLUE.vips)
    clients = lab.client_probe(*BLUE.vips)
    yield
    lab.wait_owner(BLUE, then)
    seen, lost = owners.stop(), clients.stop()
    for vip in BLUE.vips:
        assert seen[vip].overlaps == 0
        assert seen[vip].longest_silence_ms < UNOWNED_MS
        assert then in seen[vip].nodes
        assert lost[vip].lost == 0


def test_failover_and_back(lab: Lab) -> None:
    with without_a_gap(lab, SECOND):
        assert lab.nodes[FIRST].vipctl("failover", BLUE.name).returncode == 0
    with without_a_gap(lab, FIRST):
        assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0


def test_another_interval_and_failover(lab: Lab) -> None:
    """Told node by node. A skew time is ten times as long then; the time without an owner is not."""
    with without_a_gap(lab, SECOND):
        for name in lab.settings.nodes:
            node = lab.nodes[name]
            node.write_config(replace(lab.settings, advert_interval="1s").configuration(name))
            assert node.vipctl("reload").returncode == 0
        time.sleep(0.5)  # a longer interval is told three times at the old pace
        assert lab.nodes[FIRST].vipctl("failover", BLUE.name).returncode == 0
    for name in lab.settings.nodes:
        lab.nodes[name].write_config(lab.settings.configuration(name))
        assert lab.nodes[name].vipctl("reload").returncode == 0
    assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0


def test_drain(lab: Lab) -> None:
    with without_a_gap(lab, SECOND):
        lab.nodes[FIRST].vipctl("drain")
    with without_a_gap(lab, FIRST):
        lab.nodes[FIRST].vipctl("undrain")


def test_stop(lab: Lab) -> None:
    with without_a_gap(lab, SECOND):
        assert lab.nodes[FIRST].stop_vipd() == 0


def test_nobody_to_hand_over_to(lab: Lab) -> None:
    """It is as if it had never been asked, but for an Active_Down_Interval."""
    for name in (SECOND, THIRD):
        lab.nodes[name].stop_vipd()
    answer = lab.nodes[FIRST].vipctl("failover", BLUE.name)
    assert answer.returncode != 0
    assert "this node owns blue again" in answer.stdout + answer.stderr
    lab.wait_owner(BLUE, FIRST)
