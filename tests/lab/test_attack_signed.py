# SPDX-License-Identifier: GPL-2.0-only
"""Where advertisements are signed, not even a rogue with a peer's address and MAC is believed."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import attacks, forgery, topology
from lab.cluster import Lab
from lab.forgery import Key
from lab.node import Settings
from lab.watch import watched

pytestmark = pytest.mark.alone

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]
COUNT = 20
FLOOD_RATE, FLOOD_SECONDS = 100_000, 3

SHARED = Key(1, bytes(range(32)))
WRONG = Key(1, bytes(range(1, 33)))
UNKNOWN = Key(9, SHARED.secret)


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="vipd-keys-") as directory:
        path = Path(directory) / "key"
        path.touch(0o600)
        path.write_bytes(SHARED.secret)
        yield Settings(instances=(BLUE,), vrrp={
            "auth": f"{{mode: enforce, active_key: 1, keys: [{{id: 1, file: {path}}}]}}"})


@pytest.fixture(scope="module")
def cluster(cluster: Lab) -> Lab:
    cluster.network.guard_ports()
    return cluster


def forged(target: str, friend: str) -> forgery.Advert:
    return attacks.forged(target, friend, 255, topology.mac(friend))


def unsigned(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forged(target, friend).frame()]


def wrong_key(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forgery.signed(forged(target, friend), WRONG, time.time())]


def unknown_key(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forgery.signed(forged(target, friend), UNKNOWN, time.time())]


def stale(_lab: Lab, target: str, friend: str) -> list[bytes]:
    """The key is right: this is what a node once said."""
    return [forgery.signed(forged(target, friend), SHARED, time.time() - 60)]


def from_the_future(_lab: Lab, target: str, friend: str) -> list[bytes]:
    return [forgery.signed(forged(target, friend), SHARED, time.time() + 60)]


def replayed(lab: Lab, _target: str, _friend: str) -> list[bytes]:
    """Bit by bit what the owner has just sent to the backup."""
    return [forgery.capture(lab.network, FIRST, SECOND)]


def flipped_bits(lab: Lab, target: str, friend: str) -> list[bytes]:
    return [flip for frame in replayed(lab, target, friend) for flip in forgery.flipped(frame)]


ATTACKS = [
    pytest.param(unsigned, {"vrrp_unsigned"}, id="unsigned"),
    pytest.param(wrong_key, {"vrrp_hmac"}, id="wrong-key"),
    pytest.param(unknown_key, {"vrrp_unknown_key"}, id="unknown-key"),
    pytest.param(stale, {"vrrp_trailer_stale"}, id="stale"),
    pytest.param(from_the_future, {"vrrp_trailer_stale"}, id="future"),
    pytest.param(replayed, {"vrrp_replay"}, id="replayed"),
    pytest.param(flipped_bits, None, id="flipped-bits"),
]


@pytest.mark.parametrize(("frames", "reasons"), ATTACKS)
def test_one_by_one(lab: Lab, frames: Callable[[Lab, str, str], list[bytes]],
                    reasons: set[str] | None) -> None:
    """To the first backup, in the owner's name."""
    with watched(lab) as watch:
        forgeries = frames(lab, SECOND, FIRST)
        sent = forgery.send(lab.network["rogue"], forgeries, max(COUNT, len(forgeries)))
    watch.assert_nothing_happened()
    assert sum(watch.drops[SECOND].values()) == sent.frames
    if reasons:
        assert set(watch.drops[SECOND]) == reasons


def test_flood_that_costs_a_digest_each(lab: Lab) -> None:
    """In time and of a known key, so that only the HMAC tells; in the names of both nodes."""
    with watched(lab) as quiet:
        time.sleep(FLOOD_SECONDS)
    with watched(lab) as flooded:
        frames = wrong_key(lab, FIRST, SECOND) + wrong_key(lab, SECOND, FIRST)
        sent = forgery.send(lab.network["rogue"], frames, FLOOD_RATE * FLOOD_SECONDS, FLOOD_RATE)
    dropped = {node: flooded.drops[node].get("vrrp_hmac", 0) for node in (FIRST, SECOND)}
    print(f"{sent.rate:.0f} frames a second; {dropped} of {sent.frames} counted; "
          f"CPU {flooded.cpu} after {quiet.cpu}; {flooded.log_lines} lines logged")
    flooded.assert_nothing_happened()
    assert dropped == {FIRST: sent.frames / 2, SECOND: sent.frames / 2}
    expected = quiet.accepted[SECOND] * flooded.seconds / quiet.seconds
    assert flooded.accepted[SECOND] > 0.8 * expected, "the owner's advertisements get through"
    for node in (FIRST, SECOND):
        assert flooded.cpu[node] - quiet.cpu[node] < 0.1 * flooded.seconds
    assert flooded.log_lines < 50
