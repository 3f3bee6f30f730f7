# SPDX-License-Identifier: GPL-2.0-only
"""What VIPs accept besides their services, and what a node accepts for those it does not own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import Namespace, wait_for

SERVICES_ONLY, ACTIVE_ONLY, EVERYTHING = topology.BLUE, topology.GREEN, topology.RED


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(instance_keys={SERVICES_ONLY.name: "accept: false",
                                   ACTIVE_ONLY.name: "accept_as_backup: false"})


def is_pinged(by: Namespace, vip: str, payload: int = 56) -> bool:
    return by.run("ping", "-c", "2", "-i", "0.1", "-W", "1", "-s", str(payload), vip,
                  check=False).returncode == 0


def served_by(client: Namespace, vip: str) -> str:
    """The node that answers an HTTP request; "" for none."""
    host = f"[{vip}]" if ":" in vip else vip
    reply = client.run("curl", "--silent", "--globoff", "--max-time", "1", f"http://{host}/",
                       check=False)
    return reply.stdout[:2]


@pytest.mark.parametrize("family", ["vip4", "vip6"])
def test_ping(lab: Lab, family: str) -> None:
    """Where services alone are accepted it is not answered, but HTTP is."""
    client = lab.network["client"]
    owner = lab.nodes[SERVICES_ONLY.owner]
    before = owner.drops()["vip_not_accepted"]
    assert not is_pinged(client, getattr(SERVICES_ONLY, family))
    assert owner.drops()["vip_not_accepted"] == before + 2
    assert is_pinged(client, getattr(ACTIVE_ONLY, family))
    assert is_pinged(client, getattr(EVERYTHING, family))
    for instance in topology.INSTANCES:
        nodes = {served_by(client, getattr(instance, family)) for _ in range(20)}
        assert nodes <= set(topology.NODES) and len(nodes) > 1, nodes


def test_large_ping(lab: Lab) -> None:
    """Comes in fragments."""
    client = lab.network["client"]
    assert not is_pinged(client, SERVICES_ONLY.vip4, payload=3000)
    assert is_pinged(client, EVERYTHING.vip4, payload=3000)


def test_status(lab: Lab) -> None:
    for node in lab.nodes.values():
        said = [(node.instance(instance.name)["accept"],
                 node.instance(instance.name)["accept_as_backup"])
                for instance in (SERVICES_ONLY, ACTIVE_ONLY, EVERYTHING)]
        assert said == [(False, True), (True, False), (True, True)]


def test_reload(lab: Lab, settings: Settings) -> None:
    """From one packet to the next, and no owner changes."""
    client = lab.network["client"]
    owner = lab.nodes[SERVICES_ONLY.owner]
    transitions = owner.instance(SERVICES_ONLY.name)["transitions"]
    open_to_all = replace(settings, instance_keys={})
    for wanted, answers in ((open_to_all, True), (settings, False)):
        owner.write_config(wanted.configuration(owner.name))
        assert owner.vipctl("reload").returncode == 0
        assert is_pinged(client, SERVICES_ONLY.vip4) == answers
        assert is_pinged(client, SERVICES_ONLY.vip6) == answers
    assert owner.instance(SERVICES_ONLY.name)["transitions"] == transitions


@contextmanager
def stale_neighbour(host: Namespace, vip: str, node: str) -> Iterator[None]:
    """The host holds that node for the VIP's owner, whatever it is told."""
    host.ip(f"neigh replace {vip} lladdr {topology.mac(node)} dev eth0 nud permanent")
    try:
        yield
    finally:
        host.ip(f"neigh del {vip} dev eth0")


@pytest.mark.parametrize("family", ["vip4", "vip6"])
def test_backup(lab: Lab, family: str) -> None:
    """It serves who still comes to it, unless it is told not to."""
    rogue = lab.network["rogue"]
    for instance, serves in ((SERVICES_ONLY, True), (ACTIVE_ONLY, False), (EVERYTHING, True)):
        vip, backup = getattr(instance, family), lab.nodes[instance.order[1]]
        before = backup.drops()["vip_not_owner"]
        with stale_neighbour(rogue, vip, backup.name):
            assert (served_by(rogue, vip) in topology.NODES) == serves, instance.name
        assert (backup.drops()["vip_not_owner"] > before) != serves
        assert served_by(rogue, vip) in topology.NODES, "by way of the owner"


def test_owner_after_failover(lab: Lab) -> None:
    """The one that was a backup is served through as soon as it owns, and the other is not."""
    rogue = lab.network["rogue"]
    old, new = ACTIVE_ONLY.order[:2]
    assert lab.nodes[old].vipctl("failover", ACTIVE_ONLY.name).returncode == 0
    lab.wait_owner(ACTIVE_ONLY, new)
    try:
        wait_for(lambda: served_by(rogue, ACTIVE_ONLY.vip4) in topology.NODES, "it is served")
        with stale_neighbour(rogue, ACTIVE_ONLY.vip4, old):
            assert not served_by(rogue, ACTIVE_ONLY.vip4)
    finally:
        assert lab.nodes[new].vipctl("failover", ACTIVE_ONLY.name).returncode == 0
        lab.wait_owner(ACTIVE_ONLY, old)
