# SPDX-License-Identifier: GPL-2.0-only
"""What VRRP does without a quorum when the segment splits, and how a cluster gets one."""

from dataclasses import replace

from lab import topology
from lab.cluster import Lab

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order


def test_each_side_has_an_owner(lab: Lab) -> None:
    lab.network.arrange((FIRST,), (SECOND, THIRD))
    lab.wait_settled()
    try:
        lab.network.split(True)
        lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
        owners = lab.who_answers(*BLUE.vips)
    finally:
        lab.network.split(False)
    assert lab.nodes[FIRST].status()["quorum"] is None
    for vip in BLUE.vips:
        assert owners[vip].nodes == {FIRST, SECOND}
        assert owners[vip].overlaps > 0
    lab.wait_owner(BLUE, FIRST)


def test_quorum_turned_on_and_off_by_reloads(lab: Lab) -> None:
    """Node by node. Between the first two, only those own that do not ask for a majority."""
    probe = lab.owner_probe(*BLUE.vips)
    asking = replace(lab.settings, vrrp={"quorum": "{policy: majority, vrid: 250}"})
    for settings in (asking, lab.settings):
        for name in topology.NODES:
            lab.nodes[name].write_config(settings.configuration(name))
            assert lab.nodes[name].vipctl("reload").returncode == 0
        lab.wait_settled()
        asked_for = settings is asking
        for name in topology.NODES:
            assert bool(lab.nodes[name].status()["quorum"]) == asked_for
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
