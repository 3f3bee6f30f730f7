# SPDX-License-Identifier: GPL-2.0-only
"""The host under vipd: its own traffic is untouched, and what vipd made goes when vipd goes."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import run, start, wait_for

BLUE = topology.BLUE
FIRST = BLUE.owner


def xdp_program(node: Node) -> int:
    """The id of the program on the NIC; 0: none."""
    link = json.loads(node.namespace.run("ip", "-json", "-details", "link", "show", "eth0").stdout)
    return int(link[0].get("xdp", {}).get("prog", {}).get("id", 0))


def pinned_maps(node: Node) -> dict[str, int]:
    """The ids of the pinned maps, by name."""
    ids = {}
    for pin in node.pin_directory.rglob("vipd_*"):
        reply = subprocess.run(["bpftool", "-j", "map", "show", "pinned", str(pin)],
                               capture_output=True, text=True, check=False)
        if reply.returncode == 0 and reply.stdout.strip():
            ids[pin.name] = int(json.loads(reply.stdout)["id"])
    return ids


def host_state(node: Node) -> dict[str, Any]:
    """All of the host that vipd may change, in a form that compares."""
    def inside(*command: str) -> str:
        return node.namespace.run(*command).stdout

    addresses = re.sub(r"\b(valid_lft|preferred_lft) \S+", "", inside("ip", "address", "show"))
    sysctls = inside("sysctl", "--all", "--pattern", r"^net\.ipv[46]\.(conf|ip)")
    return {
        "addresses": re.sub(r"qlen \d+", "", addresses),
        "multicast": inside("ip", "maddress", "show", "dev", "eth0"),
        "rules": inside("ip", "rule") + inside("ip", "-6", "rule"),
        "routes": inside("ip", "route", "show", "table", "all")
        + re.sub(r"expires \S+", "", inside("ip", "-6", "route", "show", "table", "all")),
        "sysctls": [line for line in sysctls.splitlines() if "stable_secret" not in line],
        "offloads": inside("ethtool", "--show-features", "eth0"),
        "xdp": xdp_program(node),
        "pins": sorted(str(path) for path in node.pin_directory.parent.rglob("*")
                       if node.name in path.parts),
        "files": sorted(path.name for path in node.run_directory.rglob("*")),
    }


def test_clean_stop_leaves_nothing(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    assert node.stop_vipd() == 0
    without = host_state(node)
    assert without["xdp"] == 0
    assert without["pins"] == []
    assert without["files"] == []
    assert BLUE.vip4 not in without["addresses"] and BLUE.vip6 not in without["addresses"]

    node.start_vipd()
    running = host_state(node)
    for kind in ("addresses", "rules", "routes", "sysctls", "xdp", "pins", "files"):
        assert running[kind] != without[kind], f"vipd was to change the {kind}"
    assert node.stop_vipd() == 0
    assert host_state(node) == without


def test_stop_after_a_crash_leaves_nothing(lab: Lab) -> None:
    """What a killed vipd made is undone by the next one's clean stop."""
    node = lab.nodes[FIRST]
    node.stop_vipd()
    without = host_state(node)
    node.start_vipd()
    node.kill_vipd()
    node.start_vipd()
    assert node.stop_vipd() == 0
    assert host_state(node) == without


def test_what_was_there_before_stays(lab: Lab) -> None:
    """A VIP that the operator put on lo is not ours to remove."""
    node = lab.nodes[FIRST]
    node.stop_vipd()
    node.namespace.ip(f"addr add {BLUE.vip4}/32 dev lo")
    before = host_state(node)
    try:
        node.start_vipd()
        assert node.stop_vipd() == 0
        assert host_state(node) == before
    finally:
        node.namespace.ip(f"addr del {BLUE.vip4}/32 dev lo")


def test_restart_after_a_crash_adopts(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    program, maps = xdp_program(node), pinned_maps(node)
    assert program and {"vipd_instances", "vipd_vips", "vipd_peers", "vipd_drops"} <= set(maps)
    node.kill_vipd()
    assert xdp_program(node) == program, "the program stays on the NIC over a crash"
    time.sleep(0.5)
    node.start_vipd()
    assert pinned_maps(node) == maps
    assert xdp_program(node) != 0
    lab.wait_owner(BLUE, FIRST)
    assert lab.who_answers(*BLUE.vips)[BLUE.vip6].nodes == {FIRST}


def test_xdp_is_native(lab: Lab) -> None:
    for node in lab.nodes.values():
        xdp = node.status()["xdp"]
        assert xdp["interface"] == "eth0"
        assert xdp["mode"] == "native"
        assert xdp["program_id"] > 0


def test_maps_are_readable(lab: Lab) -> None:
    """bpftool shows the tables by name and by field."""
    node = lab.nodes[FIRST]
    pin = next(node.pin_directory.rglob("vipd_drops"))
    dump = node.namespace.run("bpftool", "map", "dump", "pinned", pin).stdout
    assert "vrrp_checksum" in dump


def test_memory_is_used_sparingly(lab: Lab) -> None:
    """Three nodes and a service. What is locked must be there, and no library that only checks need."""
    vipd = lab.nodes[FIRST].vipd
    assert vipd
    if "libasan" in Path(f"/proc/{vipd.pid}/maps").read_text(encoding="ascii"):
        pytest.skip("sanitizers have memory of their own")
    status = Path(f"/proc/{vipd.pid}/status").read_text(encoding="ascii")
    kilobytes = {key: int(size) for key, size in re.findall(r"(Vm\w+):\s+(\d+) kB", status)}
    assert 1024 < kilobytes["VmLck"] < 12 * 1024
    assert kilobytes["VmRSS"] < 24 * 1024


def test_own_traffic_is_untouched(lab: Lab) -> None:
    """Echo and neighbour discovery for the node's own addresses lose nothing."""
    node = lab.nodes[FIRST]
    probe = lab.client_probe(node.address4, node.address6)
    owners = lab.who_answers(node.address4, node.address6, duration=1)
    for gap in probe.stop().values():
        assert gap.lost <= 1, gap
    for answered in owners.values():
        assert answered.nodes == {FIRST}
        assert answered.silent <= 2


def test_no_vip_is_a_source(lab: Lab) -> None:
    """Of what the node sends itself, on a device that has no address."""
    namespace = lab.nodes[FIRST].namespace
    namespace.ip("link add tunnel type veth peer name far", "link set far up",
                 "link set tunnel up", "route add 10.9.0.0/24 dev tunnel",
                 "route add fd09::/64 dev tunnel")
    try:
        assert f"src {lab.nodes[FIRST].address4} " in namespace.run(
            "ip", "route", "get", "10.9.0.5").stdout
        assert f"src {lab.nodes[FIRST].address6} " in namespace.run(
            "ip", "route", "get", "fd09::5").stdout
    finally:
        namespace.ip("link del tunnel")


def test_connection_to_the_node_survives(lab: Lab) -> None:
    """A connection such as SSH's, to the node's own address, over stop, start, crash and restart."""
    node = lab.nodes[FIRST]
    server = node.namespace.start("/usr/bin/python3", "-B", Path(__file__).with_name("echo.py"),
                                  "serve", output=subprocess.DEVNULL)
    client = lab.network["rogue"].start("/usr/bin/python3", "-B",
                                        Path(__file__).with_name("echo.py"), "talk",
                                        node.address4, output=subprocess.PIPE)
    try:
        time.sleep(0.5)
        node.stop_vipd()
        node.start_vipd()
        node.kill_vipd()
        time.sleep(0.3)
        node.start_vipd()
        time.sleep(0.5)
        client.terminate()
        report = json.loads(client.communicate(timeout=10)[0])
    finally:
        for process in (client, server):
            process.kill()
            process.wait()
    assert report["echoed"] > 50
    assert report["longest_ms"] < 1000
    assert report["error"] is None


CONFIG_ERRORS = [
    ("unknown key", "vrrp:\n", "vrrp:\n  advert_intervall: 1s\n", "advert_intervall"),
    ("wrong type", "vrid: 51", "vrid: fifty", "vrid"),
    ("bad address", BLUE.vip4, "10.77.0.1001", "vips"),
    ("duplicate VRID", "vrid: 52", "vrid: 51", "vrid"),
    ("a node's own address", BLUE.vip4, topology.address4("n2"), "vips"),
    ("unknown node", "node: n1", "node: n9", "node"),
]


@pytest.mark.parametrize(("old", "new", "key"), [error[1:] for error in CONFIG_ERRORS],
                         ids=[error[0] for error in CONFIG_ERRORS])
def test_wrong_configuration_does_not_start(lab: Lab, old: str, new: str, key: str) -> None:
    node = lab.nodes[FIRST]
    node.stop_vipd()
    before = host_state(node)
    good = lab.settings.configuration(node.name)
    text = good.replace(old, new, 1)
    node.write_config(text)
    reply = subprocess.run(node.vipd_command(), capture_output=True, text=True, timeout=10,
                           check=False)
    assert reply.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT)
    lines = enumerate(zip(good.splitlines(), text.splitlines()), 1)
    line = next(number for number, (was, now) in lines if was != now)
    assert re.search(rf"{re.escape(str(node.config))}:{line}: .*{key}", reply.stderr), reply.stderr
    assert host_state(node) == before


def reload(node: Node, text: str) -> None:
    node.write_config(text)
    node.signal_vipd(signal.SIGHUP)


def test_reload_with_an_error_keeps_what_runs(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    good = lab.settings.configuration(node.name)
    before, transitions = host_state(node), node.instance(BLUE.name)["transitions"]
    probe = lab.owner_probe(*BLUE.vips)
    logged = node.log.stat().st_size
    reload(node, good.replace("vrid: 51", "vrid: 510"))
    node.wait_log("vrid", logged)
    time.sleep(0.5)
    assert host_state(node) == before
    assert node.instance(BLUE.name)["transitions"] == transitions
    assert all(owners.silent <= 2 and owners.nodes == {FIRST} for owners in probe.stop().values())
    node.write_config(good)


def test_a_host_that_is_renamed(lab: Lab) -> None:
    """A reload says what the next boot would."""
    node = lab.nodes[FIRST]
    node.stop_vipd()
    node.write_config(lab.settings.configuration(node.name).replace("node: n1\n", ""))
    with open(node.log, "a", encoding="utf-8") as output:
        node.vipd = start(["unshare", "--uts", "sh", "-c", 'hostname n1; exec "$@"', "sh",
                           *node.vipd_command()], output)
    node.wait_reachable()

    def rename(name: str) -> subprocess.CompletedProcess[str]:
        assert node.vipd
        run(["nsenter", f"--uts=/proc/{node.vipd.pid}/ns/uts", "hostname", name])
        return node.vipctl("reload")

    assert rename("n1").returncode == 0
    answer = rename("n1.example.com")
    assert answer.returncode == 1 and "n1.example.com" in answer.stderr
    answer = rename("n2")
    assert answer.returncode == 1 and "cannot change while vipd runs" in answer.stderr
    assert rename("n1").returncode == 0
    node.stop_vipd()


def test_reload_adds_and_removes_a_vip(lab: Lab) -> None:
    """The other instances do not notice."""
    node = lab.nodes[FIRST]
    new4 = "10.77.0.110"
    good = lab.settings.configuration(node.name)
    green = node.instance("green")
    reload(node, good.replace(f"vips: [{BLUE.vip4},", f"vips: [{BLUE.vip4}, {new4},"))
    wait_for(lambda: lab.who_answers(new4)[new4].nodes == {FIRST}, "the new VIP is answered for")
    assert f" {new4}/" in node.namespace.run("ip", "-oneline", "address", "show", "dev", "lo").stdout
    assert node.instance("green")["transitions"] == green["transitions"]
    reload(node, good)
    wait_for(lambda: lab.who_answers(new4)[new4].nodes == set(), "it is gone again")
    assert new4 not in node.namespace.run("ip", "-oneline", "address", "show", "dev", "lo").stdout
    lab.wait_owner(BLUE, FIRST)


def test_a_restart_is_no_alarm(lab: Lab) -> None:
    """The guard knows the virtual routers of this node before it judges anybody."""
    node = lab.nodes[FIRST]
    node.kill_vipd()
    node.start_vipd()
    node.stop_vipd()
    since = node.log.stat().st_size
    node.start_vipd()
    lab.wait_owner(BLUE, FIRST)
    time.sleep(2.5)  # so long an alarm has to last
    assert not {reason: count for reason, count in node.drops().items()
                if reason.startswith("vrrp") and count}
    log = node.log.read_text()[since:]
    assert "dropped" not in log and "alarm" not in log, log


def test_ready_only_when_xdp_answers(lab: Lab, tmp_path: Path) -> None:
    """Type=notify: READY=1 comes when the program is on the NIC."""
    node = lab.nodes[FIRST]
    node.stop_vipd()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        node.start_vipd(wait=False, environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        while b"READY=1" not in listener.recv(4096):
            pass
        assert xdp_program(node) != 0
        assert node.vipctl("status").returncode in (0, 1)
        node.stop_vipd()


def test_second_vipd_does_not_start(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    before = host_state(node)
    reply = subprocess.run(node.vipd_command(), capture_output=True, text=True, timeout=10,
                           check=False)
    assert reply.returncode > 0
    assert reply.stderr
    assert host_state(node) == before
    assert node.state(BLUE.name) == "MASTER"


def test_runs_without_a_peer(lab: Lab) -> None:
    """A cluster of one owns all it has."""
    node = lab.nodes[FIRST]
    node.stop_vipd()
    node.write_config(Settings(nodes=(FIRST,)).configuration(FIRST))
    node.start_vipd()
    for instance in topology.INSTANCES:
        node.wait_state(instance.name, "MASTER")
    node.stop_vipd()


def test_control_socket_is_not_for_everyone(lab: Lab) -> None:
    node = lab.nodes[FIRST]
    sockets = [path for path in node.run_directory.rglob("*") if path.is_socket()]
    assert sockets
    assert all(os.stat(path).st_mode & 0o007 == 0 for path in sockets)
