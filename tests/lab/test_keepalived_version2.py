# SPDX-License-Identifier: GPL-2.0-only
"""One vipd and one real keepalived in a virtual router, by VRRPv2, with and without a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from lab import keepalived, topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import wait_for

BLUE = topology.BLUE
OURS, THEIRS = "n1", "n2"
OUR_PRIORITY = BLUE.priority[OURS]

# What keepalived is told, and what we are: it sends the first eight bytes.
PASSWORDS = [
    pytest.param("", "", id="none"),
    pytest.param("x", "x", id="short"),
    pytest.param("geheimes", "geheimes", id="eight"),
    pytest.param("geheimes-wort", "geheimes", id="truncated"),
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(advert_interval="1s", nodes=(OURS, THEIRS), instances=(BLUE,),
                    vrrp={"version": "2"}, ipv4_only=True)


def configure(lab: Lab, password: str) -> None:
    more = {"authentication": f"{{type: pass, password: '{password}'}}"} if password else {}
    lab.nodes[OURS].write_config(replace(lab.settings, instance=more).configuration(OURS))


@pytest.fixture(scope="module")
def started(lab_without_vipd: Lab) -> Lab:
    configure(lab_without_vipd, "")
    lab_without_vipd.nodes[OURS].start_vipd()
    return lab_without_vipd


def with_password(lab: Lab, password: str) -> None:
    configure(lab, password)
    reply = lab.nodes[OURS].vipctl("reload")
    assert reply.returncode == 0, reply.stderr


@contextmanager
def peer(lab: Lab, priority: int, password: str) -> Iterator[keepalived.Keepalived]:
    daemon = lab.keepalived(THEIRS)
    daemon.start(keepalived.configuration(
        THEIRS, 1, (OURS, THEIRS), (BLUE,), {OURS: OUR_PRIORITY, THEIRS: priority}, version=2,
        password=password))
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.mark.parametrize(("their_password", "our_password"), PASSWORDS)
def test_it_accepts_our_adverts(started: Lab, their_password: str, our_password: str) -> None:
    """A keepalived of lower priority that started later stays backup."""
    with_password(started, our_password)
    started.nodes[OURS].wait_state(BLUE.name, "MASTER")
    with peer(started, OUR_PRIORITY - 50, their_password) as theirs:
        probe = started.owner_probe(BLUE.vip4)
        started.who_answers(BLUE.vip4, duration=6)  # more than its down interval
        assert not theirs.owns(BLUE)
        assert probe.stop()[BLUE.vip4].nodes == {OURS}
    instance = started.nodes[OURS].instance(BLUE.name)
    assert (instance["version"], instance["authentication"]) == (
        2, "pass" if our_password else "none")


def test_it_refuses_another_password(started: Lab) -> None:
    with_password(started, "ours")
    started.nodes[OURS].wait_state(BLUE.name, "MASTER")
    with peer(started, OUR_PRIORITY - 50, "theirs") as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes nobody's word but its own")


@pytest.mark.parametrize(("their_password", "our_password"), PASSWORDS)
def test_gives_up_to_it_and_takes_over_from_it(started: Lab, their_password: str,
                                               our_password: str) -> None:
    node = started.nodes[OURS]
    with_password(started, our_password)
    node.wait_state(BLUE.name, "MASTER")
    with peer(started, OUR_PRIORITY + 50, their_password) as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over, for its priority is higher")
        node.wait_state(BLUE.name, "BACKUP")
        assert node.instance(BLUE.name)["master"] == topology.address4(THEIRS)
        assert started.who_answers(BLUE.vip4)[BLUE.vip4].nodes == {THEIRS}
    node.wait_state(BLUE.name, "MASTER")
    assert started.who_answers(BLUE.vip4)[BLUE.vip4].nodes == {OURS}


def test_does_not_believe_another_password(started: Lab) -> None:
    node = started.nodes[OURS]
    with_password(started, "ours")
    node.wait_state(BLUE.name, "MASTER")
    before = node.drops()["vrrp_password"]
    with peer(started, OUR_PRIORITY + 50, "theirs"):
        wait_for(lambda: node.drops()["vrrp_password"] > before, "its adverts are dropped")
        assert node.state(BLUE.name) == "MASTER"


def test_preempts_it(started: Lab) -> None:
    node = started.nodes[OURS]
    with_password(started, "")
    node.stop_vipd()
    with peer(started, OUR_PRIORITY - 50, "") as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived is alone and owns the VIP")
        node.start_vipd()
        node.wait_state(BLUE.name, "MASTER")
        wait_for(lambda: not theirs.owns(BLUE), "keepalived gives up to the higher priority")
        assert started.who_answers(BLUE.vip4)[BLUE.vip4].nodes == {OURS}


def test_takes_over_from_a_dead_one(started: Lab) -> None:
    """Cut off, it cannot say goodbye: the timer has to do it."""
    node = started.nodes[OURS]
    with_password(started, "")
    with peer(started, OUR_PRIORITY + 50, "") as theirs:
        wait_for(lambda: theirs.owns(BLUE), "keepalived takes over")
        node.wait_state(BLUE.name, "BACKUP")
        started.network.link(THEIRS, up=False)
        node.wait_state(BLUE.name, "MASTER")
        started.network.link(THEIRS, up=True)
