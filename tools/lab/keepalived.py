# SPDX-License-Identifier: GPL-2.0-only
"""keepalived on a node of the lab: what vipd is measured against, and its peer in one test."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import topology
from .system import LabError, Namespace, end_processes


@dataclass(frozen=True)
class Dialect:
    """How it speaks VRRP. The default is vipd's, and what it is measured with."""

    ipv6: bool = False
    multicast: bool = False
    version: int = 3
    password: str = ""  # of version 2; empty: none
    preempt: bool = True
    check_source: bool = False

    def address(self, node: str) -> str:
        return topology.address6(node) if self.ipv6 else topology.address4(node)

    def keywords(self, node: str, nodes: tuple[str, ...]) -> str:
        lines = [] if self.preempt else ["    nopreempt"]
        lines += ["    check_unicast_src"] if self.check_source else []
        if self.password:
            lines += ["    authentication {", "        auth_type PASS",
                      f"        auth_pass {self.password}", "    }"]
        if not self.multicast:
            peers = [f"        {self.address(name)}" for name in nodes if name != node]
            lines += [f"    unicast_src_ip {self.address(node)}",
                      "    unicast_ttl 255",  # over IPv6, 2.2.7 would send the system's 64
                      "    unicast_peer {", *peers, "    }"]
        return "\n".join(lines)

    def addresses(self, instance: topology.Instance) -> str:
        """One family is in the advertisements; over IPv4, the IPv6 VIP moves along in version 3."""
        ipv4 = f"    virtual_ipaddress {{\n        {instance.vip4}/32 dev eth0\n    }}"
        ipv6 = f"{{\n        {instance.vip6}/128 dev eth0\n    }}"
        if self.ipv6:
            return f"    virtual_ipaddress {ipv6}"
        return ipv4 if self.version == 2 else f"{ipv4}\n    virtual_ipaddress_excluded {ipv6}"


def configuration(node: str, seconds: float, nodes: tuple[str, ...],
                  instances: tuple[topology.Instance, ...],
                  priorities: dict[str, int] | None = None,
                  dialect: Dialect = Dialect()) -> str:
    """keepalived.conf."""
    blocks = [f"""\
vrrp_instance {instance.name} {{
    state BACKUP
    interface eth0
    virtual_router_id {instance.vrid}
    priority {(priorities or instance.priority)[node]}
    advert_int {seconds:g}
{dialect.keywords(node, nodes)}
{dialect.addresses(instance)}
}}
""" for instance in instances]
    return f"global_defs {{\n    vrrp_version {dialect.version}\n}}\n" + "".join(blocks)


class Keepalived:
    """One daemon in one node's namespace."""

    def __init__(self, name: str, namespace: Namespace, directory: Path) -> None:
        self.name = name
        self.namespace = namespace
        self.directory = directory / "keepalived"
        self.log = self.directory / "output.log"
        self.process: subprocess.Popen[str] | None = None

    def start(self, config: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "keepalived.conf"
        path.write_text(config)
        with open(self.log, "a", encoding="utf-8") as output:
            self.process = self.namespace.start(
                "keepalived", "--vrrp", "--dont-fork", "--log-console", "--log-detail",
                "--use-file", path, "--pid", self.directory / "main.pid",
                "--vrrp_pid", self.directory / "vrrp.pid", output=output)

    def owns(self, instance: topology.Instance) -> bool:
        """Whether its kernel has the VIPs, of whatever family they are in its dialect."""
        addresses = self.namespace.run("ip", "-oneline", "address", "show", "dev", "eth0").stdout
        return any(f" {vip}/" in addresses for vip in instance.vips)

    def pids(self) -> list[int]:
        """The parent, and the child that speaks VRRP."""
        paths = (self.directory / "main.pid", self.directory / "vrrp.pid")
        return [int(path.read_text(encoding="ascii")) for path in paths]

    def stop(self) -> None:
        if not self.process:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired as error:
            end_processes([self.namespace])
            raise LabError(f"keepalived on {self.name} did not end within 10 s") from error

    def kill(self) -> None:
        """Both of its processes, in an order in which none is started anew."""
        if not self.process:
            return
        process, self.process = self.process, None
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        process.wait(10)
