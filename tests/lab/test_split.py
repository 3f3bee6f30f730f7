# SPDX-License-Identifier: GPL-2.0-only
"""What VRRP does without a quorum when the segment splits: an owner on each side."""

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
