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
from lab.system import BUILD, run, wait_for

NAME, OTHER = topology.NODES[:2]
INVALID = 78  # EX_CONFIG
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


@pytest.fixture
def other(lab_without_vipd: Lab) -> Node:
    node = lab_without_vipd.nodes[OTHER]
    node.write_config(lab_without_vipd.settings.configuration(OTHER))
    return node


@pytest.mark.parametrize("capability", ["net_admin", "net_raw"])
def test_without_its_rights_another_start_is_in_vain(other: Node, capability: str) -> None:
    drop = ("setpriv", "--bounding-set", f"-{capability}", "--inh-caps", f"-{capability}")
    command = other.vipd_command()
    entered = command.index(str(BUILD / "vipd"))
    result = run([*command[:entered], *drop, *command[entered:]], check=False)
    assert result.returncode == INVALID, result.stderr
    assert f"vipd needs CAP_{capability.upper()}" in result.stderr


def test_ipv6_that_is_disabled_may_be_enabled_yet(other: Node) -> None:
    """The kernel refuses addresses by EACCES meanwhile, which is no matter of rights."""
    other.namespace.sysctl(net__ipv6__conf__lo__disable_ipv6=1)
    result = run(other.vipd_command(), check=False)
    assert result.returncode == 1, result.stderr
    assert "Permission denied" in result.stderr
    other.namespace.sysctl(net__ipv6__conf__lo__disable_ipv6=0)
    other.start_vipd()


def test_a_file_that_is_not_valid_stays_so(other: Node) -> None:
    other.write_config("node: n2\nvlan: no\n")
    result = run(other.vipd_command(), check=False)
    assert result.returncode == INVALID
    assert "vipd.yaml:2: vlan" in result.stderr
