# SPDX-License-Identifier: GPL-2.0-only
"""The walk over all keys of vipd.yaml: one node, what surrounds it, and what can be seen of it."""

import copy
import json
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from lab import topology
from lab.cluster import Lab
from lab.node import Node
from lab.system import BUILD, REPOSITORY, run, wait_for

Config = dict[str, Any]
HERE = REPOSITORY / "tests/lab"
SELF, OTHER = "n1", "n2"
LISTENERS = (OTHER, "rogue")
WINDOW_S = 0.35  # three advertisements of 100 ms


def yaml(value: Any) -> str:
    """In flow style; texts in quotes only where YAML would take them for something else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not re.fullmatch(r"[\w./%-]+", value):
        return f"'{value}'"
    return str(value)


def peer(name: str) -> Config:
    return {"name": name, "address": topology.address4(name), "address6": topology.address6(name),
            "link_local6": topology.link_local(name)}


def base() -> Config:
    """What every step begins from: three instances, of both families, and a service."""
    priority = {SELF: 150, OTHER: 100}
    return {
        "node": SELF, "interface": "eth0",
        "gateway": [topology.address4("gateway"), topology.address6("gateway")],
        "peers": [peer(SELF), peer(OTHER)],
        "vrrp": {"advert_interval": "100ms"},
        "instances": [
            {"name": "blue", "vrid": 51, "priority": dict(priority), "vips": ["10.77.0.101"]},
            {"name": "green", "vrid": 52, "priority": dict(priority), "vips": ["fd77::102"],
             "version": 3},
            {"name": "teal", "vrid": 54, "priority": dict(priority), "vips": ["10.77.0.104"]}],
        "services": [{"name": "web", "ports": ["80/tcp"], "backends": [SELF]}],
    }


class Record:
    """A file to which another program appends a line of JSON for each thing that happens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._since = 0

    def begin(self) -> None:
        """What was written until now is of no interest any more."""
        self._since = self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> list[Any]:
        text = self.path.read_text(encoding="utf-8")[self._since:] if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]


class Bench:
    """vipd on one node, with a listener on two others and a web server of our own beside it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.node: Node = lab.nodes[SELF]
        self.other: Node = lab.nodes[OTHER]
        self.directory = lab.directory / "walk"
        self.seen: Any = None  # by what a row does after a reload
        self._heard = {member: Record(self.directory / f"heard.{member}") for member in LISTENERS}
        self._requests = Record(self.directory / "requests")
        self.followed_at = 0.0
        self._processes: list[subprocess.Popen[str]] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Bench":
        self.directory.mkdir()
        self.directory.chmod(0o777)
        self._make_certificate()
        output = self._stack.enter_context(open(self.directory / "output", "a", encoding="utf-8"))
        for member, record in self._heard.items():
            self._processes.append(self.lab.network[member].start(
                "/usr/bin/python3", "-B", HERE / "listener.py", record.path, output=output))
        self._processes.append(self.node.namespace.start(
            "/usr/bin/python3", "-B", HERE / "recorder.py", self._requests.path,
            self.directory / "certificate", output=output))
        self.node.namespace.ip("link add spare type veth peer name spare-peer",
                               "link set spare up", "link set spare-peer up")
        self.node.write_config(yaml(base()))
        self.node.start_vipd()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        for process in self._processes:
            process.terminate()
            process.wait()
        self._stack.close()

    def _make_certificate(self) -> None:
        key, certificate = self.directory / "key", self.directory / "certificate"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=lab", "-keyout", key, "-out", certificate])
        certificate.write_text(certificate.read_text() + key.read_text())

    def file(self, name: str, text: str, mode: int = 0o600) -> str:
        """Makes a file; returns its path."""
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def script(self, name: str, *commands: str) -> str:
        """A program that every user may run."""
        return self.file(name, "\n".join(["#!/bin/sh", *commands, ""]), 0o755)

    # What is done to it.

    def follow(self, config: Config) -> subprocess.CompletedProcess[str]:
        """A reload. What was heard and requested before it is forgotten."""
        self.node.write_config(yaml(config))
        reply = self.node.vipctl("reload")
        self.followed_at = time.monotonic()
        for record in (*self._heard.values(), self._requests):
            record.begin()
        return reply

    @contextmanager
    def contender(self, config: Config) -> Iterator[None]:
        """vipd on the other node as well, with the same file."""
        self.other.write_config(yaml(config | {"node": OTHER}))
        self.other.start_vipd()
        try:
            yield
        finally:
            self.other.stop_vipd()

    def give_and_rise(self, *instances: str) -> None:
        """By a drain, the contender owns all; when it ends, we are better than it again."""
        for instance in instances:
            self.node.wait_state(instance, "MASTER")
        assert self.node.vipctl("drain", "--force").returncode == 0
        for instance in instances:
            self.other.wait_state(instance, "MASTER")
        self.node.vipctl("undrain")

    # What can be seen of it.

    def status(self) -> Any:
        return self.node.status()

    def instance(self, name: str = "blue") -> Any:
        return self.node.instance(name)

    def service(self, name: str = "web") -> Any:
        services = self.status().get("services", [])
        return next((entry for entry in services if entry["name"] == name), {})

    def tracker(self, name: str = "t") -> Any:
        trackers = self.status().get("trackers", [])
        return next((entry for entry in trackers if entry["name"] == name), {})

    def map(self, name: str) -> list[Any]:
        """A table of the dataplane: {"key", "value"}, with addresses as lists of bytes."""
        path = self.lab.bpffs / SELF / name
        entries = json.loads(run(["bpftool", "-j", "map", "dump", "pinned", path]).stdout)
        return [entry["formatted"] for entry in entries]

    def settings(self) -> Any:
        return self.map("vipd_settings")[0]["value"]

    def ip(self, *argv: str) -> Any:
        return json.loads(self.node.namespace.run("ip", "-j", *argv).stdout or "[]")

    def heard(self, member: str, vrid: int | None = None) -> list[Any]:
        """The advertisements of our node that a member has heard since the reload."""
        return [advert for advert in self._heard[member].read()
                if advert["mac"] == self.node.mac and vrid in (None, advert["vrid"])]

    def advert(self, field: str, vrid: int = 51, member: str = OTHER) -> Any:
        """A field of the last advertisement of an instance since the reload; None: of none."""
        adverts = self.heard(member, vrid)
        return adverts[-1][field] if adverts else None

    def lately(self, member: str) -> set[int] | None:
        """The VRIDs that a member heard in the last three intervals; None: too early to say."""
        since = time.monotonic() - WINDOW_S
        if since < self.followed_at:
            return None
        return {advert["vrid"] for advert in self.heard(member) if advert["time"] > since}

    def requests(self, prefix: str) -> list[Any]:
        """What the web server was asked since the reload, by paths that begin so."""
        return [request for request in self._requests.read()
                if request["path"].startswith(prefix)]

    def request(self, prefix: str, field: str) -> Any:
        requests = self.requests(prefix)
        return requests[-1][field] if requests else None

    def gaps(self, prefix: str, count: int) -> list[float] | None:
        """Between the last requests, s; None: there were not so many since the reload."""
        times = [request["time"] for request in self.requests(prefix)][-count - 1:]
        if len(times) <= count:
            return None
        return [after - before for before, after in zip(times, times[1:])]

    def is_spread(self, prefix: str) -> bool | None:
        """Whether the requests are irregular; None: too early to say."""
        gaps = self.gaps(prefix, 6)
        return gaps and statistics.pstdev(gaps) > 0.03


Change = Callable[[Config, Bench], object]
ANY = object()


@dataclass(frozen=True)
class Row:
    """A key, a file before and one after, and what is seen with each. `follows` may do something
    after each reload, before anybody looks."""

    key: str
    before: Change
    after: Change
    see: Callable[[Bench], Any]
    was: Any
    becomes: Any = ANY  # only another one than it was
    follows: Callable[[Bench, Config], None] | None = None


@dataclass(frozen=True)
class Scene:
    """Rows that one reload changes all together, because none of them touches what another sees."""

    name: str
    rows: tuple[Row, ...]
    in_company: bool = False  # the other node runs vipd as well, for it gets no connections else


@dataclass(frozen=True)
class Refusal:
    """A key that cannot change while vipd runs."""

    key: str
    after: Change
    says: str


def nothing(_config: Config, _bench: Bench) -> None:
    """The base, as it is."""


def all_keys() -> list[str]:
    """Of the schema, by the program that compares them with the man page."""
    return run([BUILD / "tests/unit/man_page_test", "--keys"]).stdout.split()


def put(key: str, value: Any, *path: Any) -> Change:
    """Set a key of the mapping at a path; a value that is a function is called for it."""
    def change(config: Config, bench: Bench) -> None:
        place: Any = config
        for step in path:
            place = place[step]
        place[key] = value(bench) if callable(value) else value
    return change


def both(*changes: Change) -> Change:
    def change(config: Config, bench: Bench) -> None:
        for one in changes:
            one(config, bench)
    return change


def vrrp(**keys: Any) -> Change:
    return both(*(put(key, value, "vrrp") for key, value in keys.items()))


def blue(**keys: Any) -> Change:
    return both(*(put(key, value, "instances", 0) for key, value in keys.items()))


def web(**keys: Any) -> Change:
    return both(*(put(key, value, "services", 0) for key, value in keys.items()))


def add(section: str, **keys: Any) -> Change:
    """One more instance, service, or tracker."""
    def change(config: Config, _bench: Bench) -> None:
        config.setdefault(section, []).append(copy.deepcopy(keys))
    return change
