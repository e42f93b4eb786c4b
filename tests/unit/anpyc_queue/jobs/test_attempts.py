"""Each try at a job is kept: who, when, from where, and how it ended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from anpyc.recording import EpochResult, Evaluation, LayerStatistics
from anpyc.spec import RunSpec
from anpyc_queue import jobs, whatif
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim
from anpyc_queue.recording import Batch, SavedCheckpoint, write
from anpyc_queue.tables import Attempt, Run
from serving import an_outcome


def _submitted(database: Database) -> str:
    with database.write() as session:
        return jobs.submit(session, RunSpec())[0].id


def _claimed(database: Database, run_id: str, worker: str) -> Claim:
    with database.write() as session:
        claim = jobs.claim(session, run_id, worker, 15)
    assert claim is not None
    return claim


def _do(database: Database, act: Any, *arguments: Any) -> None:
    with database.write() as session:
        act(session, *arguments)


def _kept(database: Database, run_id: str) -> list[tuple[Any, ...]]:
    with database.read() as session:
        rows = session.get_one(Run, run_id).attempts
        return [(row.number, row.cause, row.worker_id, row.ending, row.from_task) for row in rows]


def _checkpointed(database: Database, claim: Claim) -> None:
    checkpoint = SavedCheckpoint("c", "c.json", 1, "0" * 64, 2, 1, 0)
    _do(database, write, claim, Batch(1, checkpoint=checkpoint, outcomes=[an_outcome(0, 2)]))


def test_a_run_s_whole_story(database: Database) -> None:
    run_id = _submitted(database)
    assert _kept(database, run_id) == [(1, "submitted", None, None, None)]
    first = _claimed(database, run_id, "a")
    _checkpointed(database, first)
    _do(database, jobs.requeue, run_id, first.token, "worker_lost", "gone")
    second = _claimed(database, run_id, "b")
    _do(database, jobs.release, second, "The worker was shut down.")
    third = _claimed(database, run_id, "c")
    _do(database, jobs.fail, third, "code", "message")
    _do(database, jobs.resume, run_id)
    fourth = _claimed(database, run_id, "d")
    _do(database, jobs.finish, fourth)
    assert _kept(database, run_id) == [
        (1, "submitted", "a", "worker_lost", None),
        (2, "worker_lost", "b", "released", 1),
        (3, "released", "c", "failed", 1),
        (4, "resumed", "d", "succeeded", 1),
    ]


def test_one_that_is_cancelled_while_it_waits_and_resumed_is_one_attempt(database: Database) -> None:
    run_id = _submitted(database)
    first = _claimed(database, run_id, "a")
    _checkpointed(database, first)
    _do(database, jobs.requeue, run_id, first.token, "process_lost", "gone")
    _do(database, jobs.request_cancel, run_id)
    assert _kept(database, run_id)[1] == (2, "process_lost", None, "cancelled", None)
    _do(database, jobs.resume, run_id)
    _claimed(database, run_id, "b")
    assert _kept(database, run_id)[1:] == [(2, "resumed", "b", None, 1)]
    with database.read() as session:
        sentence = jobs.recovery(session.get_one(Run, run_id))
    assert sentence == "continued, resumed from task 2 (attempt 2)"


def test_a_checkpoint_that_cannot_be_read_is_not_what_the_attempt_began_from(database: Database) -> None:
    run_id = _submitted(database)
    first = _claimed(database, run_id, "a")
    _checkpointed(database, first)
    _do(database, jobs.requeue, run_id, first.token, "process_lost", "gone")
    second = _claimed(database, run_id, "b")
    _do(database, jobs.go_back, second, None)
    assert _kept(database, run_id)[1] == (2, "process_lost", "b", None, None)


def test_they_go_with_the_run_and_its_what_ifs(database: Database) -> None:
    run_id = _submitted(database)
    claim = _claimed(database, run_id, "a")
    _checkpointed(database, claim)
    with database.write() as session:
        job, _ = whatif.ask(session, run_id, None, [0, 500])
        assert whatif.claim(session, job.id, "a", 15) is not None
        assert [(attempt.job_kind, attempt.worker_id) for attempt in job.attempts] == [("what_if", "a")]
        jobs.finish(session, claim)
        jobs.remove(session, run_id)
        assert session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_after_a_loss_the_metrics_are_those_of_the_last_task_that_ended(database: Database) -> None:
    """As training told them then, forward transfer included."""
    run_id = _submitted(database)
    claim = _claimed(database, run_id, "a")
    epochs = [EpochResult(step, step - 1, 0, 1, 1.0, 0.0, 0.1, 0.1, step / 3) for step in (1, 2, 3)]
    evaluations = [
        Evaluation(0, 0, 0, {0: 0.1, 1: 0.2, 2: 0.1}, end_of_task=False),
        Evaluation(1, 0, 0, {0: 0.9, 1: 0.5}, end_of_task=True),
        Evaluation(2, 1, 0, {0: 0.8, 1: 0.7, 2: 0.3}, end_of_task=True),
        Evaluation(3, 2, 0, {0: 0.1, 1: 0.1, 2: 0.9}, end_of_task=True),
    ]
    layers = [
        (step, LayerStatistics(step - 1, 0, "fc", (10,), 10, 10 - step, step, 0, 0, 1.0, end_of_task=True))
        for step in (1, 2, 3)
    ]
    checkpoint = SavedCheckpoint("c", "c.json", 1, "0" * 64, 2, 2, 0)
    batch = Batch(1, epochs=epochs, evaluations=evaluations, layers=layers, checkpoint=checkpoint)
    _do(database, write, claim, batch)
    _do(database, jobs.requeue, run_id, claim.token, "worker_lost", "gone")
    _claimed(database, run_id, "b")
    with database.read() as session:
        metrics = session.get_one(Run, run_id).metrics
    assert metrics == pytest.approx(
        {
            "average_accuracy": 0.75, "forgetting": 0.1, "backward_transfer": -0.1,
            "learning_accuracy": 0.8, "forward_transfer": 0.3, "capacity_free": 0.8,
        }
    )  # fmt: skip
