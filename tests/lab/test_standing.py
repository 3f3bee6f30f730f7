# SPDX-License-Identifier: GPL-2.0-only
"""A node whose nginx runs, but whose vipd does not, does not know a VIP yet, or is drained: new
connections go to those who are heard to serve them, and none fails."""

import time

import pytest
from lab import topology
from lab.cluster import Lab
from lab.system import wait_for

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST, SECOND, LAST = topology.NODES
RATE = 200  # new connections a second


def standing(lab: Lab, of: str, seen_by: str) -> str:
    return next(str(peer["standing"]) for peer in lab.nodes[seen_by].status()["peers"]
                if peer["name"] == of)


def wait_standing(lab: Lab, of: str, expected: str) -> None:
    for name in topology.NODES:
        if name != of and lab.nodes[name].vipd:
            wait_for(lambda name=name: standing(lab, of, name) == expected,
                     f"{name} hears that {of} is {expected}")


@pytest.mark.parametrize("name", [FIRST, LAST])
def test_vipd_stops_where_nginx_runs(lab: Lab, name: str) -> None:
    """And comes back: of the connections begun meanwhile none fails."""
    node = lab.nodes[name]
    with lab.flows(kept=0, rate=RATE) as flows:
        time.sleep(1)
        assert node.stop_vipd() == 0
        wait_standing(lab, name, "silent")
        time.sleep(2)
        node.start_vipd()
        wait_standing(lab, name, "serving")
        time.sleep(1)
    assert flows.report.opened > 3 * RATE
    assert not flows.report.failures, flows.report.failures[:5]
