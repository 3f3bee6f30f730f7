# SPDX-License-Identifier: GPL-2.0-only
"""A reload is not heard of by the other nodes, unless it takes an instance away."""

import time

import pytest
from lab import topology
from lab.cluster import Lab
from lab.contenders import Vipd
from lab.node import Node, Settings
from lab.stress import stressed_cores, unless_stalled
from lab.system import wait_for

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
RELOADS = 100
PATIENCE_MS = 15  # three adverts are due within 30 ms


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(advert_interval="10ms", check=False)


def reload(node: Node, text: str | None = None) -> None:
    if text is not None:
        node.write_config(text)
    reply = node.vipctl("reload")
    assert reply.returncode == 0, reply.stdout + reply.stderr


def transitions(lab: Lab) -> dict[tuple[str, str], int]:
    """How often each node has changed its state in each instance."""
    vipd = Vipd(lab)
    return {(name, instance.name): vipd.transitions(name, instance)
            for name in topology.NODES for instance in topology.INSTANCES}


def test_reloads_at_one_centisecond_under_load(lab: Lab) -> None:
    """Of all nodes in turn, with nothing changed: no node changes its state."""
    def attempt() -> None:
        lab.wait_settled()
        before = transitions(lab)
        with stressed_cores():
            for number in range(RELOADS):
                reload(lab.nodes[topology.NODES[number % len(topology.NODES)]])
        assert transitions(lab) == before

    unless_stalled(attempt, PATIENCE_MS)


def test_an_instance_that_goes_resigns(lab: Lab) -> None:
    """Its next owner need not wait for three intervals of silence."""
    node, heir = lab.nodes[FIRST], lab.nodes[SECOND]
    good = node.config.read_text()
    others = tuple(instance for instance in topology.INSTANCES if instance is not BLUE)
    settings = Settings(advert_interval="10ms", check=False, instances=others)
    for _ in range(3):
        since = len(heir.log.read_text(errors="replace"))
        reload(node, settings.configuration(FIRST))
        heir.wait_state(BLUE.name, "MASTER")
        heir.wait_log("blue: BACKUP to MASTER: the Active resigned", since)
        reload(node, good)
        lab.wait_settled()


def roll_out(lab: Lab, settings: Settings) -> None:
    before = transitions(lab)
    for name in topology.NODES:
        reload(lab.nodes[name], settings.configuration(name))
        time.sleep(0.5)
        assert transitions(lab) == before, (name, settings)


@pytest.mark.parametrize("vrrp", [{}, {"quorum": "majority"}], ids=["alone", "quorum"])
def test_another_interval_is_rolled_out_node_by_node(lab: Lab, vrrp: dict[str, str]) -> None:
    """From the shortest one to a hundred times as much, and back."""
    def settings(interval: str) -> Settings:
        return Settings(advert_interval=interval, check=False, vrrp=vrrp)

    def attempt() -> None:
        for name in topology.NODES:
            reload(lab.nodes[name], settings("10ms").configuration(name))
        lab.wait_settled()
        roll_out(lab, settings("1s"))
        before = transitions(lab)
        time.sleep(3.5)
        assert transitions(lab) == before
        roll_out(lab, settings("10ms"))

    unless_stalled(attempt, PATIENCE_MS)


def test_an_instance_that_is_renumbered_resigns(lab: Lab) -> None:
    node, heir = lab.nodes[FIRST], lab.nodes[SECOND]
    good = node.config.read_text()
    since = len(heir.log.read_text(errors="replace"))
    reload(node, good.replace(f"vrid: {BLUE.vrid}", "vrid: 99"))
    heir.wait_log("blue: BACKUP to MASTER: the Active resigned", since)
    reload(node, good)
    wait_for(lambda: lab.owner(BLUE) == FIRST, "it is as before")
    time.sleep(0.1)
    assert lab.owner(BLUE) == FIRST
