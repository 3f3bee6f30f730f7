# SPDX-License-Identifier: GPL-2.0-only
"""Frames that no kernel would send, by scapy. A program of its own, to be run in a namespace.

    frames.py ask ADDRESS                          who answers a broadcast or multicast question
    frames.py listen ADDRESS VRID COUNT            what an address advertises: packets in hex
    frames.py send FROM_MAC TO_MAC PACKET COUNT    an IPv4 packet in hex, as it is
    frames.py advert KEY=VALUE...                  send VRRPv3 advertisements, forged at will
"""

import json
import logging
import struct
import sys
from socket import AF_INET, AF_INET6, AF_PACKET, SOCK_RAW, inet_ntop, inet_pton, socket

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.layers.inet import IP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptSrcLLAddr, IPv6, in6_getnsma,
    in6_getnsmac)
from scapy.layers.l2 import ARP, Ether  # noqa: E402
from scapy.packet import Packet, Raw  # noqa: E402
from scapy.sendrecv import AsyncSniffer, sendp, sniff  # noqa: E402
from scapy.utils import checksum  # noqa: E402

INTERFACE = "eth0"
OURS4, OURS6, OUR_MAC = "10.77.0.66", "fd77::66", "02:00:00:77:00:66"


def question(address: str) -> Packet:
    """A broadcast ARP request, or a multicast neighbour solicitation."""
    if ":" not in address:
        return (Ether(src=OUR_MAC, dst="ff:ff:ff:ff:ff:ff")
                / ARP(op="who-has", hwsrc=OUR_MAC, psrc=OURS4, pdst=address))
    group = in6_getnsma(inet_pton(AF_INET6, address))
    return (Ether(src=OUR_MAC, dst=in6_getnsmac(group))
            / IPv6(src=OURS6, dst=inet_ntop(AF_INET6, group), hlim=255)
            / ICMPv6ND_NS(tgt=address) / ICMPv6NDOptSrcLLAddr(lladdr=OUR_MAC))


def answerer(frame: Packet, address: str) -> str | None:
    """The MAC that a frame says the address has; None when it is no answer to us."""
    if frame.dst != OUR_MAC:
        return None
    if ARP in frame and frame[ARP].op == 2 and frame[ARP].psrc == address:
        return str(frame[ARP].hwsrc)
    if ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == address:
        return str(frame[ICMPv6NDOptDstLLAddr].lladdr)
    return None


def ask(address: str) -> list[str]:
    """Everyone who answers within half a second."""
    sniffer = AsyncSniffer(iface=INTERFACE, started_callback=lambda: sendp(
        question(address), iface=INTERFACE, verbose=False), timeout=0.5)
    sniffer.start()
    sniffer.join()
    return [mac for mac in (answerer(frame, address) for frame in sniffer.results) if mac]


def advert(wishes: dict[str, str]) -> int:
    """Wishes: to, to_mac, vrid, vip; and source, mac, priority, ttl, interval, checksum, count,
    device; a pause between two, in seconds.
    """
    vip = inet_pton(AF_INET, wishes["vip"])
    message = struct.pack("!BBBBHH", 0x31, int(wishes["vrid"]), int(wishes.get("priority", 255)), 1,
                          int(wishes.get("interval", 4095)), 0) + vip
    correct = checksum(message)  # of the message alone: RFC 9568 section 5.2.8
    if wishes.get("checksum") == "wrong":
        correct ^= 0x5555
    message = message[:6] + struct.pack("!H", correct) + message[8:]
    frame = (Ether(src=wishes.get("mac", OUR_MAC), dst=wishes["to_mac"])
             / IP(src=wishes.get("source", OURS4), dst=wishes["to"], proto=112,
                  ttl=int(wishes.get("ttl", 255)))
             / Raw(message))
    count = int(wishes.get("count", 10))
    device = wishes.get("device", INTERFACE)
    if float(wishes.get("pause", 0.001)) == 0:
        flood(bytes(frame), device, count)
    else:
        sendp(frame, iface=device, count=count, inter=0.001, verbose=False)
    return count


def listen(address: str, vrid: int, count: int) -> list[str]:
    """As many IPv4 packets of one virtual router, or what came of them within ten seconds."""
    frames = sniff(iface=INTERFACE, count=count, timeout=10, lfilter=lambda frame: (
        IP in frame and frame[IP].proto == 112 and frame[IP].src == address
        and bytes(frame[IP].payload)[1] == vrid))
    return [bytes(frame[IP])[:frame[IP].len].hex() for frame in frames]


def send(source: str, destination: str, packet: str, count: int) -> int:
    sendp(Ether(src=source, dst=destination, type=0x0800) / Raw(bytes.fromhex(packet)),
          iface=INTERFACE, count=count, inter=0.001, verbose=False)
    return count


def flood(frame: bytes, device: str, count: int) -> None:
    """As fast as this machine can."""
    with socket(AF_PACKET, SOCK_RAW) as sender:
        sender.bind((device, 0))
        for _ in range(count):
            sender.send(frame)


def main() -> None:
    command, *arguments = sys.argv[1:]
    if command == "ask":
        print(json.dumps(ask(arguments[0])))
    elif command == "listen":
        print(json.dumps(listen(arguments[0], int(arguments[1]), int(arguments[2]))))
    elif command == "send":
        print(json.dumps(send(arguments[0], arguments[1], arguments[2], int(arguments[3]))))
    elif command == "advert":
        print(json.dumps(advert(dict(argument.split("=", 1) for argument in arguments))))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
