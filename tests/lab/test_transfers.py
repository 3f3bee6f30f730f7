# SPDX-License-Identifier: GPL-2.0-only
"""Large transfers: through drains and failovers, and through a hop with a small MTU."""

import hashlib
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order
VIPS = [vip for instance in topology.INSTANCES for vip in instance.vips]

SMALL_MTU = 1280
MEGABYTE = 1 << 20

# The gateway's, to the nodes and to the client. IPv6 has one of the kernel's own beside it.
ROUTES4 = ("10.77.0.0/24 dev eth0", "198.51.100.0/24 dev eth1")
ROUTES6 = ("fd77::/64 dev eth0", "2001:db8:1::/64 dev eth1")


def url(address: str, file: str) -> str:
    return f"http://[{address}]/files/{file}" if ":" in address else f"http://{address}/files/{file}"


def checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provide(lab: Lab, file: str, size: int) -> bytes:
    """The same random file on each node."""
    content = random.Random(size).randbytes(size)
    for node in lab.nodes.values():
        (node.files / file).write_bytes(content)
    return content


class Download:
    """By curl, in the background; slow, so that something happens meanwhile."""

    def __init__(self, lab: Lab, address: str, path: Path) -> None:
        self.address = address
        self.path = path
        command = lab.network["client"].command(
            "curl", "--silent", "--show-error", "--fail", "--globoff", "--max-time", "60",
            "--output", path, url(address, "slow"))
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def running(self) -> bool:
        return self._process.poll() is None

    def finish(self) -> int:
        return self._process.wait(60)


def test_downloads_survive_it_all(lab: Lab, tmp_path: Path) -> None:
    content = provide(lab, "slow", 8 * MEGABYTE)
    downloads = [Download(lab, vip, tmp_path / f"{number}.{vip.replace(':', '-')}")
                 for vip in VIPS for number in range(2)]
    for name in (FIRST, SECOND):
        assert lab.nodes[name].vipctl("drain").returncode == 0
        time.sleep(1)
        assert lab.nodes[name].vipctl("undrain").returncode == 0
        lab.wait_settled()
    assert lab.nodes[FIRST].vipctl("failover", BLUE.name).returncode == 0
    lab.wait_owner(BLUE, SECOND)
    time.sleep(1)
    assert lab.nodes[SECOND].vipctl("failover", BLUE.name).returncode == 0
    lab.wait_owner(BLUE, FIRST)
    early = [download for download in downloads if not download.running()]
    for download in downloads:
        assert download.finish() == 0, download.address
        assert checksum(download.path) == hashlib.sha256(content).hexdigest()
    assert not early, "they are to last longer than that"


@pytest.fixture
def small_mtu(lab: Lab) -> Iterator[Lab]:
    """The gateway forwards nothing larger, and both ends have to learn it from its ICMP errors."""
    gateway = lab.network["gateway"]
    gateway.ip(*(f"route replace {route} mtu lock {SMALL_MTU}" for route in ROUTES4),
               *(f"route add {route} mtu lock {SMALL_MTU} metric 1" for route in ROUTES6))
    yield lab
    gateway.ip(*(f"route replace {route}" for route in ROUTES4),
               *(f"route del {route} metric 1" for route in ROUTES6))


def icmp_sent(lab: Lab) -> tuple[int, int]:
    """How often the gateway said "fragmentation needed" and "packet too big"."""
    counters = lab.network["gateway"].run("nstat", "--zeros", "--ignore", "--noupdate",
                                          "IcmpOutDestUnreachs", "Icmp6OutPktTooBigs").stdout
    values = {fields[0]: int(fields[1]) for line in counters.splitlines()
              if len(fields := line.split()) == 3 and not line.startswith("#")}
    return values["IcmpOutDestUnreachs"], values["Icmp6OutPktTooBigs"]


def transfer(lab: Lab, *arguments: str | Path) -> str:
    """By curl, at once. Returns which node it was."""
    reply = lab.network["client"].run(
        "curl", "--silent", "--show-error", "--fail", "--globoff", "--max-time", "10",
        "--dump-header", "/dev/stderr", *arguments)
    return next(line.split()[1] for line in reply.stderr.splitlines()
                if line.lower().startswith("node:"))


def forget_path_mtu(lab: Lab) -> None:
    for member in ("client", *topology.NODES):
        lab.network[member].run("ip", "route", "flush", "cache")
        lab.network[member].run("ip", "-6", "route", "flush", "cache")


@pytest.mark.parametrize("vip", BLUE.vips)
def test_path_mtu(small_mtu: Lab, tmp_path: Path, vip: str) -> None:
    """The gateway's errors reach the owner, who has to hand them to the node with the flow."""
    lab = small_mtu
    content = provide(lab, "megabyte", MEGABYTE)
    upload = tmp_path / "upload"
    upload.write_bytes(content)
    family = 1 if ":" in vip else 0
    before = icmp_sent(lab)[family]
    down, up = set(), set()
    for number in range(12):
        forget_path_mtu(lab)
        down.add(transfer(lab, "--output", tmp_path / "got", url(vip, "megabyte")))
        assert checksum(tmp_path / "got") == checksum(upload)
        node = transfer(lab, "--upload-file", upload, url(vip, f"upload{number}"))
        assert checksum(lab.nodes[node].files / f"upload{number}") == checksum(upload)
        up.add(node)
    assert down | up == set(topology.NODES)
    assert icmp_sent(lab)[family] >= before + 12


def test_nothing_is_left_over(lab: Lab) -> None:
    """The tests above have waited for what they started."""
    wait_for(lambda: not lab.network["client"].pids(), "no client is left")
