# SPDX-License-Identifier: GPL-2.0-only
"""FRR's vrrpd on a node of the lab, with the zebra that it needs: a peer in tests.

FRR keeps a VIP on a macvlan device with the virtual router's MAC (RFC 9568 section 7.3), and that
MAC is the source of its advertisements. It elects an owner for each family by itself, always by
multicast.
"""

import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .system import LabError, Namespace, end_processes, run, wait_for

DAEMONS = Path("/usr/lib/frr")
USER = "frr"  # what Debian's package makes; the daemons insist on it
INTERFACE = "vrrp"


@dataclass(frozen=True)
class VirtualRouter:
    """What vrrpd is told: one virtual router with one address."""

    vrid: int
    address: str
    priority: int
    interval_ms: int = 100
    version: int = 3
    preempt: bool = True

    @property
    def family(self) -> int:
        return 6 if ":" in self.address else 4

    @property
    def mac(self) -> str:
        return virtual_mac(self.vrid, self.family)

    def configuration(self) -> str:
        lines = [f"vrrp {self.vrid} version {self.version}",
                 f"vrrp {self.vrid} advertisement-interval {self.interval_ms}",
                 f"vrrp {self.vrid} priority {self.priority}",
                 f"vrrp {self.vrid} {'ip' if self.family == 4 else 'ipv6'} {self.address}"]
        if not self.preempt:
            lines.append(f"no vrrp {self.vrid} preempt")
        return "\n".join(["interface eth0", *(f" {line}" for line in lines), ""])


def virtual_mac(vrid: int, family: int) -> str:
    return f"00:00:5e:00:{1 if family == 4 else 2:02x}:{vrid:02x}"


def link_local(vrid: int) -> str:
    """What the kernel makes of the virtual MAC: where advertisements over IPv6 come from."""
    return f"fe80::200:5eff:fe00:2{vrid:02x}"


class Frr:
    """Both daemons in one node's namespace."""

    def __init__(self, name: str, namespace: Namespace, directory: Path) -> None:
        self.name = name
        self.namespace = namespace
        self.directory = directory / "frr"
        self.router: VirtualRouter | None = None
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, router: VirtualRouter) -> None:
        """Returns when the virtual router takes part in the election."""
        self.router = router
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "zebra.conf").write_text("")
        (self.directory / "vrrpd.conf").write_text(router.configuration())
        shutil.chown(self.directory, USER, USER)
        self._add_interface()
        socket = self.directory / "zserv.api"
        socket.unlink(missing_ok=True)  # a run before leaves it, and vrrpd would try again in 10 s
        self._start("zebra")
        wait_for(socket.exists, f"zebra on {self.name} listens")
        self._start("vrrpd")
        wait_for(lambda: self.state() in ("Master", "Backup"),
                 f"vrrpd on {self.name} takes part; its log is in {self.directory}")

    def state(self) -> str:
        """Initialize, Backup or Master; empty when vrrpd does not answer."""
        assert self.router
        reply = run(["vtysh", "--vty_socket", self.directory, "-d", "vrrpd", "-c",
                     "show vrrp json"], check=False)
        try:
            routers = json.loads(reply.stdout)
        except json.JSONDecodeError:  # not yet, or not any more
            return ""
        return str(routers[0][f"v{self.router.family}"]["status"]) if routers else ""

    def owns(self) -> bool:
        return self.state() == "Master"

    def stop(self) -> None:
        """A clean stop: vrrpd resigns with priority 0."""
        processes, self._processes = self._processes, []
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired as error:
                end_processes([self.namespace])
                raise LabError(f"FRR on {self.name} did not end within 10 s") from error
        self.namespace.run("ip", "link", "delete", INTERFACE, check=False)

    def _start(self, daemon: str) -> None:
        with open(self.directory / "output.log", "a", encoding="utf-8") as output:
            self._processes.append(self.namespace.start(
                DAEMONS / daemon, "--vty_port", "0", "--vty_socket", self.directory,
                "--socket", self.directory / "zserv.api", "--log", "stdout",
                "--pid_file", self.directory / f"{daemon}.pid",
                "--config_file", self.directory / f"{daemon}.conf", output=output))

    def _add_interface(self) -> None:
        """Only the macvlan may answer for the address that is on it."""
        assert self.router
        self.namespace.sysctl(net__ipv4__conf__all__arp_ignore=1,
                              net__ipv4__conf__all__arp_announce=2)
        length = 32 if self.router.family == 4 else 128
        self.namespace.ip(
            f"link add {INTERFACE} link eth0 address {self.router.mac} type macvlan mode bridge",
            f"addr add {self.router.address}/{length} dev {INTERFACE}",
            f"link set {INTERFACE} up")
