"""Which waiting runs a worker takes along with the one that it has claimed."""

from __future__ import annotations

from typing import Any

import pytest

from anpyc.spec import parse_spec
from anpyc_queue import jobs, recording, workers
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim
from anpyc_queue.queue import free_slots
from anpyc_queue.recording import Batch, SavedCheckpoint
from anpyc_queue.stacking import companions
from anpyc_queue.tables import Run, Worker


def _submit(database: Database, **changes: Any) -> str:
    with database.write() as session:
        return jobs.submit(session, parse_spec(changes))[0].id


def _claim(database: Database, run_id: str) -> Claim:
    with database.write() as session:
        claim = jobs.claim(session, run_id, "w", 60)
    assert claim is not None
    return claim


def _companions(database: Database, claim: Claim, device: str = "cpu", most: int = 16) -> list[str]:
    with database.read() as session:
        return companions(session, claim, device, most)


def _worker(database: Database, name: str, slots: int) -> None:
    with database.write() as session:
        workers.announce(session, Worker(id=name, host="here", pid=1, device="cpu", slots=slots))


def test_those_of_its_shape_that_have_waited_longest(database: Database) -> None:
    ids = [_submit(database, seed=seed, training={"lr": 0.1 + seed}) for seed in range(5)]
    _submit(database, model={"hidden": [32], "kind": "mlp"})
    _submit(database, device="cpu")
    claim = _claim(database, ids[0])
    assert _companions(database, claim) == ids[1:]
    assert _companions(database, claim, most=3) == ids[1:3]
    assert _companions(database, claim, most=1) == []


def test_none_that_is_trained_by_itself(database: Database) -> None:
    first, _ = (_submit(database, strategy={"kind": "lwf"}) for _ in range(2))
    assert _companions(database, _claim(database, first)) == []
    dropping = {"kind": "mlp", "dropout": 0.5}
    first, other = (_submit(database, model=dropping) for _ in range(2))
    claim = _claim(database, first)
    assert _companions(database, claim, "cpu") == [other]
    assert _companions(database, claim, "cuda") == []


@pytest.mark.parametrize("which", [0, 1])
def test_one_that_was_lost_is_tried_by_itself(database: Database, which: int) -> None:
    ids = [_submit(database) for _ in range(2)]
    lost = _claim(database, ids[which])
    with database.write() as session:
        jobs.requeue(session, lost.run_id, lost.token, "process_lost", "killed")
    assert _companions(database, _claim(database, ids[0])) == []


def test_one_that_was_given_back_goes_on_with_those_at_its_task(database: Database) -> None:
    fresh, same_task, later = (_submit(database) for _ in range(3))
    for run_id, task in ((same_task, 0), (later, 1)):
        claim = _claim(database, run_id)
        saved = SavedCheckpoint("1", f"{run_id}.json", 1, "0" * 64, 1, task, 0)
        with database.write() as session:
            recording.write(session, claim, Batch(1, checkpoint=saved))
            jobs.release(session, claim, "stopped")
    assert _companions(database, _claim(database, fresh)) == [same_task]


def test_other_free_slots_are_left_their_share(database: Database) -> None:
    _worker(database, "w", slots=2)
    _worker(database, "v", slots=1)
    ids = [_submit(database) for _ in range(7)]
    assert _companions(database, _claim(database, ids[0])) == ids[1:3]


def test_runs_that_are_trained_as_one_take_one_slot(database: Database) -> None:
    _worker(database, "w", slots=3)
    for together in (2, 2, 1):
        claim = _claim(database, _submit(database))
        with database.write() as session:
            session.get_one(Run, claim.run_id).environment = {"trained_together": together}
    with database.read() as session:
        (status,) = workers.worker_statuses(session)
        assert (len(status.runs), status.slots_taken) == (3, 2)
        assert free_slots(status) == 1
