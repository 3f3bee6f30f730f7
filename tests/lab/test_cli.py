# SPDX-License-Identifier: GPL-2.0-only
"""vipctl: the shape of its JSON, its exit codes, and that people can read the rest."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.system import BUILD, wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]

HEALTHY, DEGRADED, UNREACHABLE = 0, 1, 2

# The contract, by example: fields may be added, never renamed, and keep their type.
STATUS = {
    "node": "n1", "version": "0.1.0", "healthy": True,
    "instances": [{
        "name": "blue", "vrid": 51, "state": "MASTER", "priority": 150, "effective_priority": 150,
        "master": "10.77.0.11", "lease_remaining_ms": 287, "transitions": 3,
        "last_transition": "2026-01-01T00:00:00Z",
        "vips": [{"address": "10.77.0.101", "owned": True}]}],
    "services": [{
        "name": "web", "settling": False,
        "backends": [{"node": "n1", "local": True, "state": "up", "share": 0.334, "packets": 0,
                      "bytes": 0}]}],
    "xdp": {"interface": "eth0", "mode": "native", "program_id": 1},
}


def assert_shape(value: Any, example: Any, path: str = "status") -> None:
    if isinstance(example, dict):
        assert isinstance(value, dict), path
        for key, inner in example.items():
            assert key in value, f"{path}.{key} is missing"
            assert_shape(value[key], inner, f"{path}.{key}")
    elif isinstance(example, list):
        assert isinstance(value, list) and value, path
        for index, element in enumerate(value):
            assert_shape(element, example[0], f"{path}[{index}]")
    elif isinstance(example, float):
        assert isinstance(value, (int, float)) and not isinstance(value, bool), path
    else:
        assert type(value) is type(example), f"{path} is {value!r}"


@pytest.mark.parametrize("name", topology.NODES)
def test_status_shape(lab: Lab, name: str) -> None:
    assert_shape(lab.nodes[name].status(), STATUS)


def test_status_says_what_is(lab: Lab) -> None:
    status = lab.nodes[FIRST].status()
    assert status["node"] == FIRST
    assert status["healthy"] is True
    assert [instance["name"] for instance in status["instances"]] == ["blue", "green", "red"]
    blue = status["instances"][0]
    assert blue["vrid"] == BLUE.vrid
    assert blue["state"] == "MASTER"
    assert blue["priority"] == blue["effective_priority"] == 150
    assert blue["master"] == topology.address4(FIRST)
    assert 0 < blue["lease_remaining_ms"] <= 300
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", blue["last_transition"])
    assert blue["vips"] == [{"address": vip, "owned": True} for vip in BLUE.vips]
    green = status["instances"][1]
    assert green["state"] == "BACKUP"
    assert green["master"] == topology.address4(topology.GREEN.owner)
    assert green["lease_remaining_ms"] == 0
    assert not any(vip["owned"] for vip in green["vips"])
    backends = {backend["node"]: backend for backend in status["services"][0]["backends"]}
    assert backends[FIRST]["local"] is True
    assert backends[FIRST]["state"] == "up"


def test_exit_codes(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    assert node.vipctl("status").returncode == HEALTHY
    assert node.vipctl("--json", "status").returncode == HEALTHY
    node.stop_nginx()
    wait_for(lambda: node.vipctl("status").returncode == DEGRADED, "a backend is down")
    assert node.vipctl("--json", "status").returncode == DEGRADED
    node.stop_vipd()
    gone = node.vipctl("status")
    assert gone.returncode == UNREACHABLE
    assert gone.stderr and not gone.stdout


def test_people_can_read_the_status(lab: Lab) -> None:
    shown = lab.nodes[FIRST].vipctl("status").stdout
    for word in ("n1", "blue", "green", "red", "MASTER", "BACKUP", *BLUE.vips, "web", "eth0"):
        assert word in shown
    assert "\033" not in shown, "colour is for terminals"


def test_drops(lab: Lab) -> None:
    """Questions for a VIP of another node's are what a backup drops all day."""
    node = lab.nodes[SECOND]
    before = node.drops()
    lab.who_answers(*BLUE.vips, duration=0.2)
    after = node.drops()
    for reason in ("arp_not_owner", "ns_not_owner"):
        assert after[reason] - before[reason] >= 150
    assert "arp_not_owner" in node.vipctl("drops").stdout \
        or "ARP request for a VIP" in node.vipctl("drops").stdout


class Events:
    """`vipctl --json events`, in the background."""

    def __init__(self, node: Node, output: Path) -> None:
        self._output = output
        with open(output, "w", encoding="utf-8") as file:
            self._process = subprocess.Popen(node.vipctl_command("--json", "events"), stdout=file,
                                             stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)

    def stop(self) -> list[dict[str, Any]]:
        self._process.terminate()
        self._process.wait(5)
        return [json.loads(line) for line in self._output.read_text().splitlines()]


def test_events(lab: Lab, tmp_path: Path) -> None:
    """One JSON object a line: what happened lately, and then what happens."""
    node = lab.nodes[SECOND]
    events = Events(node, tmp_path / "events")
    lab.network.link(FIRST, up=False)
    node.wait_state(BLUE.name, "MASTER")
    lab.network["rogue"].run("/usr/bin/python3", "-B", Path(__file__).with_name("frames.py"),
                             "advert", f"to={node.address4}", f"to_mac={node.mac}",
                             f"vrid={BLUE.vrid}", f"vip={BLUE.vip4}", "count=1")
    time.sleep(0.2)
    seen = events.stop()
    for event in seen:
        assert re.match(r"\d{4}-\d\d-\d\dT", event["time"])
        assert event["type"] and event["text"]
    changes = [(event["from"], event["to"]) for event in seen
               if event["type"] == "transition" and event["instance"] == BLUE.name]
    assert changes[-1] == ("BACKUP", "MASTER")
    forged = [event for event in seen if event["type"] == "spoofing"]
    assert forged[-1]["reason"] == "vrrp_unknown_source"
    assert forged[-1]["source"] == topology.address4("rogue")
    assert forged[-1]["mac"] == topology.mac("rogue")


def test_check(lab: Lab, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    text = lab.settings.configuration(FIRST)
    good.write_text(text)
    bad.write_text(text.replace("vrid: 51", "vrid: 0"))

    def check(path: Path) -> subprocess.CompletedProcess[str]:
        return lab.nodes[FIRST].vipctl("check", str(path))

    assert check(good).returncode == 0
    refused = check(bad)
    assert refused.returncode == 1
    line = text.splitlines().index("    vrid: 51") + 1
    assert f"{bad}:{line}:" in refused.stdout + refused.stderr
    assert check(tmp_path / "none.yaml").returncode != 0


def test_vipd_check_is_the_same(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    for wrong in (False, True):
        path = node.directory / "check.yaml"
        text = lab.settings.configuration(FIRST)
        path.write_text(text.replace("vrid: 51", "vrid: 0") if wrong else text)
        reply = subprocess.run([str(BUILD / "vipd"), "--config", str(path), "--check"],
                               capture_output=True, text=True, timeout=10, check=False)
        assert (reply.returncode != 0) == wrong, reply.stderr


def test_failover(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    assert node.vipctl("failover", BLUE.name).returncode == 0
    lab.wait_owner(BLUE, SECOND)
    refused = node.vipctl("failover", BLUE.name)
    assert refused.returncode != 0, "it is not ours to give any more"
    assert refused.stderr
    assert node.vipctl("failover", "mauve").returncode != 0
    assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0
    lab.wait_owner(BLUE, FIRST)


def test_wrong_usage(lab: Lab) -> None:
    for argv in (["frobnicate"], ["status", "--frobnicate"], ["status", "--all"], ["failover"],
                 ["check"]):
        reply = lab.nodes[FIRST].vipctl(*argv)
        assert reply.returncode != 0, argv
        assert reply.stderr, argv
