"""Runs: what people do with them, and what sets them apart from other jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, selectinload

from anpyc.errors import NonFiniteLoss
from anpyc.spec import RunSpec
from anpyc.wording import day
from anpyc_queue import events, projects
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NoSuchRun, QueueFull
from anpyc_queue.finding import forget_settings, keep_settings
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import life
from anpyc_queue.jobs.life import Claim, Kind
from anpyc_queue.jobs.rewinding import rewind, set_metrics
from anpyc_queue.notes import forget_notes
from anpyc_queue.notifications.outbox import tell_of_change
from anpyc_queue.tables import (
    CANCELLED,
    CHECKPOINT,
    FAILED,
    PROCESS_LOST,
    QUEUED,
    RELEASED,
    RESUMED,
    RUNNING,
    SUBMITTED,
    SUCCEEDED,
    TERMINAL,
    UNSORTED,
    WORKER_LOST,
    Artifact,
    Attempt,
    AuditEntry,
    Outbox,
    Run,
    WhatIf,
)


class RunKind(Kind[Run]):
    """Jobs that train."""

    table = Run
    title = "Run"
    after_losses = "Look at the worker's log and its memory, then resume the run."

    def lock(self, session: Session, job_id: str) -> Run | None:
        return session.get(Run, job_id, with_for_update=True, populate_existing=True)

    def tell(self, session: Session, job: Run, what: str, data: Mapping[str, Any], moment: datetime) -> None:
        seq = events.append(session, job, what, data, at=moment)
        tell_of_change(session, job, what, seq, moment)

    def device(self, job: Run) -> str:
        return job.device

    def begin(self, session: Session, job: Run, attempt: Attempt) -> dict[str, Any]:
        """Rows past the newest checkpoint go: the attempt will write them again."""
        newest = next(iter(checkpoints(session, job.id)), None)
        place = {"step": 0} if newest is None else newest.details
        if newest is not None:
            attempt.from_step, attempt.from_task = newest.step, newest.details["task"]
        job.batch = 0
        rewind(session, job, attempt.from_step)
        self.ended(session, job)
        sentence = recovery(job)
        return place | ({"recovery": sentence} if sentence else {})

    def details(self, session: Session, job: Run) -> dict[str, Any]:
        return {"spec": dict(job.spec)}

    def succeed(self, job: Run, metrics: Mapping[str, Any] | None) -> dict[str, Any]:
        if metrics is not None:
            set_metrics(job, metrics)
        job.progress = 1.0
        return {"metrics": job.metrics}

    def ended(self, session: Session, job: Run) -> None:
        """Nobody needs to hear of it any more."""
        heard = delete(Outbox).where(Outbox.run_id == job.id)
        session.execute(heard, execution_options={"synchronize_session": False})


RUN = RunKind()


@dataclass(frozen=True)
class RunClaim(Claim):
    """The right to train a run."""

    kind: ClassVar[Kind[Any]] = RUN


RunKind.claim_type = RunClaim


# --- by people ----------------------------------------------------------------------------------------------


def submit(
    session: Session,
    spec: RunSpec,
    *,
    idempotency_key: str | None = None,
    group_id: str | None = None,
    project_id: str = UNSORTED,
    parent_id: str | None = None,
    parent_relation: str | None = None,
    priority: int = 0,
) -> tuple[Run, bool]:
    """Queue a new run. With a key that was used before: the run of then, and False.

    :raises Conflict: when the key was used for another specification.
    """
    earlier = life.by_key(session, RUN, idempotency_key)
    if earlier is not None:
        return _same(earlier, spec.model_dump(mode="json")), False
    run = new_run(spec, idempotency_key=idempotency_key, group_id=group_id)
    run.project_id = project_id
    run.parent_id, run.parent_relation, run.priority = parent_id, parent_relation, priority
    run.created_at = run.updated_at = now(session)
    run.place = place_of(run.created_at)
    added, created = life.add(session, RUN, run)
    if not created:
        return _same(added, run.spec), False
    keep_settings(session, [run])
    life.enqueue(session, RUN, run, SUBMITTED, "queued", {"position": {}})
    return run, True


def new_run(spec: RunSpec, *, idempotency_key: str | None = None, group_id: str | None = None) -> Run:
    """A run that nobody knows of yet: what takes time is done before a transaction begins."""
    return Run(
        id=new_id(),
        name=spec.title(),
        spec=spec.model_dump(mode="json"),
        spec_hash=spec_hash(spec),
        strategy=spec.strategy.kind,
        benchmark=spec.benchmark.kind,
        dataset=spec.dataset.kind,
        seed=spec.seed,
        device=spec.device,
        status=QUEUED,
        next_seq=1,
        project_id=UNSORTED,
        group_id=group_id,
        idempotency_key=idempotency_key,
        attempts=[],
    )


def place_of(moment: datetime) -> int:
    """In the queue, of a run that is queued now: its microseconds since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def submit_all(session: Session, runs: Sequence[Run]) -> tuple[list[Run], bool]:
    """Queue what :func:`new_run` made, in a few statements. Where a key was used before: the run of then in
    its place, and False.

    :raises Conflict: when a key was used for another specification.
    :raises sqlalchemy.exc.IntegrityError: when somebody is faster with a key: ask again.
    """
    keys = [run.idempotency_key for run in runs if run.idempotency_key is not None]
    known = session.scalars(select(Run).where(Run.idempotency_key.in_(keys))) if keys else ()
    earlier = {run.idempotency_key: run for run in known}
    fresh = [run for run in runs if run.idempotency_key is None or run.idempotency_key not in earlier]
    moment = now(session)
    for number, run in enumerate(fresh):
        run.created_at = run.updated_at = moment
        run.place = place_of(moment) + number
    session.add_all(fresh)
    session.flush()
    keep_settings(session, fresh)
    for run in fresh:
        life.let_wait(session, RUN, run, SUBMITTED, "queued", {"position": {}}, moment)
    session.flush()
    if fresh:
        session.execute(insert(Outbox), [life.bell(RUN, run, moment) for run in fresh])
    if not earlier:
        return list(runs), True
    return [
        _same(earlier[run.idempotency_key], run.spec) if run.idempotency_key in earlier else run
        for run in runs
    ], False


def require_room(
    session: Session, most: int, most_each: int | None = None, by: str | None = None, more: int = 0
) -> None:
    """After queueing and recording who did, and before that is committed.

    :param most_each: how many runs of one person or program may wait; None: as many as of all.
    :param by: whose they are, as recorded; None where nobody signs in.
    :param more: runs that are not queued yet, to tell beforehand.
    :raises QueueFull: when more runs wait than are let.
    """
    session.flush()
    waiting = more + (session.scalar(select(func.count()).where(Run.status == QUEUED)) or 0)
    if waiting > most:
        raise QueueFull(
            f"With this, {waiting:,} runs would wait, and at most {most:,} may at once. Nothing was queued: "
            "wait until some have run, cancel some, or raise ANPYC_MAX_QUEUED."
        )
    if most_each is None or by is None or waiting <= most_each:
        return
    waits = AuditEntry.run_id.in_(select(Run.id).where(Run.status == QUEUED))
    submitted = select(func.count()).where(AuditEntry.what == "submitted", AuditEntry.by == by, waits)
    own = more + (session.scalar(submitted) or 0)
    if own > most_each:
        raise QueueFull(
            f"With this, {own:,} runs of {by} would wait, and at most {most_each:,} of one person or program "
            "may at once. Nothing was queued: wait until some have run, cancel some, or raise "
            "ANPYC_MAX_QUEUED_EACH."
        )


def cancel_waiting(session: Session, until: datetime, most: int) -> Sequence[Run]:
    """Cancel the ``most`` oldest runs that wait and were made by ``until``. Answers them."""
    query = select(Run).where(Run.status == QUEUED, Run.created_at <= until, Run.deleted_at.is_(None))
    query = query.order_by(Run.created_at, Run.id).limit(most).with_for_update()
    runs = session.scalars(query.options(selectinload(Run.attempts))).all()
    moment = now(session)
    with session.no_autoflush:  # all of them are written together
        for run in runs:
            run.cancel_requested = True
            life.end(session, RUN, run, CANCELLED, moment=moment)
    return runs


def request_cancel(session: Session, run_id: str) -> Run:
    """Cancel a waiting run at once; ask a running one to stop. Asking twice changes nothing.

    :raises NotFound: when there is no such run.
    :raises Conflict: when it has ended.
    """
    return life.request_cancel(session, RUN, run_id)


def retry(session: Session, run_id: str) -> Run:
    """A new run of the same specification, from the start.

    :raises NotFound: when there is no such run.
    :raises Conflict: when it has not failed and was not cancelled.
    """
    run = life.locked(session, RUN, run_id)
    if run.status not in (FAILED, CANCELLED):
        raise Conflict(
            f"Only a failed or cancelled run can be retried; this one {_IS[run.status]}. Clone it instead."
        )
    return clone(session, run_id, RunSpec.model_validate(run.spec), relation="retry")


def clone(session: Session, run_id: str, spec: RunSpec, *, relation: str = "clone") -> Run:
    """A new run of ``spec`` that points to the one it was made from, in the same project.

    :raises NotFound: when there is no such run.
    """
    parent = session.get(Run, run_id)
    if parent is None:
        raise NoSuchRun(run_id)
    # What failed is made good in its sweep.
    group_id = parent.group_id if relation == "retry" else None
    project_id = projects.keep_that_of(session, parent)
    run, _ = submit(
        session,
        spec,
        group_id=group_id,
        project_id=project_id,
        parent_id=run_id,
        parent_relation=relation,
    )
    return run


def resume(session: Session, run_id: str) -> Run:
    """Queue a failed or cancelled run again, to go on from its last checkpoint.

    :raises NotFound: when there is no such run.
    :raises Conflict: when there is nothing to go on from, or it would lead to the same end.
    """
    run = life.locked(session, RUN, run_id)
    refusal = cannot_resume(session, run)
    if refusal is not None:
        raise Conflict(refusal)
    run.error, run.cancel_requested, run.losses = None, False, 0
    life.enqueue(session, RUN, run, RESUMED, "queued", {"resumed": True, "position": run.position})
    return run


def cannot_resume(session: Session, run: Run) -> str | None:
    """Why the run cannot go on from a checkpoint; None where it can."""
    if run.status not in (FAILED, CANCELLED):
        return f"Only a failed or cancelled run can be resumed; this one {_IS[run.status]}."
    if (run.error or {}).get("code") == NonFiniteLoss.code:
        return (
            "From its last checkpoint the run would reach the same loss again. Clone it and change what made "
            "the loss turn non-finite."
        )
    if checkpoints(session, run.id):
        return None
    if moment := run.pruned_at(CHECKPOINT):
        return (
            f"Its checkpoints were taken away by `anpyc prune` on {day(moment)}, so it cannot go on. Retry "
            "it from the start instead; what it recorded stays."
        )
    return "The run has left no checkpoint to go on from. Retry it from the start instead."


def remove(session: Session, run_id: str) -> list[str]:
    """Delete an ended run and all its rows. Answers where its artifacts lie, for the files to be deleted.

    :raises NotFound: when there is no such run.
    :raises Conflict: when it has not ended.
    """
    run = life.locked(session, RUN, run_id)
    if run.status not in TERMINAL:
        raise Conflict(f"The run {_IS[run.status]}. Cancel it first, then delete it.")
    addresses = list(session.scalars(select(Artifact.url).where(Artifact.run_id == run_id)))
    of_what_ifs = Attempt.job_id.in_(select(WhatIf.id).where(WhatIf.run_id == run_id))
    session.execute(delete(Attempt).where(Attempt.job_kind == WhatIf.kind, of_what_ifs))
    session.delete(run)
    session.flush()
    forget_settings(session, run.spec_hash)
    forget_notes(session, run.spec_hash, run.group_id)
    return addresses


# --- by workers ---------------------------------------------------------------------------------------------


def claim(session: Session, run_id: str, worker_id: str, lease_seconds: float) -> Claim | None:
    """Take a waiting run. None when there is nothing to take: claimed by another, cancelled, gone."""
    return life.claim(session, RUN, run_id, worker_id, lease_seconds)


def requeue(session: Session, run_id: str, token: int, code: str, reason: str) -> Run:
    """The holder of ``token`` was lost: back to the queue, or failed when that happened too often.

    :raises Stale: when the run is not held under that token any more.
    """
    return life.requeue(session, RUN, run_id, token, code, reason)


def go_back(session: Session, claim: Claim, checkpoint: Artifact | None) -> None:
    """The attempt begins from this checkpoint, as a newer one cannot be read; without one, from the start.

    :raises Stale: when the run is not held under this claim any more.
    """
    run: Run = life.claimed_job(session, claim)
    attempt = run.attempts[-1]
    attempt.from_step = checkpoint.step if checkpoint else None
    attempt.from_task = checkpoint.details["task"] if checkpoint else None
    rewind(session, run, attempt.from_step)


# --- for readers --------------------------------------------------------------------------------------------


def spec_hash(spec: RunSpec) -> str:
    """Of the specification without name and seed: the same for repetitions over seeds."""
    content = spec.model_dump(mode="json", exclude={"name", "seed"})
    if spec.training.evaluate_images is None:  # a group keeps the name that it had before this could be set
        del content["training"]["evaluate_images"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def checkpoints(session: Session, run_id: str) -> Sequence[Artifact]:
    """The run's checkpoints, the newest first."""
    query = select(Artifact).where(Artifact.run_id == run_id, Artifact.kind == CHECKPOINT)
    return session.scalars(query.order_by(Artifact.step.desc(), Artifact.id.desc())).all()


def recovery(run: Run) -> str | None:
    """How a later attempt came about: "worker lost, resumed from task 3 (attempt 2)"."""
    current = run.attempts[-1] if run.attempts else None
    if run.status != RUNNING or current is None or current.cause == SUBMITTED:
        return None
    task, tasks = current.from_task, run.plan.get("tasks")
    origin = "started again" if task is None else f"resumed from task {task + 1}"
    if task is not None and tasks is not None and task >= tasks:
        origin = "resumed after the last task"
    return f"{_CAUSES[current.cause]}, {origin} (attempt {current.number})"


def trained_seconds(run: Run, moment: datetime) -> float | None:
    """What all attempts took together up to ``moment``, without the time in the queue between them."""
    begun = [attempt for attempt in run.attempts if attempt.begun_at is not None]
    return sum(_seconds(attempt, moment) for attempt in begun) if begun else None


_CAUSES = {
    WORKER_LOST: "worker lost",
    PROCESS_LOST: "training process lost",
    RELEASED: "worker stopped",
    RESUMED: "continued",
}
_IS = {
    QUEUED: "is waiting in the queue",
    RUNNING: "is still running",
    SUCCEEDED: "has succeeded",
    FAILED: "has failed",
    CANCELLED: "has been cancelled",
}


def _same(earlier: Run, spec: Mapping[str, Any]) -> Run:
    """The run that a key stands for, if it is the one that is asked for now."""
    if earlier.spec != spec:
        raise Conflict(
            f"This Idempotency-Key was used for another specification, that of run {earlier.id}. "
            "Nothing was queued; send a new key for a new run."
        )
    return earlier


def _seconds(attempt: Attempt, moment: datetime) -> float:
    assert attempt.begun_at is not None  # noqa: S101 - the caller has looked
    return max(0.0, ((attempt.ended_at or moment) - attempt.begun_at).total_seconds())
