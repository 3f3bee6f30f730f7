# SPDX-License-Identifier: GPL-2.0-only
"""The main loop answers everybody, whatever one client of the control socket does, and whoever reads
the log or does not: on a node with as much to tell as there can be."""

import fcntl
import json
import os
import re
import signal
import socket
import statistics
import time
from collections.abc import Iterator

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import start, wait_for

pytestmark = pytest.mark.alone

INSTANCES = SERVICES = 64
DELAY_S = 0.05  # by which somebody else's requests may slow a client down
ATTEMPTS = 1
RELOADS = 200
PIPE_BYTES = 4096


def large_configuration(node: str) -> str:
    """64 instances with four VIPs each, and 64 services that all three nodes serve."""
    instances = "".join(
        f"  - {{name: i{vrid}, vrid: {vrid}, priority: {{n1: 150, n2: 100, n3: 50}}, "
        f"vips: [{', '.join(f'10.78.{vrid}.{host}' for host in range(1, 5))}]}}\n"
        for vrid in range(1, INSTANCES + 1))
    services = "".join(
        f"  - {{name: s{number}, vips: [10.78.{number}.1], ports: [80/tcp], "
        "check: {tcp: true, interval: 10s, timeout: 1s}}\n"
        for number in range(1, SERVICES + 1))
    head = Settings(check=False).configuration(node).partition("instances:")[0]
    return f"{head}instances:\n{instances}services:\n{services}"


@pytest.fixture(scope="module")
def node(lab_without_vipd: Lab) -> Iterator[Node]:
    """One node of three, with the large configuration."""
    first = lab_without_vipd.nodes[topology.NODES[0]]
    first.write_config(large_configuration(first.name))
    first.start_vipd()
    wait_for(lambda: all(entry["state"] == "MASTER" for entry in first.status()["instances"]),
             "all instances are owned")
    yield first


class Client:
    """Of the control socket, without vipctl's time to start."""

    def __init__(self, node: Node) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(node.run_directory / "vipd.sock"))
        self.socket.settimeout(30)
        self.stream = self.socket.makefile("rb")

    def ask(self, command: str) -> dict[str, object]:
        self.socket.sendall(json.dumps({"command": command}).encode() + b"\n")
        return json.loads(self.stream.readline())

    def flood(self, command: str) -> int:
        """64 KB of requests in one write."""
        request = json.dumps({"command": command}).encode() + b"\n"
        number = 65536 // len(request)
        self.socket.sendall(request * number)
        return number

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def delay(node: Node, command: str) -> float:
    """From the connection of another client to its answer, in seconds."""
    began = time.monotonic()
    client = Client(node)
    assert "error" not in client.ask(command)
    client.close()
    return time.monotonic() - began


@pytest.mark.parametrize("leaves", [False, True], ids=["stays", "leaves"])
def test_a_flood_of_requests_delays_nobody_else(node: Node, leaves: bool) -> None:
    quiet, flooded = [], []
    for _ in range(ATTEMPTS):
        quiet.append(delay(node, "drops"))
        flooder = Client(node)
        flooder.flood("status")
        if leaves:
            flooder.close()
        flooded.append(delay(node, "drops"))
        flooder.close()
    print(f"drops in {statistics.median(quiet) * 1000:.1f} ms; "
          f"beside a flood in {statistics.median(flooded) * 1000:.1f} ms, "
          f"at most {max(flooded) * 1000:.1f} ms")
    assert statistics.median(flooded) < statistics.median(quiet) + DELAY_S


def test_idle_clients_do_not_lock_others_out(node: Node) -> None:
    idle = [Client(node) for _ in range(100)]
    assert node.vipctl("drops").returncode == 0
    for client in idle:
        client.close()


def test_what_an_order_did_is_seen_at_once(node: Node) -> None:
    client = Client(node)
    for reason in ("one", "two", "three"):
        assert node.vipctl("drain", "--force", "--reason", reason).returncode == 0
        drain = client.ask("status")["drain"]
        assert isinstance(drain, dict) and drain["reason"] == reason
        assert node.vipctl("undrain").returncode == 0
        assert client.ask("status")["drain"] is None
    client.close()


def read_what_is_there(reader: int) -> str:
    text = b""
    while True:
        try:
            text += os.read(reader, 1 << 20)
        except BlockingIOError:
            return text.decode(errors="replace")


def test_a_reader_of_the_log_that_stands_still_stops_nobody(node: Node) -> None:
    """A reload by signal reports to the log, too."""
    assert node.stop_vipd() == 0
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    os.set_blocking(reader, False)
    node.vipd = start(node.vipd_command(), writer)
    os.close(writer)
    node.wait_reachable()
    for _ in range(RELOADS // 2):
        assert node.vipctl("reload").returncode == 0
    good = node.config.read_text()
    node.write_config(good.replace("vrid: 51,", "vrid: 510,"))
    for _ in range(RELOADS // 2):
        node.signal_vipd(signal.SIGHUP)
        assert delay(node, "drops") < 5
    node.write_config(good)
    assert read_what_is_there(reader)
    wait_for(lambda: re.search(r"\d+ lines of the log were lost", read_what_is_there(reader)),
             "the losses are said")
    assert node.stop_vipd() == 0
    os.close(reader)
