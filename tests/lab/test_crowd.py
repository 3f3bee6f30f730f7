# SPDX-License-Identifier: GPL-2.0-only
"""Many nodes, of which a third is cut off in one moment, under traffic: whoever was not cut notices
nothing of it. VIPD_LAB_NODES says how many. Each node checks all others, so thirty nodes ask thousands
of questions a second, which two processors do not keep up with."""

import os
import time
from collections.abc import Iterator

import pytest
from lab.cluster import Lab
from lab.node import Settings
from lab.topology import Instance

COUNT = int(os.environ.get("VIPD_LAB_NODES", "9"))
NODES = tuple(f"n{number}" for number in range(1, COUNT + 1))
CUT = NODES[:COUNT // 3]
STAY = NODES[COUNT // 3:]

LOST = Instance("lost", 51, NODES)
STAYING = tuple(Instance(f"staying{number}", 52 + number, (*STAY[number:], *STAY[:number], *CUT))
                for number in range(3))
WAYS = {
    "no-quorum": Settings(nodes=NODES, instances=(LOST, *STAYING)),
    "quorum": Settings(nodes=NODES, instances=(LOST, *STAYING), vrrp={"quorum": "majority"}),
}
PROBED_EVERY_MS = 10


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS.keys())
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    yield request.param


def transitions(lab: Lab, name: str) -> dict[str, int]:
    return {entry["name"]: entry["transitions"] for entry in lab.nodes[name].status()["instances"]}


@pytest.mark.alone
def test_a_third_is_cut_at_once(cluster: Lab) -> None:
    lab = cluster
    for name in NODES:
        lab.wait_backend(name, "up", 60)
    before = {name: transitions(lab, name) for name in STAY}
    vips = [vip for instance in STAYING for vip in instance.vips]
    with lab.flows(kept=30, rate=100):
        probe = lab.owner_probe(*vips, every_ms=PROBED_EVERY_MS)
        time.sleep(0.5)
        lab.network.link(*CUT, up=False)
        lab.nodes[STAY[0]].wait_state(LOST.name, "MASTER")
        time.sleep(1)
        seen = probe.stop()
    for address, owners in seen.items():
        assert owners.overlaps == 0, (address, owners)
        assert len(owners.changes) == 1, (address, owners.changes)
        # A lease that ran out would be silent for an interval at least.
        assert owners.longest_silence_ms < 100, owners
    after = {name: transitions(lab, name) for name in STAY}
    for name in STAY:
        moved = {key for key, count in after[name].items() if count != before[name][key]}
        assert moved <= {LOST.name}, (name, moved)
    lab.network.link(*CUT, up=True)
    lab.wait_settled(60)
