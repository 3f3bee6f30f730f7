# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures: a lab for each test module, in its usual state before each test."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from lab import topology  # noqa: E402
from lab.cluster import Lab  # noqa: E402
from lab.node import Settings  # noqa: E402
from lab.system import interrupt_on_termination  # noqa: E402

LOG_LINES = 40


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: needs the machine to itself, for time counts")


def pytest_sessionstart(session: pytest.Session) -> None:
    if os.geteuid() != 0:
        pytest.exit("the lab is made of network namespaces: only root can build it", 1)
    interrupt_on_termination()


@pytest.fixture(scope="module")
def settings() -> Settings:
    """What the module's cluster is like; a module with other wishes overrides it."""
    return Settings()


@pytest.fixture(scope="module")
def lab_without_vipd(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Lab]:
    """The network, and nginx on each node."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    with Lab(f"test{os.getpid()}.{name}", settings) as lab:
        request.node.lab = lab
        yield lab
        for node in lab.nodes.values():
            if node.vipd:
                assert node.stop_vipd() == 0, f"vipd on {node.name} did not stop cleanly"
            if node.log.exists():
                said = node.log.read_text(errors="replace")
                assert not re.search("Sanitizer|runtime error", said), said


@pytest.fixture(scope="module")
def cluster(lab_without_vipd: Lab) -> Lab:
    """vipd on each node too."""
    lab_without_vipd.start_vipd()
    return lab_without_vipd


@pytest.fixture
def lab(cluster: Lab) -> Lab:
    """The cluster as it should be, whatever the test before did to it."""
    for member in topology.NODES:
        cluster.network.link(member, up=True)
    for name in cluster.settings.nodes:
        node = cluster.nodes[name]
        node.make_unwell(False)
        if not node.nginx:
            node.start_nginx()
        if not node.vipd:
            node.write_config(cluster.settings.configuration(name))
            node.start_vipd()
        if node.status()["drain"]:
            node.vipctl("undrain")
    if cluster.settings.check:
        for name in cluster.settings.backends or cluster.settings.nodes:
            cluster.wait_backend(name, "up")
    cluster.wait_settled()
    return cluster


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """What each vipd said is part of a failure."""
    outcome = yield
    report = outcome.get_result()
    lab = getattr(item.getparent(pytest.Module), "lab", None)
    if not report.failed or lab is None:
        return
    for node in lab.nodes.values():
        if node.log.exists():
            lines = node.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"vipd on {node.name}", "\n".join(lines)))
