"""What-if jobs: small, through the same queue as runs, with the same guarantees.

    queued → running → succeeded | failed | cancelled        running → queued, when its worker is lost

The database is the queue of record and the outbox rings for it; a worker claims by compare-and-set under a
lease and a token, the reconciler takes it back, and every point has a natural key. Each worker has a lane of
its own for one such job beside its slots, so neither waits for runs nor keeps one waiting. Where both are
locked, the run comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc_queue import events
from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import MAX_LOSSES, OUTCOME, Conflict, NotFound, Stale, locked_run
from anpyc_queue.tables import (
    CANCELLED,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    Artifact,
    Outbox,
    Run,
    WhatIf,
    WhatIfPoint,
)
from anpyc_queue.upsert import upsert
from anpyc_queue.workers import ANY_DEVICE

EVENT = "what_if"
MOST_OPEN = 4
"""Jobs of one run that wait or are measured at a time."""


class NoSuchWhatIf(NotFound):
    """There is no such job."""

    def __init__(self, what_if_id: str) -> None:
        LookupError.__init__(self, f"There is no what-if {what_if_id} of this run.")


@dataclass(frozen=True)
class WhatIfClaim:
    """The right to measure, until somebody takes it over."""

    what_if_id: str
    run_id: str
    token: int
    worker_id: str
    spec: dict[str, Any]
    task: int
    permilles: tuple[int, ...]
    """Those that are not measured yet."""
    outcome: Artifact


# --- by people ----------------------------------------------------------------------------------------------


def ask(
    session: Session, run_id: str, task: int | None, permilles: Iterable[int], *, key: str | None = None
) -> tuple[WhatIf, bool]:
    """Queue a job; without a task, on the newest that has ended. With a key used before: the job of then.

    :raises Conflict: when nothing is stored that could be tested, or too much is asked at a time.
    """
    run = locked_run(session, run_id)
    wanted = sorted(set(permilles))
    earlier = _by_key(session, key)
    if earlier is not None:
        return _same(earlier, run_id, task, wanted), False
    at = _outcome_for(session, run, task).details["task"]
    _refuse_too_many(session, run_id)
    job = WhatIf(
        id=new_id(),
        run_id=run_id,
        task=at,
        shares=wanted,
        idempotency_key=key,
        status=QUEUED,
        attempt=0,
        losses=0,
        token=0,
        cancel_requested=False,
        created_at=now(session),
    )
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        earlier = _by_key(session, key)
        if earlier is None:
            raise
        return _same(earlier, run_id, task, wanted), False
    if not _left(session, job):
        _end(session, run, job, SUCCEEDED)
        return job, True
    _enqueue(session, run, job)
    return job, True


def request_cancel(session: Session, run_id: str, what_if_id: str) -> WhatIf:
    """Cancel a waiting job at once, ask one that is measured to stop. Twice changes nothing."""
    run = locked_run(session, run_id)
    job = session.get(WhatIf, what_if_id, with_for_update=True, populate_existing=True)
    if job is None or job.run_id != run_id:
        raise NoSuchWhatIf(what_if_id)
    if job.status in TERMINAL:
        raise Conflict("It has ended already; there is nothing to cancel.")
    job.cancel_requested = True
    if job.status == QUEUED:
        _end(session, run, job, CANCELLED)
    return job


def cancel_all(session: Session, run_id: str) -> None:
    """Nothing of the run is to be measured any more, as when it is deleted."""
    for what_if_id in session.scalars(select(WhatIf.id).where(WhatIf.run_id == run_id, _open())).all():
        request_cancel(session, run_id, what_if_id)


# --- by workers ---------------------------------------------------------------------------------------------


def next_what_if(session: Session) -> str | None:
    """The one that has waited longest."""
    query = select(WhatIf.id).where(WhatIf.status == QUEUED).order_by(WhatIf.created_at, WhatIf.id)
    return session.scalars(query.limit(1)).first()


def claim(session: Session, what_if_id: str, worker_id: str, lease_seconds: float) -> WhatIfClaim | None:
    """Take a waiting job. None when there is nothing to take, or nothing left that could be tested."""
    run_id = session.scalar(select(WhatIf.run_id).where(WhatIf.id == what_if_id))
    if run_id is None:
        return None
    run = locked_run(session, run_id)
    job = session.get(WhatIf, what_if_id, with_for_update=True, populate_existing=True)
    if job is None or job.status != QUEUED:
        return None
    outcome = outcomes(session, run_id).get(job.task)
    if outcome is None:
        _fail(session, run, job, "no_checkpoint", _gone(job.task))
        return None
    moment = now(session)
    job.status, job.worker_id = RUNNING, worker_id
    job.attempt += 1
    job.token += 1
    job.lease_until = moment + timedelta(seconds=lease_seconds)
    job.started_at = job.started_at or moment
    _announce(session, run, job)
    return WhatIfClaim(
        job.id, run_id, job.token, worker_id, dict(run.spec), job.task, tuple(_left(session, job)), outcome
    )


def heartbeat(session: Session, held: WhatIfClaim, lease_seconds: float) -> bool:
    """Renew the lease. Answers whether the job is to be cancelled."""
    job = _held(session, held)
    job.lease_until = now(session) + timedelta(seconds=lease_seconds)
    return job.cancel_requested


def is_to_stop(session: Session, held: WhatIfClaim) -> bool:
    """Whether the job is to be cancelled, without a lock.

    :raises Stale: when somebody else owns it by now.
    """
    query = select(WhatIf.token, WhatIf.cancel_requested).where(WhatIf.id == held.what_if_id)
    found = session.execute(query).first()
    if found is None or found.token != held.token:
        raise Stale(held.what_if_id)
    return bool(found.cancel_requested)


def begin(session: Session, held: WhatIfClaim, ranked_by: str, images: int | None) -> None:
    """Say how the points will come about."""
    job = _held(session, held)
    job.ranked_by, job.images = ranked_by, images


def record(
    session: Session, held: WhatIfClaim, permille: int, accuracy: Mapping[int, float], zeros: float
) -> None:
    """Write one share's accuracies; written again they change nothing.

    :raises Stale: also when the run has gone back to before the task's end since.
    """
    run = locked_run(session, held.run_id)
    job = _held(session, held)
    if session.get(Artifact, held.outcome.id) is None:
        raise Stale(f"The end of task {held.task} that this measures is not the run's any more.")
    rows = [
        {
            "run_id": held.run_id,
            "task": held.task,
            "permille": permille,
            "on_task": on_task,
            "step": held.outcome.step,
            "accuracy": value,
            "zeros": zeros,
        }
        for on_task, value in accuracy.items()
    ]
    upsert(session, WhatIfPoint, rows)
    _announce(session, run, job)


def finish(session: Session, held: WhatIfClaim) -> WhatIf:
    """Everything that was asked for is there."""
    run = locked_run(session, held.run_id)
    return _end(session, run, _held(session, held), SUCCEEDED)


def fail(session: Session, held: WhatIfClaim, code: str, message: str) -> WhatIf:
    """It failed for a reason of its own, which a repetition would meet again."""
    run = locked_run(session, held.run_id)
    return _fail(session, run, _held(session, held), code, message)


def cancelled(session: Session, held: WhatIfClaim) -> WhatIf:
    """It has stopped because it was asked to."""
    run = locked_run(session, held.run_id)
    return _end(session, run, _held(session, held), CANCELLED)


def release(session: Session, held: WhatIfClaim) -> WhatIf:
    """Give it back to the queue, as a worker that shuts down does. Not counted as a loss."""
    run = locked_run(session, held.run_id)
    job = _held(session, held)
    if job.cancel_requested:
        return _end(session, run, job, CANCELLED)
    return _back_to_queue(session, run, job)


def requeue(session: Session, what_if_id: str, token: int, code: str, reason: str) -> WhatIf:
    """The holder of ``token`` was lost: back to the queue, or failed when that happened too often.

    :raises Stale: when the job is not held under that token any more.
    """
    run_id = session.scalar(select(WhatIf.run_id).where(WhatIf.id == what_if_id))
    if run_id is None:
        raise Stale(f"There is no what-if {what_if_id} any more.")
    run = locked_run(session, run_id)
    job = session.get(WhatIf, what_if_id, with_for_update=True, populate_existing=True)
    if job is None or job.status != RUNNING or job.token != token:
        raise Stale(f"What-if {what_if_id} is not held under token {token} any more.")
    if job.cancel_requested:
        return _end(session, run, job, CANCELLED)
    job.losses += 1
    if job.losses >= MAX_LOSSES:
        message = (
            f"Given up after {job.losses} lost attempts. The last one: {reason} What was measured is kept."
        )
        return _fail(session, run, job, code, message)
    return _back_to_queue(session, run, job)


# --- for readers --------------------------------------------------------------------------------------------


def outcomes(session: Session, run_id: str) -> dict[int, Artifact]:
    """What was learnt at the ends of tasks, as far as it is stored, by task."""
    query = select(Artifact).where(Artifact.run_id == run_id, Artifact.kind == OUTCOME)
    return {found.details["task"]: found for found in session.scalars(query.order_by(Artifact.step))}


def is_open(session: Session, run_id: str) -> bool:
    """Whether a job of the run waits or is measured."""
    return session.scalar(select(WhatIf.id).where(WhatIf.run_id == run_id, _open()).limit(1)) is not None


def jobs(session: Session, run_id: str, limit: int = 20) -> Sequence[WhatIf]:
    """The newest first."""
    query = select(WhatIf).where(WhatIf.run_id == run_id).order_by(WhatIf.id.desc()).limit(limit)
    return session.scalars(query).all()


def measured(session: Session, run_id: str, task: int) -> set[int]:
    """Shares that are there, in thousandths."""
    query = select(WhatIfPoint.permille).where(WhatIfPoint.run_id == run_id, WhatIfPoint.task == task)
    return set(session.scalars(query.distinct()))


# --- shared -------------------------------------------------------------------------------------------------


def _open() -> Any:
    return WhatIf.status.in_((QUEUED, RUNNING))


def _left(session: Session, job: WhatIf) -> list[int]:
    there = measured(session, job.run_id, job.task)
    return [permille for permille in job.shares if permille not in there]


def _outcome_for(session: Session, run: Run, task: int | None) -> Artifact:
    there = outcomes(session, run.id)
    if not there:
        raise Conflict(nothing_stored(run))
    if task is not None and task not in there:
        raise Conflict(_gone(task) + f" There is task {', '.join(map(str, there))}.")
    return there[max(there) if task is None else task]


def nothing_stored(run: Run) -> str:
    """Why nothing can be tested."""
    if run.status == QUEUED and not run.attempt:
        return "The run has not begun. What it has learnt can be pruned once its first task has ended."
    if run.status in (QUEUED, RUNNING):
        return "The run is still at its first task. What it has learnt can be pruned once that has ended."
    return (
        "No checkpoint of a task's end is stored for this run: it ended before its first task did, or it was "
        "trained by an earlier version. Clone it to train it again."
    )


def _gone(task: int) -> str:
    return f"No checkpoint of the end of task {task} is stored."


def _refuse_too_many(session: Session, run_id: str) -> None:
    waiting = session.scalar(select(func.count()).where(WhatIf.run_id == run_id, _open())) or 0
    if waiting >= MOST_OPEN:
        raise Conflict(
            f"{waiting} what-ifs of this run are still to be measured. Wait for one, or cancel one."
        )


def _by_key(session: Session, key: str | None) -> WhatIf | None:
    return (
        None if key is None else session.scalars(select(WhatIf).where(WhatIf.idempotency_key == key)).first()
    )


def _same(earlier: WhatIf, run_id: str, task: int | None, wanted: list[int]) -> WhatIf:
    """The job that a key stands for, if it is the one that is asked for now."""
    if (earlier.run_id, earlier.shares) != (run_id, wanted) or task not in (None, earlier.task):
        raise Conflict(
            "This Idempotency-Key was used for another what-if. Nothing was queued; send a new key."
        )
    return earlier


def _held(session: Session, held: WhatIfClaim) -> WhatIf:
    job = session.get(WhatIf, held.what_if_id, with_for_update=True, populate_existing=True)
    if job is None or job.status != RUNNING or job.token != held.token:
        raise Stale(f"What-if {held.what_if_id} is not held under token {held.token} any more.")
    return job


def _enqueue(session: Session, run: Run, job: WhatIf) -> None:
    session.add(Outbox(run_id=run.id, queue=ANY_DEVICE, created_at=now(session)))
    _announce(session, run, job)


def _back_to_queue(session: Session, run: Run, job: WhatIf) -> WhatIf:
    job.status, job.worker_id, job.lease_until = QUEUED, None, None
    job.token += 1
    _enqueue(session, run, job)
    return job


def _fail(session: Session, run: Run, job: WhatIf, code: str, message: str) -> WhatIf:
    job.error = {"code": code, "message": message}
    return _end(session, run, job, FAILED)


def _end(session: Session, run: Run, job: WhatIf, status: str) -> WhatIf:
    job.status, job.worker_id, job.lease_until = status, None, None
    job.finished_at = now(session)
    job.token += 1
    _announce(session, run, job)
    return job


def _announce(session: Session, run: Run, job: WhatIf) -> None:
    session.flush()
    done = len(job.shares) - len(_left(session, job))
    data = {"what_if": job.id, "task": job.task, "status": job.status, "done": done, "of": len(job.shares)}
    events.append(session, run, EVENT, data)
