# SPDX-License-Identifier: GPL-2.0-only
"""A node of the lab: a namespace with a real nginx and a vipd in it."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import topology
from .system import BUILD, LabError, Namespace, has_ended, run, start, wait_for


@dataclass(frozen=True)
class Settings:
    """What differs between the clusters that the lab runs; all else is in `configuration()`."""

    advert_interval: str = "100ms"
    nodes: tuple[str, ...] = topology.NODES
    instances: tuple[topology.Instance, ...] = topology.INSTANCES
    check: bool = True
    pin_macs: bool = False
    multicast: bool = False
    ipv4_only: bool = False
    ipv6_only: bool = False
    link_local6: dict[str, str] = field(default_factory=dict)  # where it is not made of the MAC
    more_vips: int = 0  # IPv6, in the first instance
    vrrp: dict[str, str] = field(default_factory=dict)  # more keys for that section
    instance: dict[str, str] = field(default_factory=dict)  # more keys for each of them
    backends: tuple[str, ...] | None = None  # of the service; None: all nodes
    settle: str = "1h"
    service: dict[str, str] = field(default_factory=dict)  # more keys for it
    drain_on_down: tuple[str, ...] = ()  # interfaces
    stop_grace: str = "1s"
    instance_keys: dict[str, str] = field(default_factory=dict)  # more of them, by instance
    more: str = ""  # of the file; NODE stands for the node's name

    def configuration(self, node: str) -> str:
        """vipd.yaml. All nodes share one hostname here, so each is told which it is."""
        peers = "".join(f"  - {{{self._peer(name)}}}\n" for name in self.nodes)
        mode = {"mode": "multicast"} if self.multicast else {}
        vrrp = "".join(f"  {key}: {value}\n" for key, value in (mode | self.vrrp).items())
        more = "".join(f"    {key}: {value}\n" for key, value in self.instance.items())
        instances = "".join(
            f"  - name: {instance.name}\n"
            f"    vrid: {instance.vrid}\n"
            f"    priority: {{{self._priorities(instance)}}}\n"
            f"{self._more_keys(instance)}"
            f"    vips: [{self._vips(instance)}]\n{more}" for instance in self.instances)
        return (f"node: {node}\n"
                f"interface: eth0\n"
                f'gateway: [{topology.address4("gateway")}, "{topology.address6("gateway")}"]\n'
                f"peers:\n{peers}"
                f"vrrp:\n  advert_interval: {self.advert_interval}\n{vrrp}"
                f"instances:\n{instances}"
                f"drain_on_down: [{', '.join(self.drain_on_down)}]\n"
                f"stop_grace: {self.stop_grace}\n"
                f"{self.more.replace('NODE', node)}"
                f"{self._services()}")

    def _more_keys(self, instance: topology.Instance) -> str:
        keys = self.instance_keys.get(instance.name)
        return f"    {keys}\n" if keys else ""

    def _peer(self, name: str) -> str:
        mac = f', mac: "{topology.mac(name)}"' if self.pin_macs else ""
        address = self.link_local6.get(name, topology.link_local(name))
        link_local = f', link_local6: "{address}"' if self.multicast else ""
        return (f"name: {name}, address: {topology.address4(name)}, "
                f'address6: "{topology.address6(name)}"{link_local}{mac}')

    def _priorities(self, instance: topology.Instance) -> str:
        return ", ".join(f"{name}: {priority}" for name, priority in instance.priority.items()
                         if name in self.nodes)

    def _vips(self, instance: topology.Instance) -> str:
        more = self.more_vips if instance is self.instances[0] else 0
        ipv4 = [] if self.ipv6_only else [instance.vip4]
        ipv6 = [] if self.ipv4_only else [f'"{instance.vip6}"']
        return ", ".join([*ipv4, *ipv6,
                          *(f'"fd77::1:{number:x}"' for number in range(1, more + 1))])

    def _services(self) -> str:
        if not self.check:
            return ""
        more = "".join(f"    {key}: {value}\n" for key, value in self.service.items())
        return ("services:\n"
                "  - name: web\n"
                "    vips: all\n"
                "    ports: [80/tcp]\n"
                f"    backends: [{', '.join(self.backends or self.nodes)}]\n"
                f"    settle: {self.settle}\n{more}"
                '    check: {http: "/healthz", port: 80, interval: 200ms, timeout: 200ms, '
                "fall: 2, rise: 2}\n")


NGINX = """\
user root;
worker_processes 1;
worker_rlimit_nofile 65536;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_max_body_size 64m;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        {listen}
        default_type text/plain;
        location = /healthz {{
            if (-e {directory}/unwell) {{ return 500; }}
            return 200 "ok\\n";
        }}
        location /files/ {{
            root {directory};
            dav_methods PUT;
            add_header Node {node};
        }}
        location = /files/slow {{
            root {directory};
            limit_rate 1m;
        }}
        location / {{ return 200 "{node} answers $remote_addr\\n"; }}
    }}
}}
"""


EVERYWHERE = ("0.0.0.0:80", "[::]:80")


def nginx_configuration(directory: Path, node: str, listen: tuple[str, ...] = EVERYWHERE) -> str:
    return NGINX.format(directory=directory, node=node,
                        listen="\n        ".join(f"listen {address};" for address in listen))


class Node:
    """Its processes are children of whoever brought the lab up; `down` finds them without us."""

    def __init__(self, name: str, namespace: Namespace, directory: Path, bpffs: Path) -> None:
        self.name = name
        self.namespace = namespace
        self.directory = directory
        self.run_directory = directory / "run"
        self.pin_directory = bpffs / name
        self.nginx_directory = directory / "nginx"
        self.files = self.nginx_directory / "files"  # served as /files/
        self.config = directory / "vipd.yaml"
        self.log = directory / "vipd.log"
        self.address4 = topology.address4(name)
        self.address6 = topology.address6(name)
        self.mac = topology.mac(name)
        self.nginx: subprocess.Popen[str] | None = None
        self.vipd: subprocess.Popen[str] | None = None

    # nginx

    def start_nginx(self, listen: tuple[str, ...] = EVERYWHERE) -> None:
        directory = self.nginx_directory
        self.files.mkdir(parents=True, exist_ok=True)
        config = directory / "nginx.conf"
        config.write_text(nginx_configuration(directory, self.name, listen))
        with open(directory / "output.log", "a", encoding="utf-8") as output:
            self.nginx = self.namespace.start("nginx", "-p", directory, "-e",
                                              directory / "error.log", "-c", config, output=output)
        wait_for(lambda: self._answers_http() or self._ended(self.nginx, directory / "error.log"),
                 f"nginx on {self.name} answers")

    def stop_nginx(self) -> None:
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(10)
            self.nginx = None

    def kill_nginx(self) -> None:
        """As the kernel does when memory is short; returns when its sockets are gone."""
        assert self.nginx
        process, self.nginx = self.nginx, None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        workers = [int(pid) for pid in children.read_text(encoding="ascii").split()]
        for pid in (process.pid, *workers):  # in this order: the master would start new workers
            os.kill(pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: all(map(has_ended, workers)), f"nginx's workers on {self.name} end")

    def make_unwell(self, unwell: bool) -> None:
        """/healthz answers 500 from now on, or 200 again."""
        mark = self.nginx_directory / "unwell"
        if unwell:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def _answers_http(self) -> bool:
        reply = self.namespace.run("curl", "--silent", "--fail", "--max-time", "1",
                                   f"http://{self.address4}/healthz", check=False)
        return reply.returncode == 0

    # vipd

    def write_config(self, text: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text)

    def vipd_command(self) -> list[str]:
        return self.namespace.command(BUILD / "vipd", "--config", self.config,
                                      "--run-dir", self.run_directory,
                                      "--pin-dir", self.pin_directory)

    def start_vipd(self, wait: bool = True, environment: dict[str, str] | None = None) -> None:
        """Start it, and wait until it answers on its socket."""
        with open(self.log, "a", encoding="utf-8") as output:
            self.vipd = start(self.vipd_command(), output,
                              {**os.environ, **environment} if environment else None)
        if wait:
            self.wait_reachable()

    def wait_reachable(self) -> None:
        wait_for(lambda: self.reachable() or self._ended(self.vipd, self.log),
                 f"vipd on {self.name} answers; its log is {self.log}")

    def stop_vipd(self) -> int:
        """A clean stop. Returns the exit status."""
        return self._end_vipd(signal.SIGTERM)

    def restart_vipd(self) -> None:
        """As `systemctl restart vipd` does."""
        assert self._end_vipd(signal.SIGUSR2) == 0
        self.start_vipd()

    def forget_version(self) -> None:
        """To the next vipd, what is pinned is another version's, with tables of other layouts."""
        for pin in self.pin_directory.iterdir():
            if pin.name.endswith("_layout") or pin.name.startswith("program_"):
                pin.unlink()

    def kill_vipd(self) -> None:
        self._end_vipd(signal.SIGKILL)

    def signal_vipd(self, number: signal.Signals) -> None:
        assert self.vipd
        self.vipd.send_signal(number)

    def _end_vipd(self, number: signal.Signals) -> int:
        assert self.vipd
        process, self.vipd = self.vipd, None
        process.send_signal(number)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise LabError(f"vipd on {self.name} did not end within 10 s") from error

    def reap(self) -> None:
        """After the namespace's processes were ended."""
        for process in (self.nginx, self.vipd):
            if process:
                process.wait()
        self.nginx = self.vipd = None

    @staticmethod
    def _ended(process: subprocess.Popen[str] | None, log: Path) -> bool:
        """A process that has ended need not be waited for."""
        if process and process.poll() is not None:
            lines = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
            raise LabError("\n".join([f"it ended with status {process.returncode}:", *lines]))
        return False

    # vipctl

    def vipctl_command(self, *argv: str) -> list[str]:
        return [str(BUILD / "vipctl"), "--run-dir", str(self.run_directory), *argv]

    def vipctl(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return run(self.vipctl_command(*argv), check=False)

    def reachable(self) -> bool:
        return self.vipctl("--json", "status").returncode in (0, 1)

    def status(self) -> dict[str, Any]:
        """`vipctl --json status`; empty when vipd cannot be reached."""
        result = self.vipctl("--json", "status")
        return json.loads(result.stdout) if result.returncode in (0, 1) else {}

    def instance(self, name: str) -> dict[str, Any]:
        """One instance out of the status; empty when there is none."""
        instances = self.status().get("instances", [])
        return next((entry for entry in instances if entry["name"] == name), {})

    def state(self, name: str) -> str:
        return str(self.instance(name).get("state", "unreachable"))

    def wait_state(self, instance: str, state: str, timeout: float = 10) -> None:
        wait_for(lambda: self.state(instance) == state,
                 f"{instance} is {state} on {self.name}", timeout)

    def wait_log(self, text: str, since: int = 0, timeout: float = 5) -> None:
        """Until the log has the text, after its first `since` bytes."""
        wait_for(lambda: text in self.log.read_text(errors="replace")[since:],
                 f"vipd on {self.name} logs '{text}'", timeout)

    def service(self) -> dict[str, Any]:
        """The service out of the status; empty when there is none."""
        services = self.status().get("services", [])
        return services[0] if services else {}

    def backend(self, name: str) -> dict[str, Any]:
        """One backend of the service, as this node sees it; empty when there is none."""
        backends = self.service().get("backends", [])
        return next((entry for entry in backends if entry["node"] == name), {})

    def explain(self, source: str, destination: str) -> dict[str, Any]:
        """`vipctl --json explain tcp`: two times ADDRESS:PORT."""
        result = self.vipctl("--json", "explain", "tcp", source, destination)
        if result.returncode != 0:
            raise LabError(f"explain: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)

    def drops(self) -> dict[str, int]:
        """`vipctl --json drops`: how many, by reason."""
        drops = json.loads(self.vipctl("--json", "drops").stdout)["drops"]
        return {drop["reason"]: drop["count"] for drop in drops}
