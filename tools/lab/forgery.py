# SPDX-License-Identifier: GPL-2.0-only
"""Advertisements that nobody should believe, made by hand or captured, and their sender."""

import hmac
import json
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from . import topology
from .system import BUILD, LabError, Namespace, run

PROTOCOL_VRRP = 112
ETHERNET_LENGTH, IP_LENGTH = 14, 20


def checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


@dataclass(frozen=True)
class Advert:
    """VRRPv3 over IPv4, to one node. As it stands, it is well-formed: only its sender lies."""

    target: str
    source: str  # IPv4 address
    mac: str
    priority: int
    instance: topology.Instance = topology.BLUE
    interval_cs: int = 4095
    ttl: int = 255

    def frame(self) -> bytes:
        ethernet = mac_bytes(topology.mac(self.target)) + mac_bytes(self.mac) + b"\x08\x00"
        message = self._message()
        return ethernet + self.ip(len(message)) + message

    def _message(self) -> bytes:
        """With the checksum that everybody accepts: the pseudo header is in it (RFC 5798)."""
        message = struct.pack("!BBBBHH4s", 0x31, self.instance.vrid, self.priority, 1,
                              self.interval_cs, 0, IPv4Address(self.instance.vip4).packed)
        pseudo_header = self._addresses() + struct.pack("!HH", PROTOCOL_VRRP, len(message))
        return (message[:6] + struct.pack("!H", checksum(pseudo_header + message)) + message[8:])

    def ip(self, length: int) -> bytes:
        """The header before so many bytes."""
        header = struct.pack("!BBHHHBBH", 0x45, 0xc0, IP_LENGTH + length, 0, 0, self.ttl,
                             PROTOCOL_VRRP, 0) + self._addresses()
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:]

    def _addresses(self) -> bytes:
        return IPv4Address(self.source).packed + IPv4Address(topology.address4(self.target)).packed


@dataclass(frozen=True)
class Key:
    """One that the nodes share, or that the rogue wishes they did."""

    number: int
    secret: bytes


def signed(advert: Advert, key: Key, at: float) -> bytes:
    """With the trailer of draft-cassen-vrrp-auth-hmac, as of that time (s since the epoch)."""
    frame = advert.frame()
    ethernet, message = frame[:ETHERNET_LENGTH], frame[ETHERNET_LENGTH + IP_LENGTH:]
    trailer = struct.pack("!BBHIHH", 1, key.number, 0, int(at), int(at % 1 * 65536), 0)
    pseudo_header = struct.pack("!BBBB16s", 4, message[0] >> 4, message[1], 0,
                                IPv4Address(advert.source).packed)
    blank = message[:6] + bytes(2) + message[8:]
    digest = hmac.digest(key.secret, pseudo_header + blank + trailer + bytes(16), "sha256")[:16]
    return ethernet + advert.ip(len(message + trailer + digest)) + message + trailer + digest


def capture(network: topology.Network, sender: str, receiver: str) -> bytes:
    """The next advertisement on the wire from one node to the other, as a frame."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "capture"
        network["switch"].run("tcpdump", "--relinquish-privileges=root", "-c", "1", "-w", path,
                              "-i", receiver, "--direction=out",
                              f"ip proto {PROTOCOL_VRRP} and src {topology.address4(sender)}")
        return path.read_bytes()[24 + 16:]  # behind the file's header and the packet's


def readdressed(frame: bytes, destination: str, source: str) -> bytes:
    """The same packet between other MACs."""
    return mac_bytes(destination) + mac_bytes(source) + frame[12:]


def flipped(frame: bytes) -> list[bytes]:
    """The frame with each bit of its packet flipped, but for those that say that it is VRRP."""
    protocol = ETHERNET_LENGTH + 9
    return [frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1:]
            for at in range(ETHERNET_LENGTH, len(frame)) if at != protocol for bit in range(8)]


@dataclass(frozen=True)
class Sent:
    """What the sender says of itself."""

    frames: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.frames / self.seconds


def send(rogue: Namespace, frames: Sequence[bytes], count: int = 0, rate: int = 1000) -> Sent:
    """The frames in turn: each once, or `count` altogether."""
    lines = "".join(f"{frame.hex()}\n" for frame in frames)
    command = rogue.command(BUILD / "tools/lab/flood", "-r", str(rate), "-n", str(count), "eth0")
    result = run(command, stdin=lines, timeout=60)
    said = json.loads(result.stdout)
    if said["sent"] < (count or len(frames)):
        raise LabError(f"the rogue sent {said['sent']} frames only")
    return Sent(said["sent"], said["seconds"])
