# SPDX-License-Identifier: GPL-2.0-only
"""Forged advertisements change nothing, and are counted by reason."""

from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
COUNT = 20

FORGERIES = [
    pytest.param({}, "vrrp_unknown_source", id="stranger"),
    pytest.param({"source": topology.address4(SECOND)}, "vrrp_wrong_mac", id="peer's-address"),
    pytest.param({"source": topology.address4(SECOND), "mac": topology.mac(SECOND), "ttl": "254"},
                 "vrrp_ttl", id="from-afar"),
    pytest.param({"source": topology.address4(SECOND), "mac": topology.mac(SECOND), "vrid": "99"},
                 "vrrp_unknown_vrid", id="unknown-router"),
    pytest.param({"source": topology.address4(SECOND), "mac": topology.mac(SECOND),
                  "checksum": "wrong"}, "vrrp_checksum", id="wrong-checksum"),
    pytest.param({"source": topology.address4(FIRST)}, "vrrp_own_address", id="own-address"),
]


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(pin_macs=True)


def forge(lab: Lab, node: Node, **wishes: str) -> None:
    """Adverts of the highest priority and the longest interval to a node, from the rogue."""
    advert = {"to": node.address4, "to_mac": node.mac, "vrid": str(BLUE.vrid), "vip": BLUE.vip4,
              "priority": "255", "interval": "4095", "count": str(COUNT), **wishes}
    lab.network["rogue"].run("/usr/bin/python3", "-B", Path(__file__).with_name("frames.py"),
                             "advert", *(f"{key}={value}" for key, value in advert.items()))


@pytest.mark.parametrize(("wishes", "reason"), FORGERIES)
def test_forged_priority_255(lab: Lab, wishes: dict[str, str], reason: str) -> None:
    """keepalived would give its VIPs up for such a packet, for three of the intervals it claims.
    An operator hears of it: the log names the sender, once in a while.
    """
    node = lab.nodes[FIRST]
    dropped = node.drops()[reason]
    before = node.instance(BLUE.name)
    probe = lab.owner_probe(*BLUE.vips)
    forge(lab, node, **wishes)
    assert node.drops()[reason] == dropped + COUNT
    after = node.instance(BLUE.name)
    assert (after["state"], after["transitions"]) == ("MASTER", before["transitions"])
    for owners in probe.stop().values():
        assert owners.nodes == {FIRST}
        assert owners.silent <= 2
    sender = wishes.get("source", topology.address4("rogue"))
    node.wait_log(f"from {sender} ({wishes.get('mac', topology.mac('rogue'))})")


def test_forgery_for_a_backup(lab: Lab) -> None:
    """Nor does it keep a backup from taking over."""
    node = lab.nodes[SECOND]
    lab.network.link(FIRST, up=False)
    forge(lab, node)
    node.wait_state(BLUE.name, "MASTER")
