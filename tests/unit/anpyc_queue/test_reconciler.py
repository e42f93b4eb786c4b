"""Which run is lost is told by watching, not by comparing clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from anpyc.spec import RunSpec
from anpyc_queue import engine, jobs, locks, reconciler
from anpyc_queue.engine import Database
from anpyc_queue.jobs import life
from anpyc_queue.reconciler import Reconciler
from anpyc_queue.tables import Run
from full import full


class Steady:
    """A steady clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _claimed(database: Database) -> jobs.Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "worker", 15)
    assert claim is not None
    return claim


def _watch(watcher: Reconciler, clock: Steady, seconds: float) -> list[str]:
    lost: list[str] = []
    for _ in range(int(seconds / 2)):
        clock.seconds += 2
        lost += watcher.look()
    return lost


def _status(database: Database, run_id: str) -> str:
    with database.read() as session:
        return session.get_one(Run, run_id).status


def test_a_silent_worker_loses_its_run_after_the_lease(database: Database) -> None:
    claim, clock = _claimed(database), Steady()
    watcher = Reconciler(database, "a", clock=clock)
    assert _watch(watcher, clock, 15) == []
    assert _watch(watcher, clock, 4) == [claim.run_id]
    assert _status(database, claim.run_id) == "queued"


def test_a_worker_that_reports_keeps_it(database: Database) -> None:
    claim, clock = _claimed(database), Steady()
    watcher = Reconciler(database, "a", clock=clock)
    for _ in range(10):
        assert _watch(watcher, clock, 10) == []
        with database.write() as session:
            jobs.renew(session, claim, 15)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wall_clock_that_jumps_takes_no_run_away(
    database: Database, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    claim, clock = _claimed(database), Steady()
    watcher = Reconciler(database, "a", clock=clock)
    _watch(watcher, clock, 4)
    true_now = engine.now

    def moved(session: Any) -> Any:
        return true_now(session) + timedelta(hours=hours)

    for module in (life, locks):
        monkeypatch.setattr(module, "now", moved)
    for _ in range(5):
        with database.write() as session:
            jobs.renew(session, claim, 15)
        assert _watch(watcher, clock, 10) == []
    assert _watch(watcher, clock, 18) == [claim.run_id], "a lost run is still found with the moved clock"


def test_time_in_which_the_database_was_away_does_not_count(database: Database) -> None:
    claim, clock = _claimed(database), Steady()
    watcher = Reconciler(database, "a", clock=clock)
    _watch(watcher, clock, 10)
    clock.seconds += 600
    assert watcher.look() == []
    assert _watch(watcher, clock, 6) == [claim.run_id]


def test_only_the_holder_of_the_role_acts(database: Database) -> None:
    claim, clock = _claimed(database), Steady()
    first, second = Reconciler(database, "a", clock=clock), Reconciler(database, "b", clock=clock)
    with database.write() as session:
        assert locks.hold(session, reconciler.ROLE, "a", reconciler.ROLE_SECONDS)
    assert _watch(second, clock, 30) == []
    assert _watch(first, clock, 30) == [claim.run_id]


def test_time_in_which_nobody_can_write_takes_no_run_away(database: Database) -> None:
    """On a full disk no lease is renewed; once there is space, whoever works has a whole lease to do so."""
    claim, clock = _claimed(database), Steady()
    watcher = Reconciler(database, "a", clock=clock)
    with full(database):
        assert _watch(watcher, clock, 14) == []
        refused = 0
        for _ in range(16):
            clock.seconds += 2
            try:
                assert watcher.look() == []
            except OperationalError:
                refused += 1
        assert refused
    assert _watch(watcher, clock, 12) == []
    assert _status(database, claim.run_id) == "running"
    with database.write() as session:
        life.renew(session, claim, 15)
    assert _watch(watcher, clock, 14) == []
