# SPDX-License-Identifier: GPL-2.0-only
"""The lab's network.

    client 198.51.100.7 --- gateway --- switch --- n1, n2, n3 (10.77.0.11-13)
                                           |
                                         rogue 10.77.0.66

Each is a network namespace; the switch is a bridge, the gateway a plain Linux router. The rogue is
for tests: a host on the nodes' own network that may send what it likes. A lab may have more nodes
than three; their numbers go on.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from .system import BUILD, Namespace, end_processes, run

NODES = ("n1", "n2", "n3")
NODES_MAX = 40

# On the switch, by the last part of the address: 10.77.0.HOST/24, fd77::HOST/64.
HOST = {"gateway": 1, **{f"n{number}": 10 + number for number in range(1, NODES_MAX + 1)},
        "rogue": 66}

CLIENT4, CLIENT6 = "198.51.100.7", "2001:db8:1::7"
UPLINK4, UPLINK6 = "198.51.100.1", "2001:db8:1::1"


def address4(member: str) -> str:
    return f"10.77.0.{HOST[member]}"


def address6(member: str) -> str:
    return f"fd77::{HOST[member]}"


def mac(member: str) -> str:
    return f"02:00:00:77:00:{HOST[member]:02d}"


def link_local(member: str) -> str:
    """What the kernel makes of the MAC (RFC 4291 appendix A)."""
    parts = [int(part, 16) for part in mac(member).split(":")]
    eui64 = [parts[0] ^ 2, *parts[1:3], 0xff, 0xfe, *parts[3:]]
    groups = (f"{high << 8 | low:x}" for high, low in zip(eui64[::2], eui64[1::2], strict=True))
    return str(IPv6Address("fe80::" + ":".join(groups)))


@dataclass(frozen=True)
class Instance:
    """A virtual router with one VIP of each family, and who should own it, best first."""

    name: str
    vrid: int
    order: tuple[str, ...]

    @property
    def vip4(self) -> str:
        return f"10.77.0.{self.vrid + 50}"

    @property
    def vip6(self) -> str:
        return f"fd77::{self.vrid + 50}"

    @property
    def vips(self) -> tuple[str, str]:
        return self.vip4, self.vip6

    @property
    def owner(self) -> str:
        return self.order[0]

    @property
    def priority(self) -> dict[str, int]:
        return dict(zip(self.order, (150, 100, 50, *range(49, 0, -1))))


BLUE = Instance("blue", 51, ("n1", "n2", "n3"))
GREEN = Instance("green", 52, ("n2", "n3", "n1"))
RED = Instance("red", 53, ("n3", "n1", "n2"))
INSTANCES = (BLUE, GREEN, RED)


class Network:
    """The namespaces of one lab and the links between them."""

    def __init__(self, lab: str, bpffs: Path, nodes: tuple[str, ...] = NODES) -> None:
        self.nodes = nodes
        self._on_the_switch = (*nodes, "gateway", "rogue")
        self._prefix = f"vipd-{lab}-"
        self.namespaces = {member: Namespace(f"{self._prefix}{member}")
                           for member in ("switch", *self._on_the_switch, "client")}
        self._pass = bpffs / "pass"
        self._sides = 0

    def __getitem__(self, member: str) -> Namespace:
        return self.namespaces[member]

    def build(self) -> None:
        for namespace in self.namespaces.values():
            namespace.create()
            # Duplicate address detection would make every start wait for a second or two.
            namespace.sysctl(net__ipv6__conf__all__accept_dad=0,
                             net__ipv6__conf__default__accept_dad=0)
            namespace.ip("link set lo up")
        self._build_switch()
        self._build_members()
        self._build_gateway()
        self._let_xdp_transmit()

    def remove(self) -> None:
        standing = [Namespace(path.name) for path in Path("/run/netns").glob(f"{self._prefix}*")]
        end_processes(standing)
        for namespace in standing:
            namespace.delete()

    def link(self, *members: str, up: bool) -> None:
        """The switch's ports: the members lose their carrier, and the switch forgets them."""
        self["switch"].ip(*(f"link set {member} {'up' if up else 'down'}" for member in members))

    def replace_nic(self, node: str) -> None:
        """Another NIC of the same name, MAC and addresses: a driver reloaded, a bond made anew."""
        self["switch"].ip(f"link del {node}")
        self.add_nic(node)

    def add_nic(self, node: str) -> None:
        """The NIC of a node that has none, as build() makes it."""
        self["switch"].ip(*self._port(node))
        self._build_member(node)
        self["switch"].run("ip", "link", "set", "dev", node, "xdpdrv", "pinned", self._pass)

    def pass_all(self, member: str, attach: bool) -> None:
        """An XDP program on the member's NIC that does nothing."""
        program = ("pinned", self._pass) if attach else ("off",)
        self[member].run("ip", "link", "set", "dev", "eth0", "xdpdrv", *program)

    def arrange(self, *sides: tuple[str, ...]) -> None:
        """Put the nodes on switches of their own, one a side, all joined by the first one, where
        everybody else stays. Without sides: as it was."""
        switch = self["switch"]
        switch.ip(*(f"link set {node} master bridge" for node in self.nodes))
        switch.ip(*(f"link delete {device}{number}" for number in range(self._sides)
                    for device in ("side", "near")))
        self._sides = len(sides)
        for number, side in enumerate(sides):
            switch.ip(f"link add side{number} type bridge stp_state 0 mcast_snooping 0",
                      f"link add near{number} type veth peer name far{number}",
                      f"link set near{number} master bridge up",
                      f"link set far{number} master side{number} up",
                      f"link set side{number} up",
                      *(f"link set {node} master side{number}" for node in side))

    def split(self, split: bool) -> None:
        """Whether the sides hear nothing of each other; every link stays up, and who is on no side
        hears and reaches all of them. It happens in one moment: with the last but one port."""
        self["switch"].ip(*(f"link set near{number} type bridge_slave isolated "
                            f"{'on' if split else 'off'}" for number in range(self._sides)))

    def guard_ports(self) -> None:
        """Each member's MAC belongs to its port: who forges it does not get its frames."""
        for member in self._on_the_switch:
            self["switch"].run("bridge", "fdb", "replace", mac(member), "dev", member, "master",
                               "static", "sticky")

    def _build_switch(self) -> None:
        ports = []
        for member in self._on_the_switch:
            ports += self._port(member)
        self["switch"].sysctl(net__ipv6__conf__default__disable_ipv6=1)
        # With br_netfilter, a bridge judges IP headers. A switch does not.
        self["switch"].run("sysctl", "--ignore", "--quiet", "--write",
                           "net.bridge.bridge-nf-call-iptables=0",
                           "net.bridge.bridge-nf-call-ip6tables=0")
        self["switch"].ip("link add bridge type bridge stp_state 0 mcast_snooping 0",
                          "link set bridge up", *ports)

    def _build_members(self) -> None:
        for member in self._on_the_switch:
            self._build_member(member)

    def _port(self, member: str) -> list[str]:
        peer = f"peer name eth0 address {mac(member)} netns {self[member].name}"
        return [f"link add {member} type veth {peer}",
                f"link set {member} master bridge up"]

    def _build_member(self, member: str) -> None:
        self[member].ip(f"addr add {address4(member)}/24 dev eth0",
                        f"addr add {address6(member)}/64 dev eth0 nodad",
                        "link set eth0 up")
        _transmit_checksums(self[member], "eth0")
        if member in self.nodes:
            self[member].ip(f"route add default via {address4('gateway')}",
                            f"route add ::/0 via {address6('gateway')}")

    def _build_gateway(self) -> None:
        gateway, client = self["gateway"], self["client"]
        gateway.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        gateway.ip(f"link add eth1 type veth peer name eth0 netns {client.name}",
                   f"addr add {UPLINK4}/24 dev eth1",
                   f"addr add {UPLINK6}/64 dev eth1 nodad",
                   "link set eth1 up")
        client.ip(f"addr add {CLIENT4}/24 dev eth0",
                  f"addr add {CLIENT6}/64 dev eth0 nodad",
                  "link set eth0 up",
                  f"route add default via {UPLINK4}",
                  f"route add ::/0 via {UPLINK6}")
        _transmit_checksums(gateway, "eth1")
        _transmit_checksums(client, "eth0")

    def _let_xdp_transmit(self) -> None:
        """What a node sends by XDP_TX arrives only where the switch's end has a program too."""
        run(["bpftool", "prog", "load", BUILD / "tools/lab/pass.bpf.o", self._pass, "type", "xdp"])
        for member in self.nodes:
            self["switch"].run("ip", "link", "set", "dev", member, "xdpdrv", "pinned", self._pass)


def _transmit_checksums(namespace: Namespace, device: str) -> None:
    """veth leaves checksums to a NIC that never comes; XDP then sees and forwards half of one."""
    namespace.run("ethtool", "--offload", device, "tx", "off")
