# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the walk over the node, vrrp, instances and sync groups: see walk.py."""

import grp
import time
from typing import Any

from lab import topology
from lab.system import wait_for
from walk import (ANY, LISTENERS, OTHER, SELF, Bench, Change, Config, Refusal, Row, Scene, add,
                  blue, both, nothing, peer, put, vrrp, web)

GATEWAY, ROGUE = topology.address4("gateway"), topology.address4("rogue")


def of_peer(number: int, **keys: Any) -> Change:
    return both(*(put(key, value, "peers", number) for key, value in keys.items()))


# The node and its network.

def default_route(bench: Bench) -> Any:
    """The route that replies take, and the MAC by which the dataplane knows the gateway."""
    routes = bench.ip("-4", "route", "show", "table", "112", "default")
    return routes[0]["gateway"], bench.settings()["gateway_mac4"]["bytes"][-1]


def tables(bench: Bench) -> set[str]:
    return {str(rule["table"]) for rule in bench.ip("-4", "rule") if rule["priority"] == 1120}


def socket_access(bench: Bench) -> Any:
    status = (bench.node.run_directory / "vipd.sock").stat()
    return grp.getgrgid(status.st_gid).gr_name, status.st_mode & 0o777


def rename_other(config: Config, _bench: Bench) -> None:
    config["peers"][1]["name"] = "two"
    for instance in config["instances"]:
        instance["priority"] = {SELF: 150, "two": 100}


def known_peers(bench: Bench) -> set[int]:
    """The last bytes of the IPv4 addresses that the dataplane takes advertisements from."""
    return {entry["key"]["bytes"][-1] for entry in bench.map("vipd_peers")
            if entry["key"]["bytes"][10:13] == [255, 255, 10]}


def peer_macs(bench: Bench) -> Any:
    """Of the other node: whether it is pinned, and its last byte."""
    return {(entry["value"]["mac_pinned"], entry["value"]["mac"][-1])
            for entry in bench.map("vipd_peers") if entry["key"]["bytes"][-1] == 12}


def who_hears(vrid: int) -> Any:
    """Which listeners hear the advertisements of an instance; None: too early to say."""
    def see(bench: Bench) -> Any:
        lately = {member: bench.lately(member) for member in LISTENERS}
        if None in lately.values():
            return None
        return {member for member, vrids in lately.items() if vrids and vrid in vrids}
    return see


def metrics_ports(bench: Bench) -> Any:
    """Where vipd serves its metrics, which it does to whoever asks there."""
    listeners = bench.node.namespace.run("ss", "-Htlnp").stdout.splitlines()
    places = [line.split()[3] for line in listeners if '"vipd"' in line]
    for place in places:
        url = f"http://{place.replace('0.0.0.0', '127.0.0.1')}/metrics"
        assert "vipd_" in bench.node.namespace.run("curl", "--silent", "--max-time", "1", url).stdout
    return places


NODE = [
    Refusal("node", put("node", OTHER), "node: cannot change while vipd runs"),
    Refusal("interface", put("interface", "spare"), "interface: cannot change while vipd runs"),
    Refusal("vlan", put("vlan", 4000), "vlan: cannot change while vipd runs"),
    Row("metrics", nothing, put("metrics", {"listen": "127.0.0.1:9650"}), metrics_ports, [],
        ["127.0.0.1:9650"]),
    Row("metrics.listen", put("metrics", {"listen": "0.0.0.0:9650"}),
        put("metrics", {"listen": "127.0.0.1:9650"}), metrics_ports, ["0.0.0.0:9650"],
        ["127.0.0.1:9650"]),
    Row("gateway", nothing, put("gateway", [ROGUE, topology.address6("gateway")]), default_route,
        (GATEWAY, 1), (ROGUE, 0x66)),
    Row("routing_table", nothing, put("routing_table", 113), tables, {"112"}, {"113"}),
    Row("drain_on_down", nothing, put("drain_on_down", ["nowhere"]),
        lambda bench: bench.status()["drain"] is not None, False, True),
    Row("stop_grace", put("stop_grace", "5s"), put("stop_grace", "7s"),
        lambda bench: bench.status()["stop_grace_ms"], 5000, 7000),
    Row("control", nothing, put("control", {"group": "daemon"}), socket_access,
        ("root", 0o660), ("daemon", 0o660)),
    Row("control.group", put("control", {"group": "daemon"}), put("control", {"group": "adm"}),
        socket_access, ("daemon", 0o660), ("adm", 0o660)),
    Row("control.read_only_group", put("control", {"group": "daemon"}),
        put("control", {"group": "daemon", "read_only_group": "adm"}), socket_access,
        ("daemon", 0o660), ("root", 0o666)),
    Row("peers", nothing, lambda config, _: config["peers"].append(peer("n3")), known_peers,
        {11, 12}, {11, 12, 13}),
    Row("peers[].name", nothing, rename_other,
        lambda bench: [entry["name"] for entry in bench.instance()["peers"]], [OTHER], ["two"]),
    Row("peers[].address", nothing, of_peer(1, address=ROGUE), who_hears(51), {OTHER}, {"rogue"}),
    Row("peers[].address6", nothing, of_peer(1, address6=topology.address6("rogue")), who_hears(52),
        {OTHER}, {"rogue"}),
    Row("peers[].link_local6", vrrp(mode="multicast"),
        both(vrrp(mode="multicast"), of_peer(0, link_local6="fe80::77")),
        lambda bench: bench.advert("source", 52), topology.link_local(SELF), "fe80::77"),
    Row("peers[].mac", nothing, of_peer(1, mac="02:00:00:00:00:99"), peer_macs, {(0, 0x12)},
        {(1, 0x99)}),
]

# VRRP.

INTERVAL_1S = vrrp(advert_interval="1s")


def take_over(bench: Bench, _config: Config) -> None:
    bench.lab.network.link(SELF, up=False)
    bench.node.wait_state("blue", "FAULT")
    bench.lab.network.link(SELF, up=True)
    bench.node.wait_state("blue", "MASTER")


def waited(bench: Bench) -> bool:
    """Between our first advertisement and our first answer."""
    return (bench.instance()["takeover"]["due_to_lease_us"] or 0) >= 60_000


def checksum(bench: Bench) -> Any:
    return bench.advert("of_message"), bench.advert("with_pseudo_header")


REFRESHED = vrrp(refresh="1s")
SLOWLY = put("announce", {"rate": 1, "burst": 1})


def confirmed_lately(bench: Bench) -> bool:
    """Whether the gateway's answers for all VIPs are young: each second is a refresh."""
    ages = [bench.instance(name)["gateway"]["confirmed_age_ms"] for name in ("blue", "green", "teal")]
    return all(age is not None and age < 1800 for age in ages)


def is_guarded(bench: Bench) -> bool:
    return "xdp" in bench.ip("link", "show", "spare")[0]


def standing_vrid(bench: Bench) -> Any:
    """By which VRID our node last told its standing; None: by neither."""
    vrids = [advert["vrid"] for advert in bench.heard(OTHER) if advert["vrid"] in (250, 255)]
    return vrids[-1] if vrids else None


def tells_standing(bench: Bench) -> Any:
    """Whether the other node is told, which is silent and so about once a second; None: too early."""
    since = bench.followed_at + 0.2
    told = [advert for advert in bench.heard(OTHER)
            if advert["vrid"] == 255 and advert["time"] > since]
    return True if told else False if time.monotonic() > since + 1.5 else None


def wants_quorum(bench: Bench) -> bool:
    return bench.status()["quorum"] is not None


def auth(**keys: Any) -> Change:
    """Signed with key 1, but for what is said."""
    def change(config: Config, bench: Bench) -> None:
        section = {"mode": "permissive", "active_key": 1,
                   "keys": [{"id": 1, "file": bench.file("key.1", "hex:" + "11" * 32)},
                            {"id": 2, "file": bench.file("key.2", "hex:" + "22" * 32)}]} | keys
        config["vrrp"]["auth"] = section
    return change


def numbered(number: int) -> Change:
    def change(config: Config, bench: Bench) -> None:
        auth(active_key=number)(config, bench)
        config["vrrp"]["auth"]["keys"][0]["id"] = number
    return change


def one_key(config: Config, bench: Bench) -> None:
    auth()(config, bench)
    del config["vrrp"]["auth"]["keys"][1]


def other_file(config: Config, bench: Bench) -> None:
    auth()(config, bench)
    config["vrrp"]["auth"]["keys"][0]["file"] = bench.file("key.3", "hex:" + "33" * 32)


def keys(bench: Bench) -> Any:
    """The keys that the dataplane verifies with: what each is, by its id."""
    return {entry["key"]: tuple(entry["value"]["inner"]) for entry in bench.map("vipd_keys")
            if entry["value"]["configured"]}


def authentication(field: str) -> Any:
    return lambda bench: bench.map("vipd_authentication")[0]["value"][field]


QUORUM_OF_1 = put("peers", lambda _: [peer(name) for name in topology.NODES])

VRRP = [
    Row("vrrp", put("vrrp", {}), nothing, lambda bench: bench.advert("interval"), 100, 10),
    Row("vrrp.advert_interval", nothing, vrrp(advert_interval="200ms"),
        lambda bench: bench.advert("interval"), 10, 20),
    Row("vrrp.handover_delay", nothing, vrrp(handover_delay="60ms"), waited, False, True,
        follows=take_over),
    Row("vrrp.refresh", vrrp(refresh="1h"), vrrp(refresh="1s"), confirmed_lately, False, True),
    Row("announce", REFRESHED, both(REFRESHED, SLOWLY), confirmed_lately, True, False),
    Row("announce.rate", both(REFRESHED, put("announce", {"burst": 1})), both(REFRESHED, SLOWLY),
        confirmed_lately, True, False),
    Row("announce.burst", both(REFRESHED, put("announce", {"rate": 1})), both(REFRESHED, SLOWLY),
        confirmed_lately, True, False),
    Row("vrrp.mode", nothing, vrrp(mode="multicast"),
        lambda bench: bench.advert("destination"), topology.address4(OTHER), "224.0.0.18"),
    Row("vrrp.checksum", nothing, vrrp(checksum="rfc9568"), checksum, (False, True), (True, False)),
    Row("vrrp.virtual_mac", nothing, vrrp(virtual_mac=True),
        lambda bench: bench.settings()["virtual_mac"], 0, 1),
    Row("vrrp.guard_interfaces", nothing, vrrp(guard_interfaces=["spare"]), is_guarded, False,
        True),
    Row("vrrp.quorum", QUORUM_OF_1, both(QUORUM_OF_1, vrrp(quorum="majority")), wants_quorum,
        False, True),
    Row("vrrp.quorum.policy", both(QUORUM_OF_1, vrrp(quorum={"policy": "none"})),
        both(QUORUM_OF_1, vrrp(quorum={"policy": "majority"})), wants_quorum, False, True),
    Row("vrrp.quorum.vrid", both(QUORUM_OF_1, vrrp(quorum="majority")),
        both(QUORUM_OF_1, vrrp(quorum={"policy": "majority", "vrid": 250})), standing_vrid, 255,
        250),
    Row("peers[].vipd", nothing, both(web(backends=[SELF]), of_peer(1, vipd=False)),
        tells_standing, True, False),
    Row("vrrp.standing_vrid", nothing, vrrp(standing_vrid=250), standing_vrid, 255, 250),
    Row("vrrp.auth", nothing, auth(), lambda bench: bench.advert("key"), None, 1),
    Row("vrrp.auth.mode", auth(), auth(mode="enforce"), authentication("mode"), 2, 3),
    Row("vrrp.auth.active_key", auth(), auth(active_key=2), lambda bench: bench.advert("key"), 1, 2),
    Row("vrrp.auth.anti_replay", auth(), auth(anti_replay="monotonic"),
        authentication("monotonic"), 0, 1),
    Row("vrrp.auth.window", auth(), auth(window="7s"), authentication("window"), 5 * 10 ** 9,
        7 * 10 ** 9),
    Row("vrrp.auth.keys", one_key, auth(), lambda bench: set(keys(bench)), {1}, {1, 2}),
    Row("vrrp.auth.keys[].id", auth(), numbered(3), lambda bench: bench.advert("key"), 1, 3),
    Row("vrrp.auth.keys[].file", auth(), other_file, keys, ANY),
]

# Instances.


def owns(bench: Bench) -> Any:
    return bench.instance()["state"]


SLOW_START = both(INTERVAL_1S, *(put("startup", "active", "instances", other) for other in (1, 2)))


def begin(bench: Bench, _config: Config) -> None:
    """A node that starts: what is it first, with three intervals of 1 s to wait for others?"""
    bench.node.stop_vipd()
    bench.node.start_vipd()
    bench.seen = wait_for(lambda: owns(bench) if owns(bench) in ("MASTER", "BACKUP") else None,
                          "blue takes part")


def answers_ping(bench: Bench) -> bool:
    ping = bench.lab.network["rogue"].run("ping", "-c", "1", "-W", "0.2", "10.77.0.101", check=False)
    return ping.returncode == 0


def vip_flags(bench: Bench) -> Any:
    return {entry["value"]["flags"] for entry in bench.map("vipd_vips")
            if entry["value"]["vrid"] == 51}


def addresses(bench: Bench) -> Any:
    return {entry["local"] for link in bench.ip("-4", "addr", "show", "lo")
            for entry in link["addr_info"] if entry["local"].startswith("10.77.")}


def names(bench: Bench) -> Any:
    return [instance["name"] for instance in bench.status()["instances"]]


FLAGS = put("trackers", lambda bench: [
    {"name": "good", "file": bench.file("good", "0")},
    {"name": "bad", "file": bench.file("bad", "1")},
    {"name": "gone", "interface": "nowhere"}])


def state_of(name: str) -> Any:
    return lambda bench: bench.instance(name)["state"]


INSTANCES = [
    Row("instances", nothing, add("instances", name="red", vrid=53, priority={SELF: 150},
                                  vips=["10.77.0.103"]), names, ["blue", "green", "teal"],
        ["blue", "green", "teal", "red"]),
    Row("instances[].name", nothing, blue(name="azure"), names, ["blue", "green", "teal"],
        ["azure", "green", "teal"]),
    Row("instances[].vrid", nothing, blue(vrid=61), lambda bench: bench.instance()["vrid"], 51, 61),
    Row("instances[].priority", nothing, blue(priority={SELF: 140, OTHER: 100}),
        lambda bench: bench.advert("priority"), 150, 140),
    Row("instances[].startup", SLOW_START, both(SLOW_START, blue(startup="active")),
        lambda bench: bench.seen, "BACKUP", "MASTER", follows=begin),
    Row("instances[].accept", nothing, blue(accept=False), answers_ping, True, False),
    Row("instances[].accept_as_backup", nothing, blue(accept_as_backup=False), vip_flags, {0}, {2}),
    Row("instances[].track", FLAGS, both(FLAGS, blue(track=["bad"])), owns, "MASTER", "FAULT"),
    Row("instances[].track[].tracker", both(FLAGS, blue(track=["good"])),
        both(FLAGS, blue(track=["bad"])), owns, "MASTER", "FAULT"),
    Row("instances[].track[].weight",
        both(FLAGS, blue(track=[{"tracker": "gone", "weight": -60}])),
        both(FLAGS, blue(track=[{"tracker": "gone", "weight": -70}])),
        lambda bench: bench.advert("priority"), 90, 80),
    Row("instances[].vips", nothing, blue(vips=["10.77.0.101", "10.77.0.111"]), addresses,
        {"10.77.0.101", "10.77.0.104"}, {"10.77.0.101", "10.77.0.104", "10.77.0.111"}),
]


# Version 2 has whole seconds, so all that needs it is seen together: each row has its instance.

def older(number: int, **keys: Any) -> Change:
    return add("instances", name=f"old{number}", vrid=70 + number,
               priority={SELF: 150, OTHER: 100}, startup="active", vips=[f"10.77.0.{120 + number}"],
               **keys)


def older_with(number: int, **authentication: str) -> Change:
    keys = {"authentication": authentication} if authentication else {}
    return older(number, version=2, **keys)


def older_with_file(text: str) -> Change:
    def change(config: Config, bench: Bench) -> None:
        older_with(4, type="pass", file=bench.file(f"password.{text}", text))(config, bench)
    return change


def heard_of(number: int, field: str) -> Any:
    return lambda bench: bench.advert(field, 70 + number)


VERSION_2 = Scene("version 2", (
    Row("vrrp.version", INTERVAL_1S, both(INTERVAL_1S, vrrp(version=2)),
        lambda bench: bench.advert("version"), 3, 2),
    Row("instances[].version", older(0, version=2), older(0, version=3), heard_of(0, "version"),
        2, 3),
    Row("instances[].authentication", older_with(1), older_with(1, type="pass", password="a"),
        heard_of(1, "password"), "", "a"),
    Row("instances[].authentication.type", older_with(2, type="none"),
        older_with(2, type="pass", password="a"), heard_of(2, "password"), "", "a"),
    Row("instances[].authentication.password", older_with(3, type="pass", password="a"),
        older_with(3, type="pass", password="b"), heard_of(3, "password"), "a", "b"),
    Row("instances[].authentication.file", older_with_file("c"), older_with_file("d"),
        heard_of(4, "password"), "c", "d"),
))

# Preemption needs somebody to preempt: test_reload_walk.py has the test of these two.

PREEMPTION = {"instances[].preempt", "instances[].preempt_delay"}


def never_preempt(config: Config, _bench: Bench) -> None:
    """Blue at no time, teal not for as long as a test takes."""
    config["instances"][0]["preempt"] = False
    config["instances"][2]["preempt_delay"] = "1000s"


# Sync groups: what happens to one happens to the others.

def group(**keys: Any) -> Change:
    return put("sync_groups", [{"name": "g", "instances": ["blue", "teal"]} | keys])


BLUE_FAILS = both(FLAGS, blue(track=["bad"]))

SYNC_GROUPS = [
    Row("sync_groups", BLUE_FAILS, both(BLUE_FAILS, group()), state_of("teal"), "MASTER", "FAULT"),
    # Nothing shows it; the group stays one.
    Row("sync_groups[].name", both(BLUE_FAILS, group()), both(BLUE_FAILS, group(name="h")),
        state_of("teal"), "FAULT", "FAULT"),
    Row("sync_groups[].instances", both(BLUE_FAILS, group()),
        both(BLUE_FAILS, group(instances=["blue", "green"])),
        lambda bench: (state_of("teal")(bench), state_of("green")(bench)), ("FAULT", "MASTER"),
        ("MASTER", "FAULT")),
    Row("sync_groups[].track", both(FLAGS, group()), both(FLAGS, group(track=["bad"])),
        state_of("teal"), "MASTER", "FAULT"),
    Row("sync_groups[].track[].tracker", both(FLAGS, group(track=["good"])),
        both(FLAGS, group(track=["bad"])), state_of("teal"), "MASTER", "FAULT"),
    Row("sync_groups[].track[].weight",
        both(FLAGS, group(track=[{"tracker": "gone", "weight": -60}])),
        both(FLAGS, group(track=[{"tracker": "gone", "weight": -70}])),
        lambda bench: bench.advert("priority", 54), 90, 80),
]
