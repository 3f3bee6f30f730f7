# SPDX-License-Identifier: GPL-2.0-only
"""What operators do every day takes nothing from clients: reload, restart, upgrade, stop."""

import time

import pytest
from lab import topology
from lab.cluster import Lab

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST = BLUE.owner
SLOW_CHECK_S = 2


def transitions(lab: Lab) -> dict[str, int]:
    """Of blue, by node."""
    return {name: int(lab.nodes[name].instance(BLUE.name)["transitions"])
            for name in topology.NODES}


def test_reload_that_renames_a_service(lab: Lab) -> None:
    """Its check is slow, and nobody is without an owner until it has said something."""
    node = lab.nodes[FIRST]
    before = transitions(lab)
    script = node.directory / "slow"
    script.write_text(f"#!/bin/sh\nsleep {SLOW_CHECK_S}\n")
    script.chmod(0o755)
    slow = lab.settings.configuration(FIRST).replace("name: web", "name: shop").replace(
        'http: "/healthz", port: 80, interval: 200ms, timeout: 200ms',
        f"script: {script}, interval: 10s, timeout: 9s")
    node.write_config(slow)
    probe, owners = lab.client_probe(*BLUE.vips), lab.owner_probe(*BLUE.vips)
    reply = node.vipctl("reload")
    time.sleep(SLOW_CHECK_S / 2)
    assert node.state(BLUE.name) == "MASTER"
    assert node.service()["name"] == "shop"
    assert node.backend(FIRST)["check"]["detail"] == "no result yet"
    time.sleep(SLOW_CHECK_S)
    seen, answered = probe.stop(), owners.stop()
    node.write_config(lab.settings.configuration(FIRST))
    assert node.vipctl("reload").returncode == 0
    assert reply.returncode == 0, reply.stdout + reply.stderr
    assert transitions(lab) == before
    assert all(gap.lost == 0 for gap in seen.values()), seen
    assert all(owner.nodes == {FIRST} and owner.silent <= 2 for owner in answered.values())
