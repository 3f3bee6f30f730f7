# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the walk over services, trackers, their checks, and notify: see walk.py."""

import json
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lab import topology
from lab.system import run
from walk import OTHER, SELF, Bench, Change, Config, Row, Scene, add, nothing, put, web
from walk_rows import take_over

CLIENT = "198.51.100.7"


def service_at(bench: Bench, vip: str = "10.77.0.101", port: int = 80) -> Any:
    return bench.node.explain(f"{CLIENT}:1234", f"{vip}:{port}").get("service")


def shares(service: str) -> Any:
    """Of the backends that take connections; those that were one may still be draining."""
    def see(bench: Bench) -> Any:
        return {backend["node"]: round(backend["share"], 1)
                for backend in bench.service(service).get("backends", []) if backend["share"]}
    return see


def slots(bench: Bench) -> int:
    """How many different slots the connections of one client use."""
    return len({bench.node.explain(f"{CLIENT}:{port}", "10.77.0.101:80")["slot"]
                for port in range(1000, 1008)})


def service_flags(bench: Bench) -> Any:
    copy = bench.settings()["service_copy"]
    path = bench.lab.bpffs / SELF / "vipd_services"
    entry = run(["bpftool", "-j", "map", "lookup", "pinned", path, "key", str(copy), "0", "0", "0"])
    places = json.loads(entry.stdout)["formatted"]["value"]["places"]
    return {place["flags"] for place in places if place["protocol"]}


def settling(bench: Bench) -> bool:
    """Whether flows are looked for that may be on another backend."""
    return bool(bench.node.service()["settling"])


def add_backend(bench: Bench, config: Config) -> None:
    """Unless it is there: then what settles is what began to settle before."""
    bench.follow(config | {"services": [config["services"][0] | {"backends": [SELF, OTHER]}]})


def half_down(**keys: Any) -> Change:
    """Two backends, of which only this node answers."""
    return web(backends=[SELF, OTHER], check={"tcp": True, "port": 8080, "interval": "100ms"},
               **keys)


def site(*backends: Any) -> Change:
    return add("services", name="site", ports=["81/tcp"], backends=list(backends))


def mail(*backends: Any) -> Change:
    return add("services", name="mail", ports=["82/tcp"], backends=list(backends))


SERVICES = [
    Row("services", put("services", []), nothing,
        lambda bench: [service["name"] for service in bench.status()["services"]], [], ["web"]),
    Row("services[].name", nothing, web(name="site"), service_at, "web", "site"),
    Row("services[].vips", nothing, web(vips=["fd77::102"]), service_at, "web", None),
    Row("services[].ports", nothing, web(ports=["81/tcp"]), service_at, "web", None),
    Scene("backends", (
        Row("services[].backends", nothing, web(backends=[SELF, OTHER]), shares("web"),
            {SELF: 1.0}, {SELF: 0.5, OTHER: 0.5}),
        Row("services[].backends[].node", site({"node": SELF}), site({"node": OTHER}),
            shares("site"), {SELF: 1.0}, {OTHER: 1.0}),
        Row("services[].backends[].weight", mail(SELF, OTHER),
            mail(SELF, {"node": OTHER, "weight": 4}), shares("mail"), {SELF: 0.5, OTHER: 0.5},
            {SELF: 0.2, OTHER: 0.8})), in_company=True),
    Row("services[].affinity", nothing, web(affinity="client"), lambda bench: slots(bench) > 1,
        True, False),
    Row("services[].settle", nothing, web(settle="1ms", backends=[SELF, OTHER]), settling, True,
        False, follows=add_backend),
    Row("services[].listener_check", nothing, web(listener_check=False), service_flags, {2}, {0}),
    Row("services[].panic_threshold", half_down(), half_down(panic_threshold="60%"),
        lambda bench: bench.node.service()["panic"], False, True),
    Row("services[].check", nothing, web(check={"http": "/web/status/500", "port": 8080}),
        lambda bench: bench.node.backend(SELF)["state"], "up", "down"),
]

# Trackers.


def tracker(**keys: Any) -> Change:
    return put("trackers", [{"name": "t"} | keys])


def state(bench: Bench) -> Any:
    return bench.tracker().get("state")


def number_file(text: str) -> Change:
    def change(config: Config, bench: Bench) -> None:
        config["trackers"] = [{"name": "t", "file": bench.file(f"number.{text}", text)}]
    return change


TRACKERS = [
    Row("trackers", nothing, tracker(interface="lo"),
        lambda bench: [entry["name"] for entry in bench.status()["trackers"]], [], ["t"]),
    Row("trackers[].name", tracker(interface="lo"),
        put("trackers", [{"name": "u", "interface": "lo"}]),
        lambda bench: [entry["name"] for entry in bench.status()["trackers"]], ["t"], ["u"]),
    Row("trackers[].interface", tracker(interface="lo"), tracker(interface="nowhere"), state, "up",
        "down"),
    Row("trackers[].file", number_file("3"), number_file("4"),
        lambda bench: bench.tracker().get("number"), 3, 4),
    Row("trackers[].process", tracker(process="vipd"), tracker(process="nobody-has-it"), state,
        "up", "down"),
]

# Checks, of a service's backend and of a tracker. Both ask the web server beside our node, and all
# are seen together: each row has a service, or a tracker, of its own. Its name comes first in the
# paths that it requests, because whoever asks the same question shares the answer.

CALM = {"interval": "500ms", "timeout": "500ms", "fall": 1, "rise": 1, "jitter": 0}
FAST = CALM | {"interval": "200ms", "timeout": "200ms"}
FAILS = {"http": "/status/500", "port": 8080} | CALM
HTTP = {"http": "/", "port": 8080} | CALM
HTTPS = {"https": "/", "port": 8443} | CALM
OFTEN = HTTP | FAST
FLAP = {"http": "/flap", "port": 8080} | FAST
FIRST_PORT = 1000


@dataclass(frozen=True)
class Asker:
    """The service or the tracker of a row."""

    section: str
    name: str

    @property
    def path(self) -> str:
        return f"/{self.section}.{self.name}"

    def asks(self, check: Any) -> Change:
        """With these keys, or those that a function returns."""
        def change(config: Config, bench: Bench) -> None:
            keys = dict(check(self, bench) if callable(check) else check)
            for kind in {"http", "https"} & set(keys):
                keys[kind] = self.path + keys[kind]
            if self.section == "services":
                port = FIRST_PORT + len(config["services"])
                keys = {"vips": ["10.77.0.101"], "ports": [f"{port}/tcp"], "backends": [SELF],
                        "check": keys}
            add(self.section, name=self.name, **keys)(config, bench)
        return change

    def file(self, bench: Bench) -> Path:
        """For its script to write to."""
        return bench.directory / f"written{self.path.replace('/', '.')}"


def verdict(asker: Asker, bench: Bench) -> Any:
    if asker.section == "services":
        return bench.service(asker.name).get("backends", [{}])[0].get("state")
    return bench.tracker(asker.name).get("state")


def asked(field: str) -> Any:
    return lambda asker, bench: bench.request(asker.path + "/", field)


def asked_path(asker: Asker, bench: Bench) -> Any:
    path = bench.request(asker.path + "/", "path")
    return path and path.removeprefix(asker.path)


def asked_host(asker: Asker, bench: Bench) -> Any:
    """The address that a check goes to, of one that has no host."""
    host = bench.request(asker.path + "/", "host")
    return host and host.rpartition(":")[0]


def asks_seldom(asker: Asker, bench: Bench) -> Any:
    gaps = bench.gaps(asker.path + "/", 2)
    return gaps and min(gaps) > 0.45


def asks_irregularly(asker: Asker, bench: Bench) -> Any:
    return bench.is_spread(asker.path + "/")


def whoami(user: str) -> Any:
    """A script that writes down who runs it; every user may write there."""
    def check(asker: Asker, bench: Bench) -> Config:
        log = bench.file(asker.file(bench).name, "", 0o666)
        return {"script": bench.script(f"{log}.sh", f"id -un >{log}"), "user": user} | CALM
    return check


def who_ran(asker: Asker, bench: Bench) -> Any:
    return asker.file(bench).read_text(encoding="utf-8").strip()


def check_rows(section: str, prefix: str) -> tuple[list[Row], list[Row]]:
    """What checks ask, and when and how they judge."""
    def row(key: str, before: Any, after: Any, see: Any, was: Any, becomes: Any) -> Row:
        asker = Asker(section, key.replace("_", "-"))
        return Row(f"{prefix}.{key}", asker.asks(before), asker.asks(after), partial(see, asker),
                   was, becomes)

    return [
        row("http", HTTP | {"http": "/a"}, HTTP | {"http": "/b"}, asked_path, "/a", "/b"),
        row("https", HTTP, HTTPS, asked("scheme"), "http", "https"),
        row("tcp", FAILS, {"tcp": True, "port": 8080} | CALM, verdict, "down", "up"),
        row("tls", FAILS, {"tls": True, "port": 8443} | CALM, verdict, "down", "up"),
        row("script", FAILS, {"script": "/bin/true"} | CALM, verdict, "down", "up"),
        row("port", HTTP, HTTP | {"port": 8081}, asked("port"), 8080, 8081),
        row("host", HTTP | {"host": "a.example"}, HTTP | {"host": "b.example"}, asked("host"),
            "a.example", "b.example"),
        row("expect_status", HTTP | {"http": "/status/204"},
            HTTP | {"http": "/status/204", "expect_status": [200]}, verdict, "up", "down"),
        row("expect_body", HTTP, HTTP | {"expect_body": "nowhere"}, verdict, "up", "down"),
        row("verify", HTTPS, HTTPS | {"verify": True, "host": "lab"}, verdict, "up", "down"),
        row("user", whoami("nobody"), whoami("daemon"), who_ran, "nobody", "daemon"),
    ], [
        row("interval", OFTEN, OFTEN | {"interval": "500ms"}, asks_seldom, False, True),
        row("jitter", OFTEN, OFTEN | {"jitter": 50}, asks_irregularly, False, True),
        row("timeout", HTTP | {"http": "/slow", "interval": "1s", "timeout": "900ms"},
            HTTP | {"http": "/slow", "interval": "1s", "timeout": "200ms"}, verdict, "up", "down"),
        # Every second request fails, so the verdict never changes, or does so again and again.
        row("fall", FLAP | {"fall": 2}, FLAP, verdict, "up", "down"),
        row("rise", FLAP | {"rise": 2}, FLAP, verdict, "down", "up"),
    ]


def endpoint_rows() -> tuple[Row, ...]:
    """Where the checks of services ask; a tracker asks at one place."""
    def row(key: str, after: Any, see: Any, was: Any, becomes: Any) -> Row:
        asker = Asker("services", key.replace("_", "-"))
        return Row(f"services[].check.{key}", asker.asks(HTTP), asker.asks(after),
                   partial(see, asker), was, becomes)

    address = topology.address4(SELF)
    every = {key: value for key, value in HTTP.items() if key != "port"} | {"every_port": True}
    return (
        row("families", HTTP | {"families": "ipv6"}, asked_host, address,
            f"[{topology.address6(SELF)}]"),
        row("to", HTTP | {"to": "vip"}, asked_host, address, "10.77.0.101"),
        # Nothing listens on the service's own port.
        row("every_port", every, verdict, "up", "down"),
    )


CHECKS = [Scene(name, (*of_services, *of_trackers)) for name, of_services, of_trackers in zip(
    ("what checks ask", "when checks ask"), check_rows("services", "services[].check"),
    check_rows("trackers", "trackers[]"))]
CHECKS.append(Scene("where checks ask", endpoint_rows()))

# A program that is told of events; a reload is one, and it is told by the file that came into force.


def notify(*commands: str, **keys: Any) -> Change:
    """A script that begins with an empty file "told", and has all that it does in there."""
    def change(config: Config, bench: Bench) -> None:
        told = bench.file("told", "", 0o666)
        script = bench.script(f"notify.{len(commands[0])}.sh", f"exec >>{told}", *commands)
        config["notify"] = {"script": script, "events": ["reload"]} | keys
    return change


def told(bench: Bench) -> Any:
    path = bench.directory / "told"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def told_kinds(bench: Bench) -> Any:
    text = (bench.directory / "told").read_text(encoding="utf-8")
    return {json.loads(line)["type"] for line in text.splitlines()}


SLOW_SCRIPT = ("echo begun", "sleep 0.3", "echo ended")


def survives(bench: Bench) -> Any:
    """Whether the slow script comes to its end; None: too early to say."""
    age = time.time() - (bench.directory / "told").stat().st_mtime
    return "ended" in told(bench) if "begun" in told(bench) and age > 0.6 else None


NOTIFY = [
    Row("notify", nothing, notify("echo told"), told, [], ["told"]),
    Row("notify.script", notify("echo a"), notify("echo other"), told, ["a"], ["other"]),
    Row("notify.user", notify("id -un"), notify("id -un", user="daemon"), told, ["nobody"],
        ["daemon"]),
    Row("notify.timeout", notify(*SLOW_SCRIPT), notify(*SLOW_SCRIPT, timeout="100ms"), survives,
        True, False),
    Row("notify.events", notify("cat"), notify("cat", events=["transition"]), told_kinds,
        {"reload"}, {"transition"}, follows=take_over),
]
