# SPDX-License-Identifier: GPL-2.0-only
"""Trackers move VIPs by their weights, or by a fault, and the instances of a sync group together."""

import os
import re
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import wait_for
from lab.topology import BLUE, GREEN, RED, Instance

# In a sync group with blue: it has the same order.
TEAL = Instance("teal", 54, BLUE.order)
UPLINK = "uplink"


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """Tracked files and scripts, of each node its own; scripts run as somebody else."""
    path = Path(tempfile.mkdtemp(prefix="vipd-trackers-"))
    os.chmod(path, 0o755)
    for name in topology.NODES:
        script = path / f"{name}.check"
        script.write_text(f"#!/bin/sh\ntest ! -e {path}/{name}.broken\n")
        script.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def settings(directory: Path) -> Settings:
    return Settings(
        check=False,
        instances=(BLUE, TEAL, GREEN, RED),
        instance_keys={
            TEAL.name: "track: [stop]",
            GREEN.name: f"track: [{{tracker: {UPLINK}, weight: -60}}, "
                        "{tracker: penalty, weight: -1}]",
            RED.name: "{}\n    {}".format("track: [script]", "startup: active"),
        },
        more=("trackers:\n"
              f"  - {{name: {UPLINK}, interface: {UPLINK}}}\n"
              f"  - {{name: penalty, file: {directory}/NODE.penalty}}\n"
              f"  - {{name: stop, file: {directory}/NODE.stop}}\n"
              f"  - {{name: group, file: {directory}/NODE.group}}\n"
              f"  - {{name: script, script: {directory}/NODE.check, interval: 200ms, "
              "fall: 2, rise: 1}\n"
              "sync_groups:\n"
              f"  - name: all\n    instances: [{BLUE.name}, {TEAL.name}]\n"
              "    track: [{tracker: group, weight: -1}]\n"))


@pytest.fixture(scope="module")
def lab_without_vipd(lab_without_vipd: Lab) -> Lab:
    for name in topology.NODES:
        lab_without_vipd.network[name].ip(
            f"link add {UPLINK} type veth peer name {UPLINK}-peer",
            f"link set {UPLINK} up", f"link set {UPLINK}-peer up")
    return lab_without_vipd


@pytest.fixture(autouse=True)
def all_well(cluster: Lab, directory: Path) -> None:
    for kind in ("penalty", "stop", "group", "broken"):
        for path in directory.glob(f"*.{kind}"):
            path.unlink()
    for name in topology.NODES:
        cluster.network[name].ip(f"link set {UPLINK} up")


@contextmanager
def one_owner_at_a_time(lab: Lab, *instances: Instance) -> Iterator[None]:
    probe = lab.owner_probe(*(vip for instance in instances for vip in instance.vips))
    try:
        yield
    finally:
        seen = probe.stop()
    for address, owners in seen.items():
        assert owners.overlaps == 0, f"two nodes answered for {address}: {owners}"


def effective_priority(node: Node, instance: Instance) -> int:
    return int(node.instance(instance.name)["effective_priority"])


def test_interface_with_a_weight_moves_the_vips(lab: Lab) -> None:
    first, second = (lab.nodes[name] for name in GREEN.order[:2])
    since = first.log.stat().st_size
    with one_owner_at_a_time(lab, GREEN):
        first.namespace.ip(f"link set {UPLINK} down")
        lab.wait_owner(GREEN, second.name)
        assert first.state(GREEN.name) == "BACKUP"
        assert effective_priority(first, GREEN) == 90
        assert first.instance(GREEN.name)["priority"] == 150
        status = first.vipctl("status")
        assert status.returncode == 0, "a weight is no illness"
        assert f"pulled down by {UPLINK} -60" in status.stdout
        assert re.search(rf"^{UPLINK} +down +missing, down or without", status.stdout, re.M)
        first.namespace.ip(f"link set {UPLINK} up")
        lab.wait_owner(GREEN, first.name)
    said = first.log.read_text()[since:]
    assert said.count(f"tracker {UPLINK} is down") == 1, said
    assert said.count(f"tracker {UPLINK} is up") == 1, said
    assert effective_priority(first, GREEN) == 150
    assert first.state(BLUE.name) == "BACKUP", "it does not track the interface"


def test_number_in_a_file_moves_the_vips(lab: Lab, directory: Path) -> None:
    first, second = (lab.nodes[name] for name in GREEN.order[:2])
    penalty = directory / f"{first.name}.penalty"
    with one_owner_at_a_time(lab, GREEN):
        penalty.write_text("10\n")
        wait_for(lambda: effective_priority(first, GREEN) == 140, "the number counts")
        assert first.state(GREEN.name) == "MASTER"
        penalty.write_text("51\n")
        lab.wait_owner(GREEN, second.name)
        penalty.unlink()
        lab.wait_owner(GREEN, first.name)


def test_script_without_a_weight_is_a_fault(lab: Lab, directory: Path) -> None:
    first, second = (lab.nodes[name] for name in RED.order[:2])
    broken = directory / f"{first.name}.broken"
    with one_owner_at_a_time(lab, RED):
        broken.touch()
        first.wait_state(RED.name, "FAULT")
        lab.wait_owner(RED, second.name)
        status = first.vipctl("status")
        assert status.returncode == 1
        assert "a tracker has failed: script" in status.stdout
        broken.unlink()
        lab.wait_owner(RED, first.name)


def group_owner(lab: Lab, node: str) -> None:
    for instance in (BLUE, TEAL):
        lab.wait_owner(instance, node)


def test_group_goes_with_the_member_that_fails(lab: Lab, directory: Path) -> None:
    """Only teal has failed, but blue is in the same group."""
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    stop = directory / f"{first.name}.stop"
    with one_owner_at_a_time(lab, BLUE, TEAL):
        stop.write_text("1\n")
        group_owner(lab, second.name)
        assert first.instance(TEAL.name)["fault"] == "a tracker has failed"
        assert first.state(BLUE.name) == "FAULT"
        assert "sync group" in first.instance(BLUE.name)["fault"]
        assert first.state(RED.name) == "BACKUP"
        stop.unlink()
        group_owner(lab, first.name)


def test_group_moves_by_its_weight(lab: Lab, directory: Path) -> None:
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    with one_owner_at_a_time(lab, BLUE, TEAL):
        (directory / f"{first.name}.group").write_text("60\n")
        group_owner(lab, second.name)
        assert effective_priority(first, BLUE) == effective_priority(first, TEAL) == 90
        (directory / f"{first.name}.group").unlink()
        group_owner(lab, first.name)


def test_group_is_handed_over_as_one(lab: Lab) -> None:
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    with one_owner_at_a_time(lab, BLUE, TEAL):
        assert first.vipctl("failover", TEAL.name).returncode == 0
        group_owner(lab, second.name)
        assert second.vipctl("failover", BLUE.name).returncode == 0
        group_owner(lab, first.name)


def test_group_of_a_dead_node_is_taken_over(lab: Lab) -> None:
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    with one_owner_at_a_time(lab, BLUE, TEAL):
        first.kill_vipd()
        for instance in (BLUE, TEAL):
            second.wait_state(instance.name, "MASTER")
    first.start_vipd()


@contextmanager
def other_config(node: Node, text: str) -> Iterator[None]:
    before = node.config.read_text()
    try:
        node.write_config(text)
        assert node.vipctl("reload").returncode == 0
        yield
    finally:
        node.write_config(before)
        assert node.vipctl("reload").returncode == 0


def without_group(text: str) -> str:
    return re.sub(r"sync_groups:\n(  .*\n)+", "", text)


def with_priorities(text: str, instance: Instance, priorities: str) -> str:
    return re.sub(rf"(- name: {instance.name}\n.*\n    priority: )\{{.*\}}",
                  rf"\1{{{priorities}}}", text)


def test_group_follows_a_member_that_lost(lab: Lab) -> None:
    """Another node wants teal alone, and has more priority there."""
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    since = first.log.stat().st_size
    text = without_group(second.config.read_text())
    with one_owner_at_a_time(lab, BLUE, TEAL):
        with other_config(second, with_priorities(text, TEAL, "n1: 150, n2: 160, n3: 50")):
            first.wait_log(f"{BLUE.name}: MASTER to BACKUP: another instance of its sync group",
                           since)
            assert second.state(TEAL.name) == "MASTER"
        group_owner(lab, first.name)


def test_group_follows_a_member_that_won(lab: Lab) -> None:
    """The owner gives blue up, and would keep teal for a while."""
    first, second = (lab.nodes[name] for name in BLUE.order[:2])
    since = second.log.stat().st_size
    text = with_priorities(without_group(first.config.read_text()), TEAL,
                           "n1: 60, n2: 100, n3: 50")
    with one_owner_at_a_time(lab, BLUE, TEAL):
        with other_config(first, re.sub(rf"  - name: {BLUE.name}\n(    .*\n)+", "", text)):
            second.wait_log(f"{TEAL.name}: BACKUP to MASTER: another instance of its sync group",
                            since)
        group_owner(lab, first.name)


def test_start_as_active(lab: Lab) -> None:
    """It does not wait for three intervals, and the owner before it has given way."""
    first, second = (lab.nodes[name] for name in RED.order[:2])
    first.stop_vipd()
    second.wait_state(RED.name, "MASTER")
    since = first.log.stat().st_size
    with one_owner_at_a_time(lab, RED):
        first.start_vipd()
        lab.wait_owner(RED, first.name)
    assert f"{RED.name}: FAULT to MASTER: startup" in first.log.read_text()[since:]


def test_reload_changes_a_priority_and_keeps_the_election(lab: Lab) -> None:
    first = lab.nodes[GREEN.owner]
    before = first.instance(GREEN.name)
    text = first.config.read_text()
    with one_owner_at_a_time(lab, GREEN):
        first.write_config(text.replace("{n2: 150, n3: 100, n1: 50}",
                                        "{n2: 140, n3: 100, n1: 50}"))
        assert first.vipctl("reload").returncode == 0
        after = first.instance(GREEN.name)
        assert (after["priority"], after["effective_priority"]) == (140, 140)
        assert (after["state"], after["transitions"]) == ("MASTER", before["transitions"])
    first.write_config(text)
    assert first.vipctl("reload").returncode == 0


def tracker_states(node: Node) -> list[tuple[str, str]]:
    return [(tracker["name"], tracker["state"]) for tracker in node.status()["trackers"]]


def test_reload_without_descriptors_changes_nothing(lab: Lab) -> None:
    """Half of the new trackers can be made, and then there is nothing to make the others of."""
    first, second = (lab.nodes[name] for name in GREEN.order[:2])
    assert first.vipd
    text = first.config.read_text()
    before = tracker_states(first)
    pid = str(first.vipd.pid)
    limit = resource.prlimit(first.vipd.pid, resource.RLIMIT_NOFILE)
    more = "".join(f"  - {{name: x{i}, interface: x{i}}}\n" for i in range(16))
    first.write_config(text.replace("trackers:\n", "trackers:\n" + more))
    open_files = len(os.listdir(f"/proc/{pid}/fd"))
    with one_owner_at_a_time(lab, GREEN):
        resource.prlimit(first.vipd.pid, resource.RLIMIT_NOFILE, (open_files + 6, limit[1]))
        try:
            reply = first.vipctl("reload")
        finally:
            resource.prlimit(first.vipd.pid, resource.RLIMIT_NOFILE, limit)
        assert reply.returncode != 0
        assert "cannot prepare tracker x" in first.log.read_text(errors="replace")
        assert tracker_states(first) == before
        first.namespace.ip(f"link set {UPLINK} down")
        lab.wait_owner(GREEN, second.name)
        first.namespace.ip(f"link set {UPLINK} up")
        lab.wait_owner(GREEN, first.name)
    assert len(os.listdir(f"/proc/{pid}/fd")) <= open_files
    assert first.vipctl("reload").returncode == 0
    assert len(tracker_states(first)) == len(before) + 16
    first.write_config(text)
    assert first.vipctl("reload").returncode == 0
    assert tracker_states(first) == before
