# SPDX-License-Identifier: GPL-2.0-only
"""Signed advertisements between three nodes: what is on the wire, who is believed, and changes of
keys and modes that lose no advertisement.
"""

import hmac
import json
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Node, Settings
from lab.system import wait_for

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
KEYS = {1: bytes(range(32)), 2: bytes(range(100, 164))}
COUNT = 20


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    """A directory with key files: ID.key."""
    with tempfile.TemporaryDirectory(prefix="vipd-keys-") as name:
        directory = Path(name)
        for number, key in KEYS.items():
            path = directory / f"{number}.key"
            path.touch(0o600)
            path.write_bytes(key if number == 1 else b"hex:" + key.hex().encode() + b"\n")
        yield directory


def authentication(keys: Path, mode: str, active: int, *ids: int) -> dict[str, str]:
    listed = ", ".join(f"{{id: {number}, file: {keys}/{number}.key}}" for number in ids)
    return {"auth": f"{{mode: {mode}, active_key: {active}, keys: [{listed}]}}"}


@pytest.fixture(scope="module")
def settings(keys: Path) -> Settings:
    return Settings(instances=(BLUE,), vrrp=authentication(keys, "enforce", 1, 1))


def reload(node: Node, settings: Settings) -> None:
    node.write_config(settings.configuration(node.name))
    reply = node.vipctl("reload")
    assert reply.returncode == 0, reply.stderr


def frames(lab: Lab, member: str, *arguments: str) -> str:
    return lab.network[member].run("/usr/bin/python3", "-B", Path(__file__).with_name("frames.py"),
                                   *arguments).stdout


def adverts_of(lab: Lab, name: str, count: int) -> list[bytes]:
    """Of blue: IPv4 packets, seen where they leave."""
    listed = json.loads(frames(lab, name, "listen", topology.address4(name), str(BLUE.vrid),
                               str(count)))
    assert len(listed) == count
    return [bytes.fromhex(packet) for packet in listed]


def signed_part(packet: bytes) -> bytes:
    """What draft-cassen-vrrp-auth-hmac hashes."""
    message, trailer = packet[20:-28], packet[-28:]
    pseudo_header = struct.pack("!BBBB16s", 4, message[0] >> 4, message[1], 0, packet[12:16])
    return pseudo_header + message[:6] + bytes(2) + message[8:] + trailer[:12] + bytes(16)


def test_what_is_on_the_wire(lab: Lab) -> None:
    """By an implementation of HMAC that is not ours."""
    sequences = []
    for packet in adverts_of(lab, FIRST, 6):
        assert (packet[1], packet[8], packet[9]) == (0xc0, 255, 112)
        assert len(packet) == 20 + 12 + 28
        kind, key, reserved, seconds, fraction, counter = struct.unpack("!BBHIHH", packet[-28:-16])
        assert (kind, key, reserved) == (1, 1, 0)
        assert packet[-16:] == hmac.digest(KEYS[key], signed_part(packet), "sha256")[:16]
        assert abs(seconds + fraction / 65536 - time.time()) < 10
        sequences.append(seconds << 32 | fraction << 16 | counter)
    # One signature serves all peers, so there are as many pairs of packets with the same one.
    assert sequences == sorted(sequences)
    assert 3 <= len(set(sequences)) <= 4


def test_the_next_takes_over(lab: Lab) -> None:
    lab.network.link(FIRST, up=False)
    lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
    lab.network.link(FIRST, up=True)
    lab.wait_settled()
    assert lab.who_answers(BLUE.vip4)[BLUE.vip4].nodes == {FIRST}


def test_status_shows_who_signs(lab: Lab) -> None:
    status = lab.nodes[SECOND].status()
    assert status["vrrp"]["auth"] == {"mode": "enforce", "active_key": 1, "keys": [1],
                                      "anti_replay": "time", "window_ms": 5000}
    peers = {peer["name"]: peer for peer in lab.nodes[SECOND].instance(BLUE.name)["peers"]}
    assert peers[FIRST]["signed"]
    assert KEYS[1].hex() not in json.dumps(status)


def forge(lab: Lab, packet: bytes) -> None:
    """From the rogue, to the owner, with the peer's addresses."""
    frames(lab, "rogue", "send", topology.mac(SECOND), topology.mac(FIRST), packet.hex(),
           str(COUNT))


def with_checksum(data: bytes, covered: int, offset: int) -> bytes:
    """The Internet checksum (RFC 1071) of the first bytes, put where it belongs."""
    blank = data[:offset] + bytes(2) + data[offset + 2:]
    total = sum(struct.unpack(f"!{covered // 2}H", blank[:covered]))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return data[:offset] + struct.pack("!H", 0xffff - total) + data[offset + 2:]


def to_first(packet: bytes, payload: bytes) -> bytes:
    """The packet with a payload and the owner as its destination; neither is in what is signed."""
    header = packet[:2] + struct.pack("!H", 20 + len(payload)) + packet[4:16] + bytes(
        map(int, topology.address4(FIRST).split(".")))
    return with_checksum(header, 20, 10) + with_checksum(payload, 12, 6)


def test_forgeries_and_replays_change_nothing(lab: Lab) -> None:
    """The peer's own packets, from a time when it was the owner."""
    first = lab.nodes[FIRST]
    lab.network.link(FIRST, up=False)
    lab.nodes[SECOND].wait_state(BLUE.name, "MASTER")
    packet = adverts_of(lab, SECOND, 1)[0]
    lab.network.link(FIRST, up=True)
    lab.wait_settled()

    payload = packet[20:]
    transitions = first.instance(BLUE.name)["transitions"]
    for reasons, forgery in ((["vrrp_unsigned"], payload[:-28]),
                             (["vrrp_hmac"], payload[:2] + b"\xff" + payload[3:]),  # priority 255
                             (["vrrp_replay", "vrrp_trailer_stale"], payload)):
        before = first.drops()
        forge(lab, to_first(packet, forgery))
        after = first.drops()
        assert sum(after[reason] - before[reason] for reason in reasons) == COUNT, reasons
    assert first.instance(BLUE.name)["transitions"] == transitions


def drops_of_vrrp(lab: Lab) -> dict[str, dict[str, int]]:
    """But for what a bridge floods to nodes that it is not for."""
    return {name: {reason: count for reason, count in lab.nodes[name].drops().items()
                   if reason.startswith("vrrp") and reason != "vrrp_destination"}
            for name in lab.settings.nodes}


def transitions(lab: Lab) -> list[int]:
    return [lab.nodes[name].instance(BLUE.name)["transitions"] for name in lab.settings.nodes]


def go_through(lab: Lab, steps: list[Settings]) -> None:
    """Each step on each node, one after the other; no advertisement may be refused meanwhile."""
    drops, changes = drops_of_vrrp(lab), transitions(lab)
    for step in steps:
        for name in lab.settings.nodes:
            reload(lab.nodes[name], step)
            time.sleep(0.4)  # more than three advertisements
    assert drops_of_vrrp(lab) == drops
    assert transitions(lab) == changes


@pytest.mark.parametrize(("family", "mode", "checksum"), [
    (4, "unicast", "rfc9568"), (4, "multicast", "pseudo-header"), (6, "unicast", "rfc9568"),
    (6, "multicast", "rfc9568")])
def test_any_way_to_send(lab: Lab, keys: Path, family: int, mode: str, checksum: str) -> None:
    """Over IPv6 the checksum covers the trailer, over IPv4 it does not."""
    wishes = replace(lab.settings, multicast=mode == "multicast", ipv6_only=family == 6,
                     vrrp=authentication(keys, "enforce", 1, 1) | {"checksum": checksum})
    for name in lab.settings.nodes:
        reload(lab.nodes[name], wishes)
    lab.wait_settled()
    before = drops_of_vrrp(lab), transitions(lab)
    time.sleep(1)
    assert (drops_of_vrrp(lab), transitions(lab)) == before
    for name in lab.settings.nodes:
        reload(lab.nodes[name], lab.settings)
    lab.wait_settled()


def test_rotation_by_reload(lab: Lab, keys: Path) -> None:
    probe = lab.owner_probe(*BLUE.vips)
    go_through(lab, [replace(lab.settings, vrrp=authentication(keys, "enforce", active, *ids))
                     for active, ids in ((1, (1, 2)), (2, (1, 2)), (2, (2,)),
                                         (2, (1, 2)), (1, (1, 2)), (1, (1,)))])
    for owners in probe.stop().values():
        assert owners.nodes == {FIRST}


def test_a_bad_key_file_is_refused(lab: Lab, keys: Path) -> None:
    node = lab.nodes[FIRST]
    node.write_config(replace(lab.settings, vrrp=authentication(keys, "enforce", 2, 1, 2))
                      .configuration(FIRST))
    (keys / "2.key").chmod(0o644)
    try:
        reply = node.vipctl("reload")
        assert reply.returncode != 0
        assert "2.key has mode 0644, which lets everybody at it" in reply.stdout + reply.stderr
    finally:
        (keys / "2.key").chmod(0o600)
    assert node.status()["vrrp"]["auth"]["active_key"] == 1
    assert adverts_of(lab, FIRST, 1)[0][-27] == 1
    reload(node, lab.settings)


def test_a_node_without_the_key_is_not_believed(lab: Lab, keys: Path) -> None:
    """It takes over, for it believes nobody either; the others do not listen to it."""
    stranger = lab.nodes[SECOND]
    reload(stranger, replace(lab.settings, vrrp=authentication(keys, "enforce", 2, 2)))
    stranger.wait_state(BLUE.name, "MASTER")
    before = lab.nodes[FIRST].drops()["vrrp_unknown_key"]
    wait_for(lambda: lab.nodes[FIRST].drops()["vrrp_unknown_key"] > before,
             "the owner drops what is signed with a key it does not have")
    assert lab.nodes[FIRST].state(BLUE.name) == "MASTER"
    reload(stranger, lab.settings)
    lab.wait_settled()


def test_roll_out_to_a_running_cluster(lab: Lab, keys: Path) -> None:
    """From no authentication to enforcing it, and back, one node after the other."""
    off = replace(lab.settings, vrrp={})
    modes = {mode: replace(lab.settings, vrrp=authentication(keys, mode, 1, 1))
             for mode in ("receive-only", "permissive", "enforce")}
    probe = lab.owner_probe(*BLUE.vips)
    go_through(lab, [modes["permissive"], modes["receive-only"], off,
                     modes["receive-only"], modes["permissive"], modes["enforce"]])
    for owners in probe.stop().values():
        assert owners.nodes == {FIRST}


def test_a_restart_does_not_repeat_itself(lab: Lab) -> None:
    """Not even a crash makes a sequence go back, so the peers see no replay."""
    node = lab.nodes[FIRST]
    before = drops_of_vrrp(lab)
    for end in (node.kill_vipd, node.stop_vipd):
        end()
        node.start_vipd()
        lab.wait_settled()
    after = drops_of_vrrp(lab)
    for name in lab.settings.nodes:
        assert after[name]["vrrp_replay"] == before[name]["vrrp_replay"] or name == FIRST
