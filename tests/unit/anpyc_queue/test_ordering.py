"""Waiting runs are moved by people, and taken in the order that they have then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from anpyc.spec import parse_spec
from anpyc_queue import jobs, ordering, queue, workers
from anpyc_queue.engine import Database
from anpyc_queue.errors import Conflict, NoSuchRun
from anpyc_queue.ordering import Move
from anpyc_queue.stacking import companions
from anpyc_queue.tables import Worker


def _submitted(database: Database, count: int, priority: int = 0) -> list[str]:
    with database.write() as session:
        return [jobs.submit(session, parse_spec({}), priority=priority)[0].id for _ in range(count)]


def _order(database: Database) -> list[str]:
    with database.read() as session:
        return [item.run_id for item in queue.queue(session).items]


def _moved(database: Database, run_id: str, to: Move) -> list[str]:
    with database.write() as session:
        ordering.move(session, run_id, to)
    return _order(database)


@pytest.mark.parametrize(
    ("which", "to", "after"),
    [
        (2, "first", [2, 0, 1, 3]),
        (0, "last", [1, 2, 3, 0]),
        (2, "up", [0, 2, 1, 3]),
        (1, "down", [0, 2, 1, 3]),
        (0, "up", [0, 1, 2, 3]),
        (3, "last", [0, 1, 2, 3]),
    ],
)
def test_a_run_is_moved(database: Database, which: int, to: Move, after: Sequence[int]) -> None:
    runs = _submitted(database, 4)
    assert _moved(database, runs[which], to) == [runs[place] for place in after]
    with database.read() as session:
        assert queue.next_run(session, workers.served_by("cpu")) == runs[after[0]]


def test_runs_of_one_place_are_moved_as_well(database: Database) -> None:
    """As those of an earlier version are that waited when it was replaced."""
    runs = _submitted(database, 5)
    with database.write() as session:
        for run_id in runs:
            session.get_one(jobs.RUN.table, run_id).place = 0
    assert _order(database) == runs
    assert _moved(database, runs[3], "up") == [runs[place] for place in (0, 1, 3, 2, 4)]
    assert _moved(database, runs[0], "down") == [runs[place] for place in (1, 0, 3, 2, 4)]


def test_the_highest_priority_is_taken_first_and_stands_in_what_others_wait_for(database: Database) -> None:
    low, high = _submitted(database, 2), _submitted(database, 1, priority=5)
    assert _order(database) == [*high, *low]
    with database.write() as session:
        ordering.set_priority(session, low[1], 7)
    assert _order(database) == [low[1], *high, low[0]]
    with database.write() as session:
        workers.announce(session, Worker(id="w", host="h", pid=1, device="cpu", slots=1))
        run = session.get_one(jobs.RUN.table, low[0])
        assert "2 runs are before this one" in queue.reason_for(session, run)


def test_who_moves_past_another_priority_takes_it_over(database: Database) -> None:
    high, low = _submitted(database, 2, priority=3), _submitted(database, 2)
    assert _moved(database, low[0], "up") == [high[0], low[0], high[1], low[1]]
    assert _moved(database, high[0], "last") == [low[0], high[1], low[1], high[0]]


def test_what_does_not_wait_is_not_moved(database: Database) -> None:
    (run,) = _submitted(database, 1)
    with database.write() as session:
        assert jobs.claim(session, run, "w", 10) is not None
    with database.write() as session, pytest.raises(Conflict, match="does not wait any more"):
        ordering.move(session, run, "first")
    with database.write() as session, pytest.raises(NoSuchRun):
        ordering.set_priority(session, "none", 1)


def test_a_stack_takes_no_run_of_a_lower_priority_along(database: Database) -> None:
    first, alike = _submitted(database, 2, priority=1)
    _submitted(database, 1)
    with database.write() as session:
        claim = jobs.claim(session, first, "w", 10)
        assert claim is not None
        assert companions(session, claim, "cpu", 16) == [alike]
