# SPDX-License-Identifier: GPL-2.0-only
"""keepalived on a node of the lab: what vipd is measured against, and its peer in one test."""

import signal
import subprocess
from pathlib import Path

from . import topology
from .system import LabError, Namespace, end_processes


def configuration(node: str, seconds: float, nodes: tuple[str, ...],
                  instances: tuple[topology.Instance, ...],
                  priorities: dict[str, int] | None = None,
                  version: int = 3, password: str = "") -> str:
    """keepalived.conf: VRRP by unicast over IPv4; in version 3 the IPv6 VIPs move along."""
    peers = "\n".join(f"        {topology.address4(name)}" for name in nodes if name != node)
    authentication = (f"    authentication {{\n        auth_type PASS\n"
                      f"        auth_pass {password}\n    }}\n" if password else "")
    blocks = [f"""\
vrrp_instance {instance.name} {{
    state BACKUP
    interface eth0
    virtual_router_id {instance.vrid}
    priority {(priorities or instance.priority)[node]}
    advert_int {seconds:g}
    unicast_src_ip {topology.address4(node)}
    unicast_peer {{
{peers}
    }}
    virtual_ipaddress {{
        {instance.vip4}/32 dev eth0
    }}
{authentication}{_along(instance) if version == 3 else ""}}}
""" for instance in instances]
    return f"global_defs {{\n    vrrp_version {version}\n}}\n" + "".join(blocks)


def _along(instance: topology.Instance) -> str:
    """The VIP of the other family, which no advertisement lists."""
    return f"    virtual_ipaddress_excluded {{\n        {instance.vip6}/128 dev eth0\n    }}\n"


class Keepalived:
    """One daemon in one node's namespace."""

    def __init__(self, name: str, namespace: Namespace, directory: Path) -> None:
        self.name = name
        self.namespace = namespace
        self.directory = directory / "keepalived"
        self.process: subprocess.Popen[str] | None = None

    def start(self, config: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / "keepalived.conf"
        path.write_text(config)
        with open(self.directory / "output.log", "a", encoding="utf-8") as output:
            self.process = self.namespace.start(
                "keepalived", "--vrrp", "--dont-fork", "--log-console", "--log-detail",
                "--use-file", path, "--pid", self.directory / "main.pid",
                "--vrrp_pid", self.directory / "vrrp.pid", output=output)

    def owns(self, instance: topology.Instance) -> bool:
        """Whether its kernel has the IPv4 VIP."""
        addresses = self.namespace.run("ip", "-oneline", "address", "show", "dev", "eth0").stdout
        return f" {instance.vip4}/" in addresses

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
