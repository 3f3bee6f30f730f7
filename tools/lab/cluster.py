# SPDX-License-Identifier: GPL-2.0-only
"""A whole lab: its directory, lock, bpffs, network and nodes; up, down, and what is left over.

All of a lab is under /run/vipd-lab/NAME, in the namespaces vipd-NAME-*, and nowhere else. Who works
on a lab holds the lock in its directory; it goes with the process, so a lab without a holder is
either one that `tools/lab/up` left standing or one whose process was killed.
"""

import fcntl
import fnmatch
import os
import re
import shutil
from pathlib import Path
from types import TracebackType

from . import topology
from .flows import Flows
from .frr import Frr
from .keepalived import Keepalived
from .node import Node, Settings
from .probe import ClientProbe, OwnerProbe, Owners
from .system import LabError, run, uninterrupted, wait_for

ROOT = Path("/run/vipd-lab")


class Lab:
    """Use it in a `with` to have it removed at the end, or call up() and down()."""

    def __init__(self, name: str, settings: Settings = Settings()) -> None:
        if not re.fullmatch(r"[a-z0-9_.]{1,32}", name):
            raise LabError(f"{name}: a lab's name is made of a-z, 0-9, '_' and '.'")
        self.name = name
        self.settings = settings
        self.directory = ROOT / name
        self.bpffs = self.directory / "bpf"
        names = tuple(dict.fromkeys((*topology.NODES, *settings.nodes)))
        self.network = topology.Network(name, self.bpffs, names)
        self.nodes = {node: Node(node, self.network[node], self.directory / node, self.bpffs)
                      for node in names}
        self._lock = -1

    def __enter__(self) -> "Lab":
        self.lock()
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.down()

    # Up and down.

    def up(self) -> None:
        """The network and nginx on each node; what an interrupted run left is removed first."""
        self.lock()
        self._remove_contents()
        self.bpffs.mkdir()
        run(["mount", "-t", "bpf", "bpf", self.bpffs])
        self.network.build()
        for node in self.nodes.values():
            node.start_nginx()

    def start_vipd(self) -> None:
        """vipd on each of the settings' nodes, and wait until each VIP is where it belongs."""
        for name in self.settings.nodes:
            self.nodes[name].write_config(self.settings.configuration(name))
            self.nodes[name].start_vipd(wait=False)
        for name in self.settings.nodes:
            self.nodes[name].wait_reachable()
        self.wait_settled()

    def down(self) -> None:
        """Remove all of it, whatever state it is in."""
        self.lock()
        with uninterrupted():
            self._remove_contents()
            shutil.rmtree(self.directory)
            self.release()
            try:
                ROOT.rmdir()
            except OSError:  # other labs
                pass

    def release(self) -> None:
        """Stop working on it: from now on it is anybody's to take down."""
        os.close(self._lock)
        self._lock = -1

    def lock(self) -> None:
        """Become the one who works on this lab; again is fine."""
        if os.geteuid() != 0:
            raise LabError("the lab is made of network namespaces: only root can touch it")
        while self._lock < 0:
            self.directory.mkdir(parents=True, exist_ok=True)
            path = self.directory / "lock"
            lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(lock)
                raise LabError(f"lab {self.name}: another process is using it") from error
            if path.exists() and os.path.samestat(os.fstat(lock), os.stat(path)):
                self._lock = lock
            else:  # somebody's down() has just removed it
                os.close(lock)

    def _remove_contents(self) -> None:
        self.network.remove()
        for node in self.nodes.values():
            node.reap()
        while self.bpffs.is_mount():
            run(["umount", "--lazy", self.bpffs])
        for entry in self.directory.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "lock":
                entry.unlink()

    # Looking at it.

    def owner(self, instance: topology.Instance) -> str | None:
        """The node that says it owns the instance; None when there is not exactly one."""
        masters = [name for name in self.settings.nodes
                   if self.nodes[name].state(instance.name) == "MASTER"]
        return masters[0] if len(masters) == 1 else None

    def wait_owner(self, instance: topology.Instance, node: str, timeout: float = 10) -> None:
        wait_for(lambda: self.owner(instance) == node,
                 f"{node} becomes the only owner of {instance.name}", timeout)

    def wait_settled(self, timeout: float = 20) -> None:
        """Until each instance is with its preferred node."""
        for instance in self.settings.instances:
            owner = next(name for name in instance.order if name in self.settings.nodes)
            self.wait_owner(instance, owner, timeout)

    def client_probe(self, *addresses: str) -> ClientProbe:
        return ClientProbe(self.network["client"], addresses)

    def flows(self, kept: int, rate: int, timeout: float = 5) -> Flows:
        """A client's connections to all VIPs of the settings' instances, for a `with`."""
        vips = tuple(vip for instance in self.settings.instances for vip in instance.vips)
        return Flows(self.network["client"], vips, kept, rate, timeout)

    def wait_backend(self, backend: str, state: str, timeout: float = 10) -> None:
        """Until every node that runs vipd says so of the service's backend."""
        nodes = [node for node in self.nodes.values() if node.vipd]
        wait_for(lambda: all(node.backend(backend).get("state") == state for node in nodes),
                 f"{backend} is {state} for all nodes", timeout)

    def owner_probe(self, *addresses: str, every_ms: int = 1) -> OwnerProbe:
        return OwnerProbe(self.network["rogue"], addresses, nodes=tuple(self.nodes),
                          every_ms=every_ms)

    def who_answers(self, *addresses: str, duration: float = 0.3) -> dict[str, Owners]:
        return OwnerProbe(self.network["rogue"], addresses, duration, tuple(self.nodes)).finish()

    def keepalived(self, node: str) -> Keepalived:
        return Keepalived(node, self.network[node], self.directory / node)

    def frr(self, node: str) -> Frr:
        return Frr(node, self.network[node], self.directory / node)


def standing(pattern: str = "*") -> list[Lab]:
    """The labs that exist, whole or in parts."""
    names = sorted(entry.name for entry in ROOT.iterdir()) if ROOT.is_dir() else []
    return [Lab(name) for name in names if fnmatch.fnmatch(name, pattern)]
