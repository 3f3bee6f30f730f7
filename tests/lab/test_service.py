# SPDX-License-Identifier: GPL-2.0-only
"""What a service manager is told of vipd, by sd_notify(3), and what the log says of a SIGHUP."""

import signal
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, SOCK_DGRAM, socket

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import wait_for

NAME = topology.NODES[0]
EVERYBODY = "metrics: {listen: '0.0.0.0:9650'}\n"  # which is worth a note


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(check=False, more=EVERYBODY)


class Manager:
    """The end of the socket that systemd has."""

    def __init__(self, path: Path) -> None:
        self._socket = socket(AF_UNIX, SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.told: list[str] = []

    def status(self) -> str:
        """The last status line."""
        try:
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            pass
        lines = [line for line in self.told if line.startswith("STATUS=")]
        return lines[-1].removeprefix("STATUS=") if lines else ""

    def wait_status(self, text: str) -> None:
        wait_for(lambda: text in self.status(), f"the status line says {text}")


@pytest.fixture(scope="module")
def manager(lab_without_vipd: Lab) -> Iterator[Manager]:
    path = lab_without_vipd.directory / "notify"
    manager = Manager(path)
    node = lab_without_vipd.nodes[NAME]
    node.write_config(lab_without_vipd.settings.configuration(NAME))
    node.start_vipd(environment={"NOTIFY_SOCKET": str(path)})
    manager.wait_status("Running")
    yield manager


@pytest.fixture
def node(lab_without_vipd: Lab, manager: Manager) -> Node:
    return lab_without_vipd.nodes[NAME]


def reload(node: Node, text: str) -> int:
    """By SIGHUP; returns where the log was before."""
    since = len(node.log.read_text(errors="replace"))
    node.write_config(text)
    node.signal_vipd(signal.SIGHUP)
    return since


def test_a_refused_reload_is_in_the_status_line(node: Node, manager: Manager) -> None:
    """systemctl status shows it until file and running configuration are the same again."""
    good = node.config.read_text()
    since = reload(node, good.replace("vrid: 51", "vrid: 51000"))
    manager.wait_status("reload failed, the old configuration runs on: ")
    assert "vrid" in manager.status()
    assert "vrid" in node.log.read_text(errors="replace")[since:]
    since = reload(node, good)
    manager.wait_status("Running")
    said = node.log.read_text(errors="replace")[since:]
    assert "note: everybody who reaches" in said
    assert manager.told.count("READY=1") == 1 + 2  # the start, and the end of each reload


def test_a_reload_by_vipctl_is_in_the_status_line_as_well(node: Node, manager: Manager) -> None:
    good = node.config.read_text()
    node.write_config(good.replace("interface: eth0", "interface: lo"))
    assert node.vipctl("reload").returncode != 0
    manager.wait_status("interface: cannot change while vipd runs")
    node.write_config(good)
    assert node.vipctl("reload").returncode == 0
    manager.wait_status("Running")
