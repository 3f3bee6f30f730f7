# SPDX-License-Identifier: GPL-2.0-only
"""A pod on a node: a namespace behind a veth that only host routes lead to, as Calico has them."""

import subprocess
from types import TracebackType

from .node import Node, nginx_configuration
from .system import Namespace, end_processes, wait_for

ADDRESS4, ADDRESS6 = "10.42.0.5", "fd42::5"
PROXY4, PROXY6 = "169.254.1.1", "fd42::1"  # the node's end

# What a hostPort does: connections to an address of the node end in the pod.
HOST_PORT = """\
table {family} pod {{
    chain arriving {{
        type nat hook prerouting priority -100;
        fib daddr type local tcp dport 80 dnat to {address}
    }}
    chain made_here {{
        type nat hook output priority -100;
        fib daddr type local tcp dport 80 dnat to {address}
    }}
}}
"""


class Pod:
    """For a `with`."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.namespace = Namespace(f"{node.namespace.name}-pod")
        self.directory = node.directory / "pod"

    def __enter__(self) -> "Pod":
        self.namespace.create()
        try:
            self._connect()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self._remove()

    def curl(self, address: str) -> subprocess.CompletedProcess[str]:
        host = f"[{address}]" if ":" in address else address
        return self.namespace.run("curl", "--silent", "--globoff", "--max-time", "3",
                                  f"http://{host}/", check=False)

    def serve(self) -> None:
        """nginx in the pod takes the place of the node's, by a hostPort."""
        self.directory.mkdir(exist_ok=True)
        config = self.directory / "nginx.conf"
        config.write_text(nginx_configuration(self.directory, self.node.name))
        with open(self.directory / "output.log", "a", encoding="utf-8") as output:
            self.namespace.start("nginx", "-p", self.directory, "-e",
                                 self.directory / "error.log", "-c", config, output=output)
        self.node.namespace.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        rules = self.directory / "host_port.nft"
        rules.write_text(HOST_PORT.format(family="ip", address=ADDRESS4)
                         + HOST_PORT.format(family="ip6", address=ADDRESS6))
        self.node.stop_nginx()
        self.node.namespace.run("nft", "--file", rules)
        wait_for(lambda: self.curl(ADDRESS4).returncode == 0, "nginx in the pod answers")

    def _connect(self) -> None:
        self.node.namespace.ip(
            f"link add cali0 type veth peer name eth0 netns {self.namespace.name}",
            f"addr add {PROXY4}/32 dev cali0", f"addr add {PROXY6}/128 dev cali0 nodad",
            "link set cali0 up")
        self.namespace.ip("link set lo up", f"addr add {ADDRESS4}/32 dev eth0",
                          f"addr add {ADDRESS6}/128 dev eth0 nodad", "link set eth0 up",
                          f"route add {PROXY4} dev eth0", f"route add default via {PROXY4}",
                          f"route add {PROXY6} dev eth0", f"route add ::/0 via {PROXY6}")
        self.node.namespace.ip(f"route add {ADDRESS4} dev cali0",
                               f"route add {ADDRESS6} dev cali0")
        for namespace, device in ((self.namespace, "eth0"), (self.node.namespace, "cali0")):
            namespace.run("ethtool", "--offload", device, "tx", "off")

    def _remove(self) -> None:
        end_processes([self.namespace])
        for family in ("ip", "ip6"):
            self.node.namespace.run("nft", "delete", "table", family, "pod", check=False)
        self.node.namespace.run("ip", "link", "del", "cali0", check=False)
        self.namespace.delete()
