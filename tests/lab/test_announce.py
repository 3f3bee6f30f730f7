# SPDX-License-Identifier: GPL-2.0-only
"""Whoever asks for a VIP is told the owner's MAC, and the gateway has it, whatever has happened. The
gateway here believes what it was told for hours, as routers do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lab import topology
from lab.cluster import Lab
from lab.node import Settings
from lab.system import run, wait_for

BLUE = topology.BLUE
FIRST, SECOND, THIRD = BLUE.order
SOON = 1.0  # seconds
MANY = 510  # besides the two that there are anyway
GATEWAY_MACS = (topology.mac("gateway"), "02:00:00:77:00:a1")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(instances=(BLUE,), vrrp={"refresh": "1h"})


@pytest.fixture(scope="module", autouse=True)
def believing(cluster: Lab) -> None:
    cluster.network["gateway"].sysctl(
        net__ipv4__neigh__eth0__base_reachable_time_ms=14400000,
        net__ipv6__neigh__eth0__base_reachable_time_ms=14400000)


def gateway_has(lab: Lab, vip: str) -> str:
    """The MAC that the gateway sends to for a VIP."""
    entry = lab.network["gateway"].run("ip", "neigh", "show", vip, "dev", "eth0").stdout.split()
    return entry[entry.index("lladdr") + 1] if "lladdr" in entry else ""


def gateway_count(lab: Lab, mac: str) -> int:
    """How many VIPs it sends there."""
    entries = lab.network["gateway"].run("ip", "-6", "neigh", "show", "dev", "eth0").stdout
    return sum(f"lladdr {mac}" in line and line.startswith("fd77::1:")
               for line in entries.splitlines())


def wait_gateway(lab: Lab, mac: str, within: float = SOON) -> None:
    wait_for(lambda: all(gateway_has(lab, vip) == mac for vip in BLUE.vips),
             f"the gateway sends to {mac}", within)


def alarms(lab: Lab, node: str) -> dict[str, str]:
    return {alarm["name"]: alarm["text"] for alarm in lab.nodes[node].status()["alarms"]}


@contextmanager
def filtered(lab: Lab, member: str, *rules: str) -> Iterator[None]:
    """nft rules in the member's namespace, as the lines of a file."""
    run(lab.network[member].command("nft", "-f", "-"), stdin="\n".join(rules))
    try:
        yield
    finally:
        lab.network[member].run("nft", "flush", "ruleset")


POLICER = (
    "table ip6 police {",
    "chain input { type filter hook input priority 0;",
    "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } "
    "limit rate over 200/second burst 100 packets drop", "}", "}",
)


def test_the_owner_has_another_mac(lab: Lab) -> None:
    node = lab.network[FIRST]
    other = "02:00:00:77:00:99"
    wait_gateway(lab, topology.mac(FIRST))
    node.ip(f"link set eth0 address {other}")
    try:
        wait_gateway(lab, other)
    finally:
        node.ip(f"link set eth0 address {topology.mac(FIRST)}")
    wait_gateway(lab, topology.mac(FIRST))


def test_another_gateway_takes_over(lab: Lab) -> None:
    """A standby at the same address: it knows nothing, but says where it is."""
    gateway = lab.network["gateway"]
    gateway.sysctl(net__ipv4__conf__eth0__arp_notify=1, net__ipv6__conf__eth0__ndisc_notify=1)
    for mac in reversed(GATEWAY_MACS):
        gateway.ip("neigh flush dev eth0", "link set eth0 address " + mac)
        wait_gateway(lab, topology.mac(FIRST))


def test_splits_that_heal(lab: Lab) -> None:
    """Whichever of the two owners hears the other first, the gateway has the winner in the end."""
    lab.network.arrange((FIRST,), (SECOND, THIRD))
    lab.wait_settled()
    believed = []
    for number in range(8):
        lab.network.split(True)
        lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
        time.sleep(0.1 + 0.037 * number)
        believed.append(gateway_has(lab, BLUE.vip4))
        lab.network.split(False)
        wait_gateway(lab, topology.mac(FIRST))
    lab.network.arrange()
    assert topology.mac(SECOND) in believed, "the loser was believed meanwhile"


def test_a_switch_that_forwards_late(lab: Lab) -> None:
    """Ports have a carrier first and forward later, each at another time, as with spanning tree."""
    ports = (SECOND, "gateway", FIRST, THIRD)
    forwarding = {member: f"link set {member} type bridge_slave state 3" for member in ports}
    switch = lab.network["switch"]
    lab.network.link(*ports, up=False)
    time.sleep(0.5)
    lab.network.link(*ports, up=True)
    switch.ip(*(f"link set {member} type bridge_slave state 1" for member in ports))
    lab.nodes[FIRST].wait_state(BLUE.name, "MASTER")
    time.sleep(3)
    for member in ports:
        switch.ip(forwarding[member])
        time.sleep(0.3)
    wait_gateway(lab, topology.mac(FIRST), SOON - 0.6)  # n1 and the gateway forward since then
    lab.wait_settled()


def test_a_gateway_that_is_silent(lab: Lab) -> None:
    gateway = lab.network["gateway"]
    node = lab.nodes[FIRST]
    gateway.sysctl(net__ipv4__conf__eth0__arp_ignore=8)
    node.vipctl("failover", BLUE.name)
    lab.nodes[SECOND].vipctl("failover", BLUE.name)
    lab.wait_owner(BLUE, FIRST)
    try:
        text = wait_for(lambda: alarms(lab, FIRST).get("gateway_silent"), "an alarm", 8)
        assert f"{topology.address4('gateway')} has not answered for {BLUE.vip4} of blue" in text
        assert node.vipctl("status").returncode == 1
    finally:
        gateway.sysctl(net__ipv4__conf__eth0__arp_ignore=0)
    wait_for(lambda: not alarms(lab, FIRST), "the gateway has answered", SOON)


def test_an_owner_that_is_not_heard(lab: Lab) -> None:
    """Advertisements are lost on one way: the better node hears the other one, and says so."""
    lossy = ("table bridge lossy {", "chain forward { type filter hook forward priority 0;",
             f"ether saddr {topology.mac(FIRST)} ip protocol 112 drop", "}", "}")
    with filtered(lab, "switch", *lossy):
        text = wait_for(lambda: alarms(lab, FIRST).get("other_owner"), "an alarm")
        assert f"{SECOND} ({topology.address4(SECOND)}), priority 100" in text
        assert lab.nodes[FIRST].vipctl("status").returncode == 1
    lab.wait_settled()
    wait_for(lambda: not alarms(lab, FIRST), "the other one has heard", 2)
    wait_gateway(lab, topology.mac(FIRST))


def with_vips(lab: Lab, more: int) -> None:
    """A reload of all nodes, with so many VIPs more."""
    for name in lab.settings.nodes:
        node = lab.nodes[name]
        node.write_config(replace(lab.settings, more_vips=more).configuration(name))
        assert node.vipctl("reload").returncode == 0


def test_many_vips_behind_a_policer(lab: Lab) -> None:
    """As many as a node may have. The gateway lets through what the default rate is."""
    with_vips(lab, MANY)
    wait_for(lambda: gateway_count(lab, topology.mac(FIRST)) == MANY, "the gateway knows n1", 2)
    with filtered(lab, "gateway", *POLICER):
        began = time.monotonic()
        lab.nodes[FIRST].vipctl("failover", BLUE.name)
        wait_for(lambda: gateway_count(lab, topology.mac(SECOND)) == MANY,
                 "the gateway knows n2", 10)
        took = time.monotonic() - began
    print(f"{MANY} VIPs behind a policer: known after {took:.2f} s")
    assert took < 3.5
    lab.nodes[SECOND].vipctl("failover", BLUE.name)
    wait_for(lambda: gateway_count(lab, topology.mac(FIRST)) == MANY, "n1 has all back", 2)
    with_vips(lab, 0)
