# SPDX-License-Identifier: GPL-2.0-only
"""Every VRRP advertisement that an interface hears, a line of JSON each. A program of its own, to be
run in a namespace: listener.py LOG.
"""

import json
import sys
import time
from socket import AF_INET, AF_INET6, AF_PACKET, SOCK_RAW, inet_ntop, ntohs, socket

ETH_P_ALL = 3
VRRP = 112
TRAILER = 28


def total(data: bytes) -> int:
    """RFC 1071, before the complement: 0xffff if a checksum in the data is right."""
    data += bytes(len(data) % 2)
    value = sum(int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return value


def read_ip(frame: bytes) -> tuple[int, str, str, bytes, bytes] | None:
    """Family, source, destination, pseudo header and what follows; None: it is no VRRP."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == VRRP:
        length = int.from_bytes(frame[16:18], "big") - 20
        message = frame[34:34 + length]
        pseudo = frame[26:34] + bytes([0, VRRP]) + length.to_bytes(2, "big")
        return (4, inet_ntop(AF_INET, frame[26:30]), inet_ntop(AF_INET, frame[30:34]), pseudo,
                message)
    if kind == b"\x86\xdd" and frame[20] == VRRP:
        length = int.from_bytes(frame[18:20], "big")
        return (6, inet_ntop(AF_INET6, frame[22:38]), inet_ntop(AF_INET6, frame[38:54]), b"",
                frame[54:54 + length])
    return None


def read_advert(frame: bytes) -> dict[str, object] | None:
    packet = read_ip(frame)
    if not packet:
        return None
    family, source, destination, pseudo, message = packet
    version, addresses = message[0] >> 4, message[3]
    length = 8 + addresses * (4 if family == 4 else 16) + (8 if version == 2 else 0)
    trailer = message[length:]
    return {
        "time": time.monotonic(),
        "mac": frame[6:12].hex(":"), "source": source, "destination": destination,
        "version": version, "vrid": message[1], "priority": message[2], "addresses": addresses,
        "interval": message[5] if version == 2 else int.from_bytes(message[4:6], "big") & 0xfff,
        "of_message": total(message[:length]) == 0xffff,
        "with_pseudo_header": total(pseudo + message[:length]) == 0xffff,
        "key": trailer[1] if len(trailer) == TRAILER else None,
        "password": message[length - 8:length].rstrip(b"\0").decode() if version == 2 else None,
    }


def main() -> None:
    with (socket(AF_PACKET, SOCK_RAW, ntohs(ETH_P_ALL)) as wire,
          open(sys.argv[1], "a", buffering=1, encoding="utf-8") as log):
        wire.bind(("eth0", ETH_P_ALL))
        while True:
            frame, (_, _, direction, *_) = wire.recvfrom(2048)
            advert = read_advert(frame) if direction != 4 else None
            if advert:
                log.write(json.dumps(advert) + "\n")


if __name__ == "__main__":
    main()
