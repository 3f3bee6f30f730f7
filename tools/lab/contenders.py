# SPDX-License-Identifier: GPL-2.0-only
"""vipd and keepalived as what can be measured side by side: each on all nodes of the same lab."""

import os
import re
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path

from . import keepalived, topology
from .cluster import Lab
from .system import wait_for
from .topology import Instance

INSTANCE = topology.BLUE


def seconds(interval: str) -> float:
    """An advert_interval of vipd.yaml as a number."""
    value, unit = re.fullmatch(r"([\d.]+)(ms|s)", interval).groups()  # type: ignore[union-attr]
    return float(value) / (1000 if unit == "ms" else 1)


def cpu_seconds(pids: list[int]) -> float:
    """What the processes have used of the CPU until now."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime and stime, 14 and 15 in proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


class Contender(ABC):
    """One implementation, running on all nodes of a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.interval = seconds(lab.settings.advert_interval)

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def start_node(self, node: str) -> None:
        """Start it on one node, and return when it runs."""

    @abstractmethod
    def stop_node(self, node: str) -> None:
        """As the service manager does: it is asked to end, and waited for."""

    def restart_node(self, node: str) -> None:
        """As the service manager does, and a package upgrade."""
        self.stop_node(node)
        self.start_node(node)

    def upgrade_node(self, node: str) -> None:
        """To another version."""
        self.restart_node(node)

    @abstractmethod
    def kill_node(self, node: str) -> None: ...

    @abstractmethod
    def owns(self, node: str, instance: Instance = INSTANCE) -> bool: ...

    @abstractmethod
    def pids(self, node: str) -> list[int]:
        """All of its processes, the one that speaks VRRP last."""

    @abstractmethod
    def log(self, node: str) -> Path: ...

    @abstractmethod
    def transitions(self, node: str, instance: Instance = INSTANCE) -> int:
        """How often the instance has changed its state there, up to now."""

    def settle(self, *instances: Instance) -> None:
        """Until the preferred node is the only owner."""
        for instance in instances or (INSTANCE,):
            wait_for(lambda instance=instance: self._settled(instance),  # type: ignore[misc]
                     f"{instance.owner} is the only owner of {instance.name}", 30)

    def _settled(self, instance: Instance) -> bool:
        return all(self.owns(node, instance) == (node == instance.owner)
                   for node in topology.NODES)

    def log_lines(self) -> int:
        """On all nodes together."""
        return sum(self.log(node).read_text(errors="replace").count("\n")
                   for node in topology.NODES)

    def all_transitions(self) -> int:
        return sum(map(self.transitions, topology.NODES))


class Vipd(Contender):
    def start(self) -> None:
        self.lab.start_vipd()

    def stop(self) -> None:
        for node in self.lab.nodes.values():
            node.stop_vipd()

    def start_node(self, node: str) -> None:
        self.lab.nodes[node].start_vipd()

    def stop_node(self, node: str) -> None:
        self.lab.nodes[node].stop_vipd()

    def restart_node(self, node: str) -> None:
        self.lab.nodes[node].restart_vipd()

    def upgrade_node(self, node: str) -> None:
        """With tables of another layout."""
        self.lab.nodes[node].forget_version()
        self.restart_node(node)

    def kill_node(self, node: str) -> None:
        self.lab.nodes[node].kill_vipd()

    def owns(self, node: str, instance: Instance = INSTANCE) -> bool:
        return self.lab.nodes[node].state(instance.name) == "MASTER"

    def pids(self, node: str) -> list[int]:
        process = self.lab.nodes[node].vipd
        return [process.pid] if process else []

    def log(self, node: str) -> Path:
        return self.lab.nodes[node].log

    def transitions(self, node: str, instance: Instance = INSTANCE) -> int:
        return int(self.lab.nodes[node].instance(instance.name)["transitions"])


class Keepalived(Contender):
    dialect = keepalived.Dialect()

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self._daemons = {node: lab.keepalived(node) for node in topology.NODES}

    def start(self) -> None:
        for node in self._daemons:
            self.start_node(node)

    def stop(self) -> None:
        for node in self._daemons:
            self.stop_node(node)

    def start_node(self, node: str) -> None:
        self._daemons[node].start(keepalived.configuration(
            node, self.interval, topology.NODES, self.lab.settings.instances,
            dialect=self.dialect))

    def stop_node(self, node: str) -> None:
        self._daemons[node].stop()

    def kill_node(self, node: str) -> None:
        self._daemons[node].kill()

    def owns(self, node: str, instance: Instance = INSTANCE) -> bool:
        return self._daemons[node].owns(instance)

    def pids(self, node: str) -> list[int]:
        return self._daemons[node].pids()

    def log(self, node: str) -> Path:
        return self._daemons[node].log

    def transitions(self, node: str, instance: Instance = INSTANCE) -> int:
        said = self.log(node).read_text(errors="replace")
        return said.count(f"({instance.name}) Entering ")


class KeepalivedChecked(Keepalived):
    """With its own check of the sender's address turned on."""

    dialect = replace(Keepalived.dialect, check_source=True)


CONTENDERS: dict[str, type[Contender]] = {"vipd": Vipd, "keepalived": Keepalived}
ALL_CONTENDERS = CONTENDERS | {"keepalived-checked": KeepalivedChecked}
