"""The life of a run: every change of its state, each in the caller's write transaction and with its event.

    queued → running → succeeded | failed | cancelled        running → queued, when its worker is lost

The row of the run is locked first, then judged, then changed, so two callers cannot both win. Whoever holds a
:class:`Claim` proves it with the fencing token; :class:`Stale` means that somebody else owns the run by now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc.errors import NonFiniteLoss
from anpyc.metrics import summarise
from anpyc.spec import RunSpec
from anpyc_queue import events
from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import (
    CANCELLED,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    Artifact,
    EpochRow,
    EvaluationRow,
    LayerRow,
    MaskRow,
    Outbox,
    Run,
    WhatIfPoint,
)

MAX_LOSSES = 3
"""A run whose worker or training process was lost this often is given up."""
CHECKPOINT = "checkpoint"
"""The kind of artifact that a run goes on from."""
OUTCOME = "outcome"
"""The kind of artifact that holds what was learnt when a task ended, enough to test with: one a task."""


class NotFound(LookupError):
    """There is no such run."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id}. It may have been deleted.")


class Conflict(Exception):
    """The run's state does not allow that; the message says why and what does."""


class Stale(Exception):
    """Somebody else owns the run by now, or it has ended: this claim may write nothing any more."""


@dataclass(frozen=True)
class Claim:
    """The right to train a run, until somebody takes it over."""

    run_id: str
    token: int
    attempt: int
    worker_id: str
    spec: dict[str, Any]
    checkpoints: tuple[Artifact, ...] = ()
    """To go on from, the newest first."""


# --- by people ----------------------------------------------------------------------------------------------


def submit(
    session: Session,
    spec: RunSpec,
    *,
    idempotency_key: str | None = None,
    group_id: str | None = None,
    parent_id: str | None = None,
    parent_relation: str | None = None,
) -> tuple[Run, bool]:
    """Queue a new run. With a key that was used before: the run of then, and False.

    :raises Conflict: when the key was used for another specification.
    """
    if idempotency_key is not None:
        earlier = _by_key(session, idempotency_key)
        if earlier is not None:
            return _same(earlier, spec), False
    moment = now(session)
    run = Run(
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
        group_id=group_id,
        parent_id=parent_id,
        parent_relation=parent_relation,
        idempotency_key=idempotency_key,
        created_at=moment,
        updated_at=moment,
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        earlier = _by_key(session, idempotency_key) if idempotency_key is not None else None
        if earlier is None:
            raise
        return _same(earlier, spec), False
    _enqueue(session, run, moment, {"position": {}})
    return run, True


def request_cancel(session: Session, run_id: str) -> Run:
    """Cancel a waiting run at once; ask a running one to stop. Asking twice changes nothing."""
    run = locked_run(session, run_id)
    if run.status in TERMINAL:
        raise Conflict(f"The run has already {_ENDED[run.status]}; there is nothing to cancel.")
    if run.status == QUEUED:
        run.cancel_requested = True
        _end(session, run, CANCELLED)
    elif not run.cancel_requested:
        run.cancel_requested = True
        events.append(session, run, "cancel_requested")
    return run


def retry(session: Session, run_id: str) -> Run:
    """A new run of the same specification, from the start."""
    run = locked_run(session, run_id)
    if run.status not in (FAILED, CANCELLED):
        raise Conflict(
            f"Only a failed or cancelled run can be retried; this one {_IS[run.status]}. Clone it instead."
        )
    return clone(session, run_id, RunSpec.model_validate(run.spec), relation="retry")


def clone(session: Session, run_id: str, spec: RunSpec, *, relation: str = "clone") -> Run:
    """A new run of ``spec`` that points to the one it was made from."""
    if session.get(Run, run_id) is None:
        raise NotFound(run_id)
    run, _ = submit(session, spec, parent_id=run_id, parent_relation=relation)
    return run


def resume(session: Session, run_id: str) -> Run:
    """Queue a failed or cancelled run again, to go on from its last checkpoint."""
    run = locked_run(session, run_id)
    if run.status not in (FAILED, CANCELLED):
        raise Conflict(f"Only a failed or cancelled run can be resumed; this one {_IS[run.status]}.")
    if (run.error or {}).get("code") == NonFiniteLoss.code:
        raise Conflict(
            "From its last checkpoint the run would reach the same loss again. Clone it and change what made "
            "the loss turn non-finite."
        )
    if not checkpoints(session, run_id):
        raise Conflict("The run has left no checkpoint to go on from. Retry it from the start instead.")
    run.recovery = {"what": "continued", "seconds": trained_seconds(run, run.finished_at or now(session))}
    run.status, run.finished_at, run.error = QUEUED, None, None
    run.cancel_requested, run.losses = False, 0
    run.token += 1
    _enqueue(session, run, now(session), {"resumed": True, "position": run.position})
    return run


def remove(session: Session, run_id: str) -> list[str]:
    """Delete an ended run and all its rows. Answers where its artifacts lie, for the files to be deleted."""
    run = locked_run(session, run_id)
    if run.status not in TERMINAL:
        raise Conflict(f"The run {_IS[run.status]}. Cancel it first, then delete it.")
    addresses = list(session.scalars(select(Artifact.url).where(Artifact.run_id == run_id)))
    session.delete(run)
    session.flush()
    return addresses


# --- by workers ---------------------------------------------------------------------------------------------


def claim(session: Session, run_id: str, worker_id: str, lease_seconds: float) -> Claim | None:
    """Take a waiting run. None when there is nothing to take: claimed by another, cancelled, gone.

    Rows past the newest checkpoint go in the same transaction: the new attempt will write them again.
    """
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.status != QUEUED:
        return None
    moment = now(session)
    saved = checkpoints(session, run_id)
    run.status, run.worker_id = RUNNING, worker_id
    run.attempt += 1
    run.token += 1
    run.batch = 0
    run.lease_until = moment + timedelta(seconds=lease_seconds)
    run.started_at = run.started_at or moment
    rewind(session, run, saved[0].step if saved else None)
    session.execute(delete(Outbox).where(Outbox.run_id == run_id))
    started = {"attempt": run.attempt, "worker": worker_id, "step": 0}
    if saved:
        started |= saved[0].details
    if run.recovery:
        run.recovery = run.recovery | {
            "task": saved[0].details["task"] if saved else None,
            "since": moment.isoformat(),
        }
        started["recovery"] = recovery(run)
    events.append(session, run, "started", started, at=moment)
    return Claim(run.id, run.token, run.attempt, worker_id, dict(run.spec), tuple(saved))


def heartbeat(session: Session, held: Claim, lease_seconds: float) -> bool:
    """Renew the lease. Answers whether the run is to be cancelled."""
    run = _held(session, held)
    run.lease_until = now(session) + timedelta(seconds=lease_seconds)
    return run.cancel_requested


def finish(session: Session, held: Claim, metrics: Mapping[str, Any] | None = None) -> Run:
    """The run has succeeded."""
    run = _held(session, held)
    if metrics is not None:
        set_metrics(run, metrics)
    run.progress = 1.0
    return _end(session, run, SUCCEEDED, {"metrics": run.metrics})


def fail(session: Session, held: Claim, code: str, message: str, traceback: str | None = None) -> Run:
    """The run has failed for a reason of its own, which a repetition would meet again."""
    return _fail(session, _held(session, held), code, message, traceback)


def cancelled(session: Session, held: Claim) -> Run:
    """The run has stopped because it was asked to."""
    return _end(session, _held(session, held), CANCELLED)


def release(session: Session, held: Claim, reason: str) -> Run:
    """Give the run back to the queue, as a worker that shuts down does. Not counted as a loss."""
    run = _held(session, held)
    if run.cancel_requested:
        return _end(session, run, CANCELLED)
    return _back_to_queue(session, run, "worker stopped", reason)


def requeue(session: Session, run_id: str, token: int, code: str, reason: str) -> Run:
    """The holder of ``token`` was lost: back to the queue, or failed when that happened too often.

    :raises Stale: when the run is not held under that token any more.
    """
    run = locked_run(session, run_id)
    if run.status != RUNNING or run.token != token:
        raise Stale(f"Run {run_id} is not held under token {token} any more.")
    if run.cancel_requested:
        return _end(session, run, CANCELLED)
    run.losses += 1
    if run.losses >= MAX_LOSSES:
        message = (
            f"Given up after {run.losses} lost attempts. The last one: {reason} "
            "Look at the worker's log and its memory, then resume the run."
        )
        return _fail(session, run, code, message, None)
    return _back_to_queue(session, run, _LOST.get(code, "attempt lost"), reason)


# --- shared -------------------------------------------------------------------------------------------------


def spec_hash(spec: RunSpec) -> str:
    """Of the specification without name and seed: the same for repetitions over seeds."""
    content = spec.model_dump(mode="json", exclude={"name", "seed"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def checkpoints(session: Session, run_id: str) -> Sequence[Artifact]:
    """The run's checkpoints, the newest first."""
    query = select(Artifact).where(Artifact.run_id == run_id, Artifact.kind == CHECKPOINT)
    return session.scalars(query.order_by(Artifact.step.desc(), Artifact.id.desc())).all()


def rewind(session: Session, run: Run, step: int | None) -> None:
    """Forget what ``run`` recorded past ``step`` epochs; everything without one."""
    for table in (EpochRow, EvaluationRow, LayerRow, MaskRow, WhatIfPoint):
        past = delete(table).where(table.run_id == run.id)
        session.execute(past if step is None else past.where(table.step > step))
    kept_at_steps = Artifact.kind.in_((CHECKPOINT, OUTCOME))
    past_files = delete(Artifact).where(Artifact.run_id == run.id, kept_at_steps)
    session.execute(past_files if step is None else past_files.where(Artifact.step > step))
    if step is None:
        run.progress, run.position, run.metrics = 0.0, {}, {}
        run.average_accuracy = run.forgetting = None
        run.before_pruning = []
        return
    newest = select(EpochRow).where(EpochRow.run_id == run.id).order_by(EpochRow.step.desc()).limit(1)
    row = session.scalars(newest).first()
    position = {"step": step}
    if row is not None:
        position |= {"task": row.task, "round": row.round, "epoch": row.epoch}
    if "tasks" in run.plan:
        position["tasks"] = run.plan["tasks"]
    run.position = position
    steps = run.plan.get("steps") or 0
    run.progress = min(1.0, step / steps) if steps else 0.0
    set_metrics(run, _metrics_left(session, run))


def _metrics_left(session: Session, run: Run) -> dict[str, float]:
    """What the rows that are left say: an earlier attempt may have got further than its checkpoint."""
    rows = session.execute(
        select(EvaluationRow.task, EvaluationRow.on_task, EvaluationRow.accuracy).where(
            EvaluationRow.run_id == run.id, EvaluationRow.end_of_task
        )
    ).all()
    cells = {(row.task, row.on_task): row.accuracy for row in rows}
    tasks = max((task for task, _ in cells), default=-1) + 1
    matrix = [[cells.get((i, j)) for j in range(tasks)] for i in range(tasks)]
    metrics = summarise(matrix, before_pruning=run.before_pruning)
    newest: dict[str, LayerRow] = {}
    layers = select(LayerRow).where(LayerRow.run_id == run.id).order_by(LayerRow.task, LayerRow.round)
    for layer in session.scalars(layers) if metrics else ():
        newest[layer.layer] = layer
    if total := sum(layer.total for layer in newest.values()):
        metrics["capacity_free"] = sum(layer.free for layer in newest.values()) / total
    return metrics


def set_metrics(run: Run, metrics: Mapping[str, Any]) -> None:
    """Keep the metrics, and the two that lists are sorted by in columns of their own."""
    run.metrics = dict(metrics)
    run.average_accuracy = metrics.get("average_accuracy")
    run.forgetting = metrics.get("forgetting")


def held_run(session: Session, held: Claim) -> Run:
    """The run, locked, if it is still held under this claim.

    :raises Stale: when it is not.
    """
    return _held(session, held)


def recovery(run: Run) -> str | None:
    """How a later attempt came about: "worker lost, resumed from task 3 (attempt 2)"."""
    if not run.recovery or run.status != RUNNING:
        return None
    task = run.recovery.get("task")
    last = run.plan.get("tasks")
    origin = "started again" if task is None else f"resumed from task {task + 1}"
    if task is not None and last is not None and task >= last:
        origin = "resumed after the last task"
    return f"{run.recovery['what']}, {origin} (attempt {run.attempt})"


def trained_seconds(run: Run, moment: datetime) -> float | None:
    """What all attempts took together up to ``moment``, without the time in the queue between them."""
    if run.started_at is None:
        return None
    again = run.recovery or {}
    earlier = float(again.get("seconds") or 0.0)
    if "seconds" in again and "since" not in again:
        return earlier  # waits, or was cancelled while it waited
    begun = datetime.fromisoformat(again["since"]) if "since" in again else run.started_at
    return earlier + max(0.0, ((run.finished_at or moment) - begun).total_seconds())


_LOST = {"worker_lost": "worker lost", "process_lost": "training process lost"}
_ENDED = {SUCCEEDED: "succeeded", FAILED: "failed", CANCELLED: "been cancelled"}
_IS = {
    QUEUED: "is waiting in the queue",
    RUNNING: "is still running",
    SUCCEEDED: "has succeeded",
    FAILED: "has failed",
    CANCELLED: "has been cancelled",
}


def locked_run(session: Session, run_id: str) -> Run:
    """The run, its row locked until the transaction ends.

    :raises NotFound: where there is none."""
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound(run_id)
    return run


def _held(session: Session, held: Claim) -> Run:
    run = session.get(Run, held.run_id, with_for_update=True, populate_existing=True)
    if run is None or run.status != RUNNING or run.token != held.token:
        raise Stale(f"Run {held.run_id} is not held under token {held.token} any more.")
    return run


def _by_key(session: Session, key: str) -> Run | None:
    return session.scalars(select(Run).where(Run.idempotency_key == key)).first()


def _same(earlier: Run, spec: RunSpec) -> Run:
    """The run that a key stands for, if it is the one that is asked for now."""
    if earlier.spec != spec.model_dump(mode="json"):
        raise Conflict(
            f"This Idempotency-Key was used for another specification, that of run {earlier.id}. "
            "Nothing was queued; send a new key for a new run."
        )
    return earlier


def _enqueue(session: Session, run: Run, moment: datetime, data: Mapping[str, Any]) -> None:
    session.add(Outbox(run_id=run.id, queue=run.device, created_at=moment))
    events.append(session, run, "queued", data, at=moment)


def _back_to_queue(session: Session, run: Run, what: str, reason: str) -> Run:
    moment = now(session)
    run.recovery = {"what": what, "seconds": trained_seconds(run, moment)}
    run.status, run.worker_id, run.lease_until = QUEUED, None, None
    run.token += 1
    session.add(Outbox(run_id=run.id, queue=run.device, created_at=moment))
    data = {"reason": reason, "attempt": run.attempt, "losses": run.losses}
    events.append(session, run, "requeued", data, at=moment)
    return run


def _fail(session: Session, run: Run, code: str, message: str, traceback: str | None) -> Run:
    run.error = {"code": code, "message": message}
    if traceback:
        run.error["traceback"] = traceback
    return _end(session, run, FAILED, {"error": {"code": code, "message": message}})


def _end(session: Session, run: Run, status: str, data: Mapping[str, Any] | None = None) -> Run:
    moment = now(session)
    run.status, run.worker_id, run.lease_until = status, None, None
    run.finished_at = moment
    run.token += 1
    session.execute(delete(Outbox).where(Outbox.run_id == run.id))
    events.append(session, run, status, data, at=moment)
    return run
