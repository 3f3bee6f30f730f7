# SPDX-License-Identifier: GPL-2.0-only
"""The segment splits while every link stays up, with and without `quorum: majority`."""

import signal
import time
from collections.abc import Iterator

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.probe import Owners
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order
WAYS = {
    "majority": Settings(vrrp={"quorum": "majority"}),
    "of-its-own-vrid": Settings(vrrp={"quorum": "{policy: majority, vrid: 250}"},
                                advert_interval="50ms"),
    "ipv6": Settings(vrrp={"quorum": "majority"}, ipv6_only=True),
    "multicast": Settings(vrrp={"quorum": "majority"}, multicast=True),
}


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS.keys())
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    yield request.param


@pytest.fixture(autouse=True)
def whole(cluster: Lab) -> Iterator[None]:
    yield
    cluster.network.split(False)
    cluster.network.arrange()


def vips(lab: Lab) -> tuple[str, ...]:
    return (BLUE.vip6,) if lab.settings.ipv6_only else BLUE.vips


def has_majority(lab: Lab, node: str) -> bool:
    return bool(lab.nodes[node].status()["quorum"]["majority"])


def arrange(lab: Lab, *sides: tuple[str, ...]) -> None:
    lab.network.arrange(*sides)
    time.sleep(0.5)  # for a port that moves is deaf for a moment
    lab.wait_settled()


def path(owners: Owners) -> list[str]:
    return [node for _, node in owners.changes]


def test_all_are_heard(lab: Lab) -> None:
    quorum = lab.nodes[THIRD].status()["quorum"]
    assert quorum["majority"]
    assert (quorum["heard"], quorum["nodes"], quorum["not_heard"]) == (3, 3, [])
    assert "majority: 3 of 3 nodes are heard" in lab.nodes[THIRD].vipctl("status").stdout


def test_owner_cut_off(lab: Lab) -> None:
    """It stops before the majority's side has an owner, and there is one again after the split."""
    arrange(lab, (FIRST,), (SECOND, THIRD))
    probe = lab.owner_probe(*vips(lab))
    time.sleep(0.3)
    began = lab.nodes[FIRST].log.stat().st_size
    lab.network.split(True)
    lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
    lab.nodes[FIRST].wait_state(BLUE.name, "BACKUP")
    lab.nodes[FIRST].wait_log("no majority: 1 of 3 nodes are heard", began)
    status = lab.nodes[FIRST].vipctl("status")
    assert status.returncode == 1, "it is not healthy"
    assert f"no majority: 1 of 3 nodes are heard, not {SECOND}, {THIRD}" in status.stdout
    time.sleep(1)  # many times what it would take to own again
    lab.network.split(False)
    lab.wait_owner(BLUE, FIRST)
    time.sleep(0.3)
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
        assert path(owners) == [FIRST, SECOND, FIRST], address
        assert owners.silent > 0, "the first stops before the second begins"


def test_owner_cut_off_and_hung(lab: Lab) -> None:
    """It still advertised after the split, which renewed its lease, and nobody is there to end it:
    the lease was never longer than the majority."""
    interval = float(lab.settings.advert_interval.removesuffix("ms")) / 1000
    arrange(lab, (FIRST,), (SECOND, THIRD))
    probe = lab.owner_probe(*vips(lab))
    time.sleep(0.3)
    lab.network.split(True)
    time.sleep(1.2 * interval)
    lab.nodes[FIRST].signal_vipd(signal.SIGSTOP)
    lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
    time.sleep(0.5)
    lab.nodes[FIRST].signal_vipd(signal.SIGCONT)
    lab.nodes[FIRST].wait_state(BLUE.name, "BACKUP")
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
        assert path(owners) == [FIRST, SECOND], address


def test_keepalives_lost(lab: Lab) -> None:
    """One or two of both others at the same time: the owner has to notice nothing."""
    interval = float(lab.settings.advert_interval.removesuffix("ms")) / 1000
    probe = lab.owner_probe(*vips(lab))
    time.sleep(0.3)
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for name in (SECOND, THIRD):
            lab.nodes[name].signal_vipd(number)
        time.sleep(0.75 * interval)
    time.sleep(0.3)
    for address, owners in probe.stop().items():
        assert path(owners) == [FIRST], address
        # Who lost its majority and got it back would have been silent for three intervals.
        assert owners.longest_silence_ms < 1000 * interval, owners


def test_backup_cut_off(lab: Lab) -> None:
    """It hears nobody, and takes nothing; the owner has a majority and notices nothing."""
    arrange(lab, (THIRD,), (FIRST, SECOND))
    probe = lab.owner_probe(*vips(lab))
    lab.network.split(True)
    wait_for(lambda: not has_majority(lab, THIRD), f"{THIRD} hears no majority")
    time.sleep(1)
    assert lab.nodes[THIRD].state(BLUE.name) == "BACKUP"
    lab.network.split(False)
    wait_for(lambda: has_majority(lab, THIRD), f"{THIRD} hears a majority again")
    time.sleep(0.5)
    for address, owners in probe.stop().items():
        assert path(owners) == [FIRST], address
        assert owners.overlaps == 0


def test_everybody_cut_off(lab: Lab) -> None:
    """Nobody owns, until they hear each other again."""
    everything = tuple(vip for instance in topology.INSTANCES
                       for vip in ((instance.vip6,) if lab.settings.ipv6_only else instance.vips))
    arrange(lab, (FIRST,), (SECOND,), (THIRD,))
    lab.network.split(True)
    wait_for(lambda: not any(has_majority(lab, node) for node in topology.NODES),
             "nobody hears a majority")
    time.sleep(0.3)
    owners = lab.who_answers(*everything, duration=1)
    assert {vip: owners[vip].nodes for vip in everything} == {vip: set() for vip in everything}
    probe = lab.owner_probe(*vips(lab))
    lab.network.split(False)
    lab.wait_settled()
    for address, seen in probe.stop().items():
        assert seen.overlaps == 0, (address, seen)


def test_last_of_three_gives_up(lab: Lab) -> None:
    """What a majority costs: with two of three nodes stopped, the third serves no VIP."""
    for name in (SECOND, THIRD):
        assert lab.nodes[name].stop_vipd() == 0
    lab.nodes[FIRST].wait_state(BLUE.name, "BACKUP")
    assert lab.who_answers(BLUE.vip6)[BLUE.vip6].nodes == set()
    lab.nodes[SECOND].start_vipd()
    lab.nodes[FIRST].wait_state(BLUE.name, "MASTER")


def test_restart_within_the_lease(lab: Lab) -> None:
    """The dataplane went on counting: the owner comes back and goes on."""
    probe = lab.owner_probe(*vips(lab))
    lab.nodes[FIRST].kill_vipd()
    lab.nodes[FIRST].start_vipd()
    lab.wait_settled()
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
