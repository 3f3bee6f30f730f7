# SPDX-License-Identifier: GPL-2.0-only
"""The attacks of the rogue in the segment, for the tests and for tools/lab/attack.

Each is made of frames to one node; `friend` is another node of the cluster, which they pretend to
come from. The MACs are the rogue's own, except where it says otherwise: a switch that guards its
ports lets no other out, and one that does not is what `Network.guard_ports()` is there against.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from . import forgery, topology
from .cluster import Lab
from .forgery import Advert


@dataclass(frozen=True)
class Attack:
    """What is sent, and what vipd with pinned MACs counts it as; None: several reasons."""

    name: str
    frames: Callable[[Lab, str, str], list[bytes]]
    reason: str | None


def forged(target: str, source: str, priority: int, mac: str = topology.mac("rogue")) -> Advert:
    return Advert(target=target, source=topology.address4(source), mac=mac, priority=priority)


def stranger_255(_lab: Lab, target: str, _friend: str) -> list[bytes]:
    return [forged(target, "rogue", 255).frame()]


def stranger_0(_lab: Lab, target: str, _friend: str) -> list[bytes]:
    return [forged(target, "rogue", 0).frame()]


def own_address(_lab: Lab, target: str, _friend: str) -> list[bytes]:
    return [forged(target, target, 255).frame()]


def peers_address_255(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forged(target, friend, 255).frame()]


def peers_address_0(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forged(target, friend, 0).frame()]


def from_afar(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [replace(forged(target, friend, 255, topology.mac(friend)), ttl=254).frame()]


def replayed(lab: Lab, target: str, _friend: str) -> list[bytes]:
    """What the owner has just sent to the first backup."""
    owner, backup = topology.BLUE.order[:2]
    frame = forgery.capture(lab.network, owner, backup)
    return [forgery.readdressed(frame, topology.mac(target), topology.mac("rogue"))]


def flipped_bits(_lab: Lab, target: str, friend: str) -> list[bytes]:
    """In an advertisement that would be believed, MAC and all."""
    return forgery.flipped(forged(target, friend, 255, topology.mac(friend)).frame())


def mixture(lab: Lab, target: str, friend: str) -> list[bytes]:
    return [frame for attack in SINGLE if attack.name != "a replayed advertisement"
            for frame in attack.frames(lab, target, friend)]


SINGLE = (
    Attack("a stranger, priority 255", stranger_255, "vrrp_unknown_source"),
    Attack("a stranger, priority 0", stranger_0, "vrrp_unknown_source"),
    Attack("the node's own address", own_address, "vrrp_own_address"),
    Attack("a peer's address, priority 255", peers_address_255, "vrrp_wrong_mac"),
    Attack("a peer's address, priority 0", peers_address_0, "vrrp_wrong_mac"),
    Attack("TTL 254, a peer's address and MAC", from_afar, "vrrp_ttl"),
    Attack("a replayed advertisement", replayed, None),
    Attack("flipped bits, a peer's address and MAC", flipped_bits, None),
)
FLOOD = Attack("a flood of all of these", mixture, None)
