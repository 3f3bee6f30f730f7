# SPDX-License-Identifier: GPL-2.0-only
"""What operators do to a cluster every day, and what happens to it: acts on a contender's lab.

Each act begins with the preferred owner in place and ends when the cluster is whole again; clients
run all the while.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from . import topology
from .contenders import INSTANCE, Contender
from .node import Node

OWNER = INSTANCE.owner
LAST = INSTANCE.order[-1]


def _let_pass(contender: Contender, intervals: float = 4) -> None:
    """Time for the others to notice and to take over."""
    time.sleep(intervals * contender.interval + 1)


def cut(contender: Contender) -> None:
    contender.lab.network.link(OWNER, up=False)
    _let_pass(contender)
    contender.lab.network.link(OWNER, up=True)
    _let_pass(contender)


def power_off(contender: Contender) -> None:
    """Nothing of the node runs any more; what it had set in its kernel is gone with it."""
    node: Node = contender.lab.nodes[OWNER]
    contender.lab.network.link(OWNER, up=False)
    contender.kill_node(OWNER)
    node.kill_nginx()
    _let_pass(contender)
    node.start_nginx()
    contender.lab.network.link(OWNER, up=True)
    contender.start_node(OWNER)
    _let_pass(contender)


def stop_and_return(node: str) -> Callable[[Contender], None]:
    def act(contender: Contender) -> None:
        contender.stop_node(node)
        _let_pass(contender)
        contender.start_node(node)
        _let_pass(contender)
    return act


def restart(contender: Contender) -> None:
    contender.restart_node(OWNER)
    _let_pass(contender)


def upgrade(contender: Contender) -> None:
    contender.upgrade_node(OWNER)
    _let_pass(contender)


def crash(contender: Contender) -> None:
    contender.kill_node(OWNER)
    contender.start_node(OWNER)
    _let_pass(contender)


def rolling_upgrade(contender: Contender) -> None:
    for node in topology.NODES:
        contender.upgrade_node(node)
        _let_pass(contender)


@dataclass(frozen=True)
class Act:
    name: str
    perform: Callable[[Contender], None]


ACTS = (
    Act("link of the owner cut", cut),
    Act("owner without power", power_off),
    Act("owner stopped, back", stop_and_return(OWNER)),
    Act("backup stopped, back", stop_and_return(LAST)),
    Act("owner restarted", restart),
    Act("owner upgraded", upgrade),
    Act("owner killed, started", crash),
    Act("all upgraded in turn", rolling_upgrade),
)
