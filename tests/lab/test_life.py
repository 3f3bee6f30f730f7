# SPDX-License-Identifier: GPL-2.0-only
"""vipd's main loop and its VRRP thread each notice when the other one hangs."""

import time

from lab import topology
from lab.cluster import Lab
from lab.freeze import frozen, thread_named
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
NOTICED_WITHIN_S = 8  # five seconds of patience, and a look each second


def test_a_main_loop_that_hangs_ends_ownership(lab: Lab) -> None:
    """Nobody sees link and health any more, so the VIPs go to who does; and come back."""
    node, heir = lab.nodes[FIRST], lab.nodes[SECOND]
    assert node.vipd
    probe = lab.owner_probe(*BLUE.vips)
    with frozen(thread_named(node.vipd.pid, "vipd")):
        time.sleep(3)
        assert heir.state(BLUE.name) == "BACKUP", "too soon: a loop may be busy"
        heir.wait_state(BLUE.name, "MASTER", NOTICED_WITHIN_S - 3)
    lab.wait_settled()
    node.wait_log("the main loop gives no sign of life")
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
        assert [name for _, name in owners.changes] == [FIRST, SECOND, FIRST]


def test_a_vrrp_thread_that_hangs_ends_vipd(lab: Lab) -> None:
    """It exits with an error, for whoever started it to start it again."""
    node = lab.nodes[FIRST]
    process = node.vipd
    assert process
    since = len(node.log.read_text(errors="replace"))
    with frozen(thread_named(process.pid, "vrrp")):
        wait_for(lambda: process.poll() is not None or _has_died(process.pid), "vipd has ended",
                 NOTICED_WITHIN_S)
        node.wait_log("the VRRP thread is stuck", since)
    assert process.wait(5) != 0
    node.vipd = None
    lab.wait_owner(BLUE, SECOND)
    node.start_vipd()
    lab.wait_settled()


def _has_died(pid: int) -> bool:
    """The main thread has; a thread that a debugger holds is there until it lets go."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] in "ZX"
