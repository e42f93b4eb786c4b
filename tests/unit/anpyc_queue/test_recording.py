"""Batches are written whole, once, and only by whoever holds the run."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select

from anpyc.recording import EpochResult, Evaluation, LayerStatistics, MaskSnapshot
from anpyc.spec import RunSpec
from anpyc_queue import jobs, recording
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim, Stale, life
from anpyc_queue.recording import Batch, SavedCheckpoint
from anpyc_queue.tables import EpochRow, EvaluationRow, Event, LogLine, MaskRow, Run


@pytest.fixture
def claim(database: Database) -> Claim:
    with database.write() as session:
        run, _ = jobs.submit(session, RunSpec())
        claim = jobs.claim(session, run.id, "worker", 15)
    assert claim is not None
    return claim


def _epoch(step: int) -> EpochResult:
    return EpochResult(step, 0, 0, step, 1.0 / step, 0.0, 0.1, 0.01, step / 10)


def _batch(number: int, *steps: int) -> Batch:
    rows = [Evaluation(step, 0, 0, {0: 0.5 + step / 100}, end_of_task=False) for step in steps]
    return Batch(number, epochs=[_epoch(step) for step in steps], evaluations=rows, lines=[("info", "x")])


def _count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_batch_sent_twice_is_written_once(database: Database, claim: Claim) -> None:
    for _ in range(2):
        with database.write() as session:
            recording.write(session, claim, _batch(1, 1, 2))
    counts = [_count(database, table) for table in (EpochRow, EvaluationRow, LogLine, Event)]
    assert counts == [2, 2, 1, 5]


def test_events_carry_keys_and_not_rows(database: Database, claim: Claim) -> None:
    batch = _batch(1, 1, 2)
    batch.layers = [(2, LayerStatistics(0, 1, "fc", (10,), 10, 4, 6, 4, 0, 1.0))]
    batch.masks = [(2, MaskSnapshot(0, 1, "fc", np.ones((1, 1), bool)))]
    with database.write() as session:
        recording.write(session, claim, batch)
        stored = select(Event.kind, Event.data).order_by(Event.seq)
        data = dict(session.execute(stored).all())
    steps, tensor = [{"step": 1}, {"step": 2}], [{"task": 0, "round": 1, "layer": "fc"}]
    expected = {"epoch": steps, "evaluation": steps, "layers": tensor, "masks": tensor, "log": [{"line": 1}]}
    assert {kind: data[kind] for kind in expected} == {
        kind: {"items": keys} for kind, keys in expected.items()
    }


def test_nothing_is_written_after_a_takeover(database: Database, claim: Claim) -> None:
    with database.write() as session:
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "gone")
        assert jobs.claim(session, claim.run_id, "another", 15) is not None
    with database.write() as session, pytest.raises(Stale):
        recording.write(session, claim, _batch(1, 1))
    for step in (jobs.finish, jobs.cancelled, lambda s, h: jobs.renew(s, h, 15)):
        with database.write() as session, pytest.raises(Stale):
            step(session, claim)  # type: ignore[operator]
    assert _count(database, EpochRow) == 0


def test_a_failed_batch_leaves_nothing(database: Database, claim: Claim) -> None:
    batch = _batch(1, 1)
    broken = np.array([[np.nan]], np.float32)
    batch.masks = [(1, MaskSnapshot(0, 0, "fc", np.ones((1, 1), bool), importance=broken))]
    with pytest.raises(ValueError, match="finite"), database.write() as session:
        recording.write(session, claim, batch)
    assert [_count(database, table) for table in (EpochRow, MaskRow)] == [0, 0]
    with database.write() as session:
        recording.write(session, claim, _batch(1, 1))
    assert _count(database, EpochRow) == 1


def _checkpoint(step: int) -> SavedCheckpoint:
    return SavedCheckpoint(f"step-{step}", f"place/{step}.json", 10, "0" * 64, step, 2, 0)


def test_the_next_attempt_forgets_what_lies_past_its_checkpoint(database: Database, claim: Claim) -> None:
    with database.write() as session:
        first = _batch(1, 1, 2)
        first.checkpoint = _checkpoint(2)
        recording.write(session, claim, first)
        recording.write(session, claim, _batch(2, 3, 4))
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "gone")
    with database.write() as session:
        again = jobs.claim(session, claim.run_id, "another", 15)
    assert again is not None
    with database.read() as session:
        assert [kept.step for kept in jobs.checkpoints(session, again.run_id)] == [2]
        assert session.scalars(select(EpochRow.step).order_by(EpochRow.step)).all() == [1, 2]
        assert session.get_one(Run, claim.run_id).position["step"] == 2
        started = session.scalars(select(Event).where(Event.kind == "started").order_by(Event.seq)).all()[1]
    recovery = "worker lost, resumed from task 3 (attempt 2)"
    place = {"step": 2, "task": 2, "round": 0}
    assert started.data == {"attempt": 2, "worker": "another", "recovery": recovery} | place


def test_two_checkpoints_are_kept(database: Database, claim: Claim) -> None:
    dropped: list[str] = []
    for number in (1, 2, 3):
        batch = _batch(number, number)
        batch.checkpoint = _checkpoint(number)
        with database.write() as session:
            dropped += recording.write(session, claim, batch)
    assert dropped == ["place/1.json"]
    with database.read() as session:
        assert [kept.step for kept in jobs.checkpoints(session, claim.run_id)] == [3, 2]


def test_the_wait_between_attempts_does_not_count_as_training(
    database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.read() as session:
        began = session.get_one(Run, claim.run_id).started_at
    assert began is not None
    passed = 0

    def later(_session: object) -> datetime:
        return began + timedelta(seconds=passed)

    def trained() -> float | None:
        with database.read() as session:
            return jobs.trained_seconds(session.get_one(Run, claim.run_id), later(session))

    monkeypatch.setattr(life, "now", later)
    passed = 100
    assert trained() == pytest.approx(100)
    with database.write() as session:
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "gone")
    passed = 1_000
    assert trained() == pytest.approx(100)
    with database.write() as session:
        again = jobs.claim(session, claim.run_id, "another", 15)
    assert again is not None
    passed = 1_050
    assert trained() == pytest.approx(150)
    with database.write() as session:
        batch = _batch(1, 1)
        batch.checkpoint = _checkpoint(1)
        recording.write(session, again, batch)
        jobs.fail(session, again, "process_lost", "gone")
    passed = 5_000
    assert trained() == pytest.approx(150)
    with database.write() as session:
        jobs.resume(session, claim.run_id)
    passed = 9_000
    with database.write() as session:
        last = jobs.claim(session, claim.run_id, "a third", 15)
    assert last is not None
    passed = 9_010
    with database.write() as session:
        jobs.finish(session, last)
    passed = 99_000
    assert trained() == pytest.approx(160)


def _ended(task: int, round_: int, step: int, *row: float) -> Evaluation:
    return Evaluation(step, task, round_, dict(enumerate(row)), end_of_task=True)


def _in_between(task: int, step: int, accuracy: float) -> Evaluation:
    return Evaluation(step, task, 0, {task: accuracy}, end_of_task=False)


def test_what_tasks_stood_at_before_their_pruning_is_stored(database: Database, claim: Claim) -> None:
    reports = [
        _in_between(0, 1, 0.7), _in_between(0, 2, 0.9), _ended(0, 1, 3, 0.5),
        _in_between(1, 4, 0.6), _ended(1, 0, 5, 0.5, 0.8), _in_between(2, 6, 0.4),
    ]  # fmt: skip
    for number, report in enumerate(reports, 1):
        with database.write() as session:
            recording.write(session, claim, Batch(number, evaluations=[report]))
    with database.read() as session:
        assert session.get_one(Run, claim.run_id).before_pruning == [0.9, None, 0.4]


def test_a_rewound_run_knows_what_its_rows_say(database: Database, claim: Claim) -> None:
    layers = [
        (step, LayerStatistics(task, 0, "fc", (10,), 10, free, 10 - free, 0, 0, 1.0, end_of_task=True))
        for step, task, free in ((1, 0, 4), (2, 1, 1))
    ]
    first = Batch(1, evaluations=[_ended(0, 0, 1, 0.9)], layers=layers[:1], checkpoint=_checkpoint(1))
    metrics = {"average_accuracy": 0.75, "forgetting": 0.1, "backward_transfer": -0.1, "capacity_free": 0.1}
    second = Batch(2, evaluations=[_ended(1, 0, 2, 0.8, 0.7)], layers=layers[1:], metrics=metrics)
    with database.write() as session:
        recording.write(session, claim, first)
        recording.write(session, claim, second)
        jobs.requeue(session, claim.run_id, claim.token, "worker_lost", "gone")
    with database.write() as session:
        assert jobs.claim(session, claim.run_id, "another", 15) is not None
    with database.read() as session:
        run = session.get_one(Run, claim.run_id)
        left = {"average_accuracy": 0.9, "learning_accuracy": 0.9, "capacity_free": 0.4}
        assert (run.metrics, run.average_accuracy, run.forgetting) == (left, 0.9, None)
