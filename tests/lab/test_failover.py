# SPDX-License-Identifier: GPL-2.0-only
"""However the owner goes, one node takes over, and at no instant do two answer."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from lab import topology
from lab.cluster import Lab
from lab.probe import Gap, Owners

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]

# Adverts come each 100 ms, so a takeover is due after 0.4 s. A busy machine gets five times that.
TAKEOVER_MS = 2000
# A release is announced by an advert with priority 0, and takes a skew time: less than 0.1 s.
RELEASE_MS = 1000


class Watch:
    """What the probes saw between the beginning and the end of a `with`."""

    gaps: dict[str, Gap]
    owners: dict[str, Owners]


@contextmanager
def watched(lab: Lab) -> Iterator[Watch]:
    watch = Watch()
    client, owner = lab.client_probe(*BLUE.vips), lab.owner_probe(*BLUE.vips)
    time.sleep(0.3)
    try:
        yield watch
        time.sleep(0.5)
    finally:
        watch.gaps, watch.owners = client.stop(), owner.stop()


def assert_one_at_a_time(watch: Watch, *path: str) -> None:
    """No two answers in one round, for either family, and ownership went along the path."""
    for address, owners in watch.owners.items():
        assert owners.overlaps == 0, f"two nodes answered for {address}: {owners}"
        assert owners.strangers == 0
        assert [node for _, node in owners.changes] == list(path), address


def assert_gap(watch: Watch, limit_ms: float) -> None:
    for gap in watch.gaps.values():
        assert gap.longest_ms < limit_ms, gap


def link_cut(lab: Lab) -> None:
    lab.network.link(FIRST, up=False)


def link_restored(lab: Lab) -> None:
    lab.network.link(FIRST, up=True)


def stopped(lab: Lab) -> None:
    assert lab.nodes[FIRST].stop_vipd() == 0


def killed(lab: Lab) -> None:
    lab.nodes[FIRST].kill_vipd()


def started(lab: Lab) -> None:
    lab.nodes[FIRST].start_vipd()


def paused(lab: Lab) -> None:
    lab.nodes[FIRST].signal_vipd(signal.SIGSTOP)
    time.sleep(2)


def continued(lab: Lab) -> None:
    lab.nodes[FIRST].signal_vipd(signal.SIGCONT)


WAYS = [
    pytest.param(link_cut, link_restored, TAKEOVER_MS, id="link-cut"),
    pytest.param(stopped, started, RELEASE_MS, id="clean-stop"),
    pytest.param(killed, started, TAKEOVER_MS, id="killed"),
    pytest.param(paused, continued, TAKEOVER_MS, id="hung"),
]


@pytest.mark.parametrize(("leave", "come_back", "limit_ms"), WAYS)
def test_owner_leaves_and_comes_back(lab: Lab, leave: Callable[[Lab], None],
                                     come_back: Callable[[Lab], None], limit_ms: float) -> None:
    with watched(lab) as watch:
        leave(lab)
        wait_for_master(lab, SECOND)
    assert_one_at_a_time(watch, FIRST, SECOND)
    assert_gap(watch, limit_ms)
    with watched(lab) as watch:
        come_back(lab)
        lab.wait_owner(BLUE, FIRST)
    assert_one_at_a_time(watch, SECOND, FIRST)
    assert_gap(watch, RELEASE_MS)


def wait_for_master(lab: Lab, node: str) -> None:
    lab.nodes[node].wait_state(BLUE.name, "MASTER")


def test_hung_owner_within_one_watch(lab: Lab) -> None:
    """The whole of it seen by one probe: hung, taken over from, awake, and owner again."""
    with watched(lab) as watch:
        paused(lab)
        continued(lab)
        lab.wait_owner(BLUE, FIRST)
    assert_one_at_a_time(watch, FIRST, SECOND, FIRST)


def test_link_flaps(lab: Lab) -> None:
    """Back before the kernel's neighbour discovery has given up: adverts must not wait for it."""
    with watched(lab) as watch:
        link_cut(lab)
        time.sleep(1.2)
        link_restored(lab)
        lab.wait_owner(BLUE, FIRST)
        time.sleep(1)
    assert_one_at_a_time(watch, FIRST, SECOND, FIRST)


def test_lease_ends_before_the_takeover(lab: Lab) -> None:
    """Between a killed owner's last answer and its successor's first there is silence."""
    with watched(lab) as watch:
        killed(lab)
        wait_for_master(lab, SECOND)
    for owners in watch.owners.values():
        assert owners.silent > 0
    started(lab)


def test_two_owners_gone(lab: Lab) -> None:
    """The last of three takes all."""
    for name in (FIRST, SECOND):
        lab.network.link(name, up=False)
    last = BLUE.order[2]
    for instance in topology.INSTANCES:
        lab.nodes[last].wait_state(instance.name, "MASTER")
    owners = lab.who_answers(*(vip for instance in topology.INSTANCES for vip in instance.vips))
    assert all(owner.nodes == {last} for owner in owners.values())


def test_failover_on_request(lab: Lab) -> None:
    """A hand-over: no two answers, and hardly a gap."""
    with watched(lab) as watch:
        assert lab.nodes[FIRST].vipctl("failover", BLUE.name).returncode == 0
        wait_for_master(lab, SECOND)
    assert_one_at_a_time(watch, FIRST, SECOND)
    assert_gap(watch, RELEASE_MS)
    assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0
    lab.wait_owner(BLUE, FIRST)
