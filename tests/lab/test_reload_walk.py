# SPDX-License-Identifier: GPL-2.0-only
"""Every key of vipd.yaml, changed by a reload: what follows from it is seen, or it is refused.

What a part copies from its configuration, it may forget to take over again. So there is a row for
each key of the schema, and a key without one is a failure.
"""

import copy
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from lab.cluster import Lab
from lab.node import Settings
from lab.system import LabError, stays, wait_for
from walk import ANY, Bench, Change, Config, Refusal, Row, Scene, all_keys, base
from walk_rows import (INSTANCES, NODE, PREEMPTION, SYNC_GROUPS, VERSION_2, VRRP,
                       never_preempt)
from walk_services import CHECKS, NOTIFY, SERVICES, TRACKERS

ALL = [*NODE, *VRRP, *INSTANCES, VERSION_2, *SYNC_GROUPS, *SERVICES, *TRACKERS, *CHECKS, *NOTIFY]
REFUSALS = [one for one in ALL if isinstance(one, Refusal)]
SCENES = ([one for one in ALL if isinstance(one, Scene)]
          + [Scene(one.key, (one,)) for one in ALL if isinstance(one, Row)])
KEYS = [*PREEMPTION, *(refusal.key for refusal in REFUSALS),
        *(row.key for scene in SCENES for row in scene.rows)]
PATIENCE_S = 12

HOW_TO_ADD = """\
The schema has keys of which no test sees that a reload changes them: {missing}. For each, add to
tests/lab/walk_rows.py or walk_services.py
    Row(KEY, change before, change after, what to look at, what is seen before, and after)
or, if it cannot change while vipd runs, Refusal(KEY, change, what the answer says)."""


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(check=False)


@pytest.fixture(scope="module")
def bench(lab_without_vipd: Lab) -> Iterator[Bench]:
    with Bench(lab_without_vipd) as standing:
        yield standing


def test_every_key_has_a_row() -> None:
    missing = sorted(set(all_keys()) - set(KEYS))
    assert not missing, HOW_TO_ADD.format(missing=", ".join(missing))


def test_every_row_has_a_key() -> None:
    assert not set(KEYS) - set(all_keys()), "the schema has no such keys any more"
    assert len(KEYS) == len(set(KEYS)), "a key has two rows"


def changed(changes: list[Change], bench: Bench) -> Config:
    config = copy.deepcopy(base())
    for change in changes:
        change(config, bench)
    return config


def see(bench: Bench, row: Row, expected: object) -> object:
    """Look until it is as expected, or for as long as that may take."""
    if expected is ANY:
        return row.see(bench)
    try:
        wait_for(lambda: row.see(bench) == expected, row.key, PATIENCE_S)
        return expected
    except LabError:
        return row.see(bench)


def follow(bench: Bench, rows: tuple[Row, ...], changes: list[Change],
           expected: dict[str, object]) -> dict[str, object]:
    """A reload with the changes of all rows; returns what is seen then, by key."""
    config = changed(changes, bench)
    reply = bench.follow(config)
    assert reply.returncode == 0, reply.stdout + reply.stderr
    for row in rows:
        if row.follows:
            row.follows(bench, config)
    return {row.key: see(bench, row, expected[row.key]) for row in rows}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_change_takes_effect(bench: Bench, scene: Scene) -> None:
    with bench.contender(base()) if scene.in_company else nullcontext():
        play(bench, scene.rows)


def play(bench: Bench, rows: tuple[Row, ...]) -> None:
    was = {row.key: row.was for row in rows}
    found = follow(bench, rows, [row.before for row in rows], was)
    assert {key: found[key] for key in was if was[key] is not ANY} == {
        key: value for key, value in was.items() if value is not ANY}
    becomes = {row.key: row.becomes for row in rows}
    then = follow(bench, rows, [row.after for row in rows], becomes)
    assert then == {key: then[key] if value is ANY else value for key, value in becomes.items()}
    assert not [row.key for row in rows if row.becomes is ANY and then[row.key] == found[row.key]]


def test_preemption(bench: Bench) -> None:
    """Nodes that come back preempt, do not any more, and do again, also while they wait for it."""
    with bench.contender(base()):
        for change, expected in (([], "MASTER"), ([never_preempt], "BACKUP")):
            assert bench.follow(changed(change, bench)).returncode == 0
            bench.give_and_rise("blue", "green", "teal")
            bench.node.wait_state("green", "MASTER")
            for instance in ("blue", "teal"):
                bench.node.wait_state(instance, expected, PATIENCE_S)
                assert stays(lambda: bench.node.state(instance) == expected, 0.2)
        assert bench.follow(base()).returncode == 0
        for instance in ("blue", "teal"):
            bench.node.wait_state(instance, "MASTER", PATIENCE_S)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.key)
def test_what_cannot_change_is_refused(bench: Bench, refusal: Refusal) -> None:
    assert bench.follow(base()).returncode == 0
    reply = bench.follow(changed([refusal.after], bench))
    assert reply.returncode != 0
    assert refusal.says in reply.stdout + reply.stderr
