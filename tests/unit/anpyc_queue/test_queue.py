"""What the page says about waiting runs."""

from __future__ import annotations

import pytest

from anpyc.spec import parse_spec
from anpyc_queue import jobs, queue, workers
from anpyc_queue.engine import Database
from anpyc_queue.tables import Worker


def _submit(database: Database, device: str = "auto") -> str:
    with database.write() as session:
        return jobs.submit(session, parse_spec({"device": device}))[0].id


def _worker(database: Database, name: str, device: str = "cpu", slots: int = 1) -> None:
    with database.write() as session:
        workers.announce(session, Worker(id=name, host="here", pid=1, device=device, slots=slots))


def _queue(database: Database) -> queue.Queue:
    with database.read() as session:
        return queue.queue(session)


def test_without_a_worker_it_says_how_to_start_one(database: Database) -> None:
    _submit(database)
    seen = _queue(database)
    assert seen.items[0].reason == "waiting: no worker online. Start one with `anpyc worker`."
    assert "`anpyc worker`" in str(seen.hint)


def test_a_run_for_a_gpu_asks_for_such_a_worker(database: Database) -> None:
    _worker(database, "w")
    _submit(database, "cuda")
    assert "no worker for cuda online" in _queue(database).items[0].reason
    with database.read() as session:
        assert queue.next_run(session, workers.served_by("cpu")) is None


def test_positions_follow_the_time_of_submitting(database: Database) -> None:
    _worker(database, "w")
    ids = [_submit(database) for _ in range(3)]
    with database.write() as session:
        assert jobs.claim(session, ids[0], "w", 10) is not None
    seen = _queue(database)
    assert [(item.run_id, item.position) for item in seen.items] == [(ids[1], 1), (ids[2], 2)]
    assert (seen.depth, seen.running, seen.slots, seen.slots_free, seen.hint) == (2, 1, 1, 0, None)
    assert "until a worker is free" in seen.items[0].reason
    assert "1 run is before" in seen.items[1].reason
    with database.read() as session:
        assert queue.next_run(session, workers.served_by("cpu")) == ids[1]


def test_a_draining_worker_does_not_count(database: Database) -> None:
    _worker(database, "w")
    _submit(database)
    with database.write() as session:
        workers.drain(session, "w")
    assert "about to leave" in _queue(database).items[0].reason
    with database.write() as session, pytest.raises(workers.NoSuchWorker, match="no worker x"):
        workers.drain(session, "x")
