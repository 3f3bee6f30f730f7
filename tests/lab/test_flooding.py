# SPDX-License-Identifier: GPL-2.0-only
"""A switch that gives nodes frames that are not theirs: flooded ones, and their own reflected."""

import time

from lab import topology
from lab.cluster import Lab
from lab.system import wait_for

KEPT = 120
CUT_S = 2  # within which the switch floods what is for the node that is away


def other_mac(lab: Lab) -> int:
    return sum(node.drops()["vip_other_mac"] for node in lab.nodes.values())


def test_node_that_is_away_for_a_moment_keeps_its_connections(lab: Lab) -> None:
    """While its port is down, its peers see its frames; none of them may answer in its place."""
    before = other_mac(lab)
    with lab.flows(kept=KEPT, rate=0, timeout=20) as flows:
        for name in topology.NODES:
            lab.network.link(name, up=False)
            time.sleep(CUT_S)
            lab.network.link(name, up=True)
            lab.wait_settled()
            time.sleep(1)
    assert flows.report.broken == []
    assert set(flows.report.kept_on) == set(topology.NODES), "each node had some to lose"
    assert other_mac(lab) > before, "the switch flooded nothing, so nothing was tested"


def test_reflected_frames_do_not_circulate(lab: Lab) -> None:
    """A port that sends a node its own frames back, and a switch that has forgotten a MAC."""
    switch = lab.network["switch"]
    switch.run("bridge", "link", "set", "dev", "n1", "hairpin", "on")
    try:
        before = other_mac(lab)
        with lab.flows(kept=0, rate=100) as flows:
            for _ in range(4):
                switch.ip("link set n2 type bridge_slave fdb_flush")
                time.sleep(0.2)
        assert flows.report.failures == []
        after = other_mac(lab)
        assert after > before, "nothing was reflected, so nothing was tested"
        # What circulates comes by ten thousand times a second, and never ends by itself.
        time.sleep(0.5)
        wait_for(lambda: _is_quiet(lab), "no frame goes round any more", 2)
    finally:
        switch.run("bridge", "link", "set", "dev", "n1", "hairpin", "off")


def _is_quiet(lab: Lab) -> bool:
    before = other_mac(lab)
    time.sleep(0.2)
    return other_mac(lab) - before < 50
