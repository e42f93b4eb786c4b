"""What-if jobs: small, through the same queue as runs, with the same life and guarantees.

Every point has a natural key, so that a replay changes nothing. Each worker has a lane of its own for one
such job beside its slots, so neither waits for runs nor keeps one waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc.wording import day
from anpyc_queue import events, sizes
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NoSuchWhatIf, Stale
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import RUN, life
from anpyc_queue.jobs.life import Claim, Kind
from anpyc_queue.tables import (
    OUTCOME,
    QUEUED,
    RUNNING,
    SUBMITTED,
    SUCCEEDED,
    Artifact,
    Attempt,
    Run,
    WhatIf,
    WhatIfPoint,
)
from anpyc_queue.upsert import upsert

EVENT = "what_if"
MOST_OPEN = 4
"""Jobs of one run that wait or are measured at a time."""


class WhatIfKind(Kind[WhatIf]):
    """Jobs that test what a run had learnt. Their events are the run's."""

    table = WhatIf
    title = "What-if"
    after_losses = "What was measured is kept."

    def lock(self, session: Session, job_id: str) -> WhatIf | None:
        run_id = session.scalar(select(WhatIf.run_id).where(WhatIf.id == job_id))
        if run_id is None or RUN.lock(session, run_id) is None:
            return None
        return session.get(WhatIf, job_id, with_for_update=True, populate_existing=True)

    def tell(
        self, session: Session, job: WhatIf, what: str, data: Mapping[str, Any], moment: datetime
    ) -> None:
        session.flush()
        done = len(job.shares) - len(_left(session, job))
        details = {"what_if": job.id, "task": job.task, "status": job.status, "done": done}
        run = session.get_one(Run, job.run_id)
        events.append(session, run, EVENT, details | {"of": len(job.shares)}, at=moment)

    def obstacle(self, session: Session, job: WhatIf) -> tuple[str, str] | None:
        kept = job.task in outcomes(session, job.run_id)
        run = session.get_one(Run, job.run_id)
        return None if kept else ("no_checkpoint", not_stored(run, job.task))

    def begin(self, session: Session, job: WhatIf, attempt: Attempt) -> dict[str, Any]:
        """What is measured stays, and is not measured again."""
        attempt.from_task = job.task
        return {}

    def details(self, session: Session, job: WhatIf) -> dict[str, Any]:
        run = session.get_one(Run, job.run_id)
        outcome = outcomes(session, job.run_id)[job.task]
        permilles = tuple(_left(session, job))
        return {"spec": dict(run.spec), "task": job.task, "permilles": permilles, "outcome": outcome.id}


WHAT_IF = WhatIfKind()


@dataclass(frozen=True)
class WhatIfClaim(Claim):
    """The right to measure a what-if."""

    kind: ClassVar[Kind[Any]] = WHAT_IF
    task: int
    permilles: tuple[int, ...]
    """Those that are not measured yet."""
    outcome: str
    """Id of the artifact that is tested."""


WhatIfKind.claim_type = WhatIfClaim


# --- by people ----------------------------------------------------------------------------------------------


def ask(
    session: Session, run_id: str, task: int | None, permilles: Iterable[int], *, key: str | None = None
) -> tuple[WhatIf, bool]:
    """Queue a job; without a task, on the newest that has ended. With a key used before: the job of then.

    :raises NotFound: when there is no such run.
    :raises Conflict: when nothing is stored that could be tested, or too much is asked at a time.
    """
    run = life.locked(session, RUN, run_id)
    wanted = sorted(set(permilles))
    earlier = life.by_key(session, WHAT_IF, key)
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
        created_at=now(session),
    )
    job, created = life.add(session, WHAT_IF, job)
    if not created:
        return _same(job, run_id, task, wanted), False
    if _left(session, job):
        life.enqueue(session, WHAT_IF, job, SUBMITTED, "queued", {})
    else:
        life.end(session, WHAT_IF, job, SUCCEEDED)
    return job, True


def request_cancel(session: Session, run_id: str, what_if_id: str) -> WhatIf:
    """Cancel a waiting job at once, ask one that is measured to stop. Twice changes nothing.

    :raises NotFound: when the run has no such job.
    :raises Conflict: when it has ended.
    """
    if session.scalar(select(WhatIf.run_id).where(WhatIf.id == what_if_id)) != run_id:
        raise NoSuchWhatIf(what_if_id)
    return life.request_cancel(session, WHAT_IF, what_if_id)


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
    taken = life.claim(session, WHAT_IF, what_if_id, worker_id, lease_seconds)
    assert taken is None or isinstance(taken, WhatIfClaim)  # noqa: S101 - as the kind says
    return taken


def requeue(session: Session, what_if_id: str, token: int, code: str, reason: str) -> WhatIf:
    """The holder of ``token`` was lost: back to the queue, or failed when that happened too often.

    :raises Stale: when the job is not held under that token any more.
    """
    return life.requeue(session, WHAT_IF, what_if_id, token, code, reason)


def begin(session: Session, claim: WhatIfClaim, ranked_by: str, images: int | None) -> None:
    """Say how the points will come about.

    :raises Stale: when the job is not held under this claim any more.
    """
    job = life.claimed_job(session, claim)
    job.ranked_by, job.images = ranked_by, images


def record(
    session: Session, claim: WhatIfClaim, permille: int, accuracy: Mapping[int, float], zeros: float
) -> None:
    """Write one share's accuracies; written again they change nothing.

    :raises Stale: when the job is not held under this claim any more, or the run has gone back to before the
        task's end since.
    """
    job = life.claimed_job(session, claim)
    outcome = session.get(Artifact, claim.outcome)
    if outcome is None:
        raise Stale(f"The end of task {claim.task} that this measures is not the run's any more.")
    rows = [
        {
            "run_id": claim.run_id,
            "task": claim.task,
            "permille": permille,
            "on_task": on_task,
            "step": outcome.step,
            "accuracy": value,
            "zeros": zeros,
        }
        for on_task, value in accuracy.items()
    ]
    upsert(session, WhatIfPoint, rows)
    sizes.add_rows(session.get_one(Run, claim.run_id), WhatIfPoint, len(rows))
    WHAT_IF.tell(session, job, "measured", {}, now(session))


# --- for readers --------------------------------------------------------------------------------------------


def outcomes(session: Session, run_id: str) -> dict[int, Artifact]:
    """What was learnt at the ends of tasks, as far as it is stored, by task."""
    query = select(Artifact).where(Artifact.run_id == run_id, Artifact.kind == OUTCOME)
    return {artifact.details["task"]: artifact for artifact in session.scalars(query.order_by(Artifact.step))}


def needed(session: Session, run_id: str | None = None) -> dict[str, frozenset[int]]:
    """Tasks whose ends jobs that wait or are measured are to test, by run; of one run or of all."""
    query = select(WhatIf.run_id, WhatIf.task).where(_open())
    tasks: dict[str, set[int]] = {}
    for row in session.execute(query if run_id is None else query.where(WhatIf.run_id == run_id)):
        tasks.setdefault(row.run_id, set()).add(row.task)
    return {of_run: frozenset(found) for of_run, found in tasks.items()}


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
    known = measured(session, job.run_id, job.task)
    return [permille for permille in job.shares if permille not in known]


def _outcome_for(session: Session, run: Run, task: int | None) -> Artifact:
    ends = outcomes(session, run.id)
    if not ends:
        raise Conflict(nothing_stored(run))
    if task is not None and task not in ends:
        raise Conflict(not_stored(run, task) + f" There is task {', '.join(map(str, ends))}.")
    return ends[max(ends) if task is None else task]


def nothing_stored(run: Run) -> str:
    """Why nothing can be tested."""
    if run.status == QUEUED and not run.attempt:
        return "The run has not begun. What it has learnt can be pruned once its first task has ended."
    if run.status in (QUEUED, RUNNING):
        return "The run is still at its first task. What it has learnt can be pruned once that has ended."
    if moment := run.pruned_at(OUTCOME):
        return (
            "What was learnt at the ends of this run's tasks was taken away by `anpyc prune` on "
            f"{day(moment)}, so it cannot be tested any more. Clone the run to train it again."
        )
    return (
        "No checkpoint of a task's end is stored for this run: it ended before its first task did, or it was "
        "trained by an earlier version. Clone it to train it again."
    )


def not_stored(run: Run, task: int) -> str:
    """Why the end of this task cannot be tested."""
    if moment := run.pruned_at(OUTCOME):
        return f"What was learnt at the end of task {task} was taken away by `anpyc prune` on {day(moment)}."
    return f"No checkpoint of the end of task {task} is stored."


def _refuse_too_many(session: Session, run_id: str) -> None:
    waiting = session.scalar(select(func.count()).where(WhatIf.run_id == run_id, _open())) or 0
    if waiting >= MOST_OPEN:
        raise Conflict(
            f"{waiting} what-ifs of this run are still to be measured. Wait for one, or cancel one."
        )


def _same(earlier: WhatIf, run_id: str, task: int | None, wanted: list[int]) -> WhatIf:
    """The job that a key stands for, if it is the one that is asked for now."""
    if (earlier.run_id, earlier.shares) != (run_id, wanted) or task not in (None, earlier.task):
        raise Conflict(
            "This Idempotency-Key was used for another what-if. Nothing was queued; send a new key."
        )
    return earlier
