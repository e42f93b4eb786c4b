"""The one life that every kind of job has. Each change is part of the caller's transaction, with its event.

    queued → running → succeeded | failed | cancelled        running → queued, when its worker is lost

The row of the job is locked first (and before it that of its run), then judged, then changed, so two callers
cannot both win. Whoever holds a :class:`Claim` proves it with the fencing token; :class:`Stale` means that
somebody else owns the job by now.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Literal, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound, Stale
from anpyc_queue.tables import (
    CANCELLED,
    FAILED,
    QUEUED,
    RELEASED,
    RUNNING,
    SUBMITTED,
    SUCCEEDED,
    TERMINAL,
    Attempt,
    Job,
    Outbox,
    Run,
    WhatIf,
)

MAX_LOSSES = 3
"""A job whose worker or process was lost this often is given up."""

J = TypeVar("J", Run, WhatIf)

Order = Literal["stale", "ended", "cancel"]
"""To whoever works under a claim. stale: somebody else owns the job. ended: its end is recorded. cancel:
somebody asked for it."""


@dataclass(frozen=True)
class Claim:
    """The right to work on a job, until somebody takes it over."""

    kind: ClassVar[Kind[Any]]
    job_id: str
    run_id: str
    """The run that the job is of; for a run, itself."""
    token: int
    attempt: int
    worker_id: str
    spec: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.kind.title} {self.job_id}"


class Kind(ABC, Generic[J]):
    """What jobs of one kind do differently."""

    table: type[J]
    claim_type: type[Claim]
    title: str
    """At the beginning of a sentence."""
    after_losses: str
    """What to do about one that was given up."""

    @abstractmethod
    def lock(self, session: Session, job_id: str) -> J | None:
        """The job, its row locked until the transaction ends, after that of its run."""

    @abstractmethod
    def tell(self, session: Session, job: J, what: str, data: Mapping[str, Any], moment: datetime) -> None:
        """Add the event that says what has happened to the job."""

    @abstractmethod
    def begin(self, session: Session, job: J, attempt: Attempt) -> dict[str, Any]:
        """Clear what an attempt begins without. Answers what the event says of where it starts."""

    @abstractmethod
    def details(self, session: Session, job: J) -> dict[str, Any]:
        """What a claim holds of its job."""

    def device(self, job: J) -> str:
        """What a worker needs to have."""
        return "auto"

    def obstacle(self, session: Session, job: J) -> tuple[str, str] | None:
        """Code and message of what no attempt can get past."""
        return None

    def succeed(self, job: J, metrics: Mapping[str, Any] | None) -> dict[str, Any]:
        """What success means. Answers what the event says of it."""
        return {}

    def ended(self, session: Session, job: J) -> None:
        """Tidy up after the job's end."""


# --- by people ----------------------------------------------------------------------------------------------


def by_key(session: Session, kind: Kind[J], key: str | None) -> J | None:
    """The job that an idempotency key stands for."""
    if key is None:
        return None
    return session.scalars(select(kind.table).where(kind.table.idempotency_key == key)).first()


def add(session: Session, kind: Kind[J], job: J) -> tuple[J, bool]:
    """Store a new job. When somebody was faster with its idempotency key: the job of then, and False."""
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:
        earlier = by_key(session, kind, job.idempotency_key)
        if earlier is None:
            raise
        return earlier, False
    return job, True


def enqueue(session: Session, kind: Kind[J], job: J, cause: str, what: str, data: Mapping[str, Any]) -> None:
    """Let the job wait for a worker: for its first attempt, or for another one because of ``cause``."""
    moment = now(session)
    let_wait(session, kind, job, cause, what, data, moment)
    session.add(Outbox(**bell(kind, job, moment)))


def let_wait(
    session: Session,
    kind: Kind[J],
    job: J,
    cause: str,
    what: str,
    data: Mapping[str, Any],
    moment: datetime,
) -> None:
    """The same with the bell still to be hung, for those who hang many at once."""
    job.status, job.worker_id, job.lease_until, job.finished_at = QUEUED, None, None, None
    job.token += 1
    if job.attempts and job.attempts[-1].begun_at is None:  # it was cancelled while it waited
        job.attempts[-1].cause, job.attempts[-1].ended_at, job.attempts[-1].ending = cause, None, None
    else:
        job.attempts.append(Attempt(job_kind=job.kind, number=job.attempt + 1, cause=cause))
    kind.tell(session, job, what, data, moment)


def bell(kind: Kind[J], job: J, moment: datetime) -> dict[str, Any]:
    """The row of the outbox by which workers hear of the job."""
    return {"run_id": job.run_id, "queue": kind.device(job), "created_at": moment}


def request_cancel(session: Session, kind: Kind[J], job_id: str) -> J:
    """Cancel a waiting job at once; ask a running one to stop. Asking twice changes nothing.

    :raises NotFound: when there is no such job.
    :raises Conflict: when it has ended.
    """
    job = locked(session, kind, job_id)
    if job.status in TERMINAL:
        raise Conflict(
            f"The {kind.title.lower()} has already {_ENDED[job.status]}; there is nothing to cancel."
        )
    if job.cancel_requested:
        return job
    job.cancel_requested = True
    if job.status == QUEUED:
        return end(session, kind, job, CANCELLED)
    kind.tell(session, job, "cancel_requested", {}, now(session))
    return job


# --- by workers ---------------------------------------------------------------------------------------------


def claim(session: Session, kind: Kind[J], job_id: str, worker_id: str, lease_seconds: float) -> Claim | None:
    """Take a waiting job. None when there is nothing to take: claimed by another, cancelled, gone."""
    job = kind.lock(session, job_id)
    if job is None or job.status != QUEUED:
        return None
    obstacle = kind.obstacle(session, job)
    if obstacle is not None:
        _fail(session, kind, job, *obstacle)
        return None
    moment = now(session)
    job.status, job.worker_id = RUNNING, worker_id
    job.attempt += 1
    job.token += 1
    job.lease_until = moment + timedelta(seconds=lease_seconds)
    job.started_at = job.started_at or moment
    attempt = _current_attempt(job)
    attempt.worker_id, attempt.begun_at = worker_id, moment
    data = {"attempt": job.attempt, "worker": worker_id} | kind.begin(session, job, attempt)
    kind.tell(session, job, "started", data, moment)
    return kind.claim_type(
        job_id=job.id,
        run_id=job.run_id,
        token=job.token,
        attempt=job.attempt,
        worker_id=worker_id,
        **kind.details(session, job),
    )


def claimed_job(session: Session, claim: Claim) -> Any:
    """The job, locked, if it is still held under this claim.

    :raises Stale: when it is not.
    """
    return _claimed(session, claim.kind, claim.job_id, claim.token)


def renew(session: Session, claim: Claim, lease_seconds: float) -> None:
    """Renew the lease.

    :raises Stale: when the job is not held under this claim any more.
    """
    claimed_job(session, claim).lease_until = now(session) + timedelta(seconds=lease_seconds)


def order(session: Session, claim: Claim) -> Order | None:
    """What whoever works under the claim is to do, looked up without a lock."""
    table = claim.kind.table
    query = select(table.token, table.cancel_requested, table.attempt, table.status)
    row = session.execute(query.where(table.id == claim.job_id)).first()
    if row is None:
        return "stale"
    if row.token != claim.token:
        ended = row.status in TERMINAL and row.attempt == claim.attempt
        return "ended" if ended else "stale"
    return "cancel" if row.cancel_requested else None


def finish(session: Session, claim: Claim, metrics: Mapping[str, Any] | None = None) -> Any:
    """The job has succeeded.

    :raises Stale: when it is not held under this claim any more.
    """
    job = claimed_job(session, claim)
    return end(session, claim.kind, job, SUCCEEDED, claim.kind.succeed(job, metrics))


def fail(session: Session, claim: Claim, code: str, message: str, traceback: str | None = None) -> Any:
    """The job has failed for a reason of its own, which a repetition would meet again.

    :raises Stale: when it is not held under this claim any more.
    """
    return _fail(session, claim.kind, claimed_job(session, claim), code, message, traceback)


def cancelled(session: Session, claim: Claim) -> Any:
    """The job has stopped because it was asked to.

    :raises Stale: when it is not held under this claim any more.
    """
    return end(session, claim.kind, claimed_job(session, claim), CANCELLED)


def release(session: Session, claim: Claim, reason: str) -> Any:
    """Give the job back to the queue, as a worker that shuts down does. Not counted as a loss.

    :raises Stale: when it is not held under this claim any more.
    """
    return _give_back(session, claim.kind, claimed_job(session, claim), RELEASED, reason)


def requeue(session: Session, kind: Kind[J], job_id: str, token: int, code: str, reason: str) -> J:
    """The holder of ``token`` was lost: back to the queue, or failed when that happened too often.

    :param code: worker_lost or process_lost.
    :raises Stale: when the job is not held under that token any more.
    """
    job = _claimed(session, kind, job_id, token)
    if job.cancel_requested:
        return end(session, kind, job, CANCELLED)
    job.losses += 1
    if job.losses >= MAX_LOSSES:
        message = f"Given up after {job.losses} lost attempts. The last one: {reason} {kind.after_losses}"
        return _fail(session, kind, job, code, message)
    return _give_back(session, kind, job, code, reason)


def give_back(session: Session, kind: Kind[J], job_id: str, reason: str) -> J:
    """Whoever held the job is no more, as after a restore: back to the queue. Not counted as a loss.

    :raises NotFound: when there is no such job.
    """
    return _give_back(session, kind, locked(session, kind, job_id), RELEASED, reason)


# --- shared -------------------------------------------------------------------------------------------------


def locked(session: Session, kind: Kind[J], job_id: str) -> J:
    """The job, its row locked until the transaction ends.

    :raises NotFound: where there is none.
    """
    job = kind.lock(session, job_id)
    if job is None:
        raise NotFound(f"There is no {kind.title.lower()} {job_id}. It may have been deleted.")
    return job


def end(
    session: Session,
    kind: Kind[J],
    job: J,
    status: str,
    data: Mapping[str, Any] | None = None,
    moment: datetime | None = None,
) -> J:
    """The job's last change."""
    moment = moment or now(session)
    job.status, job.worker_id, job.lease_until = status, None, None
    job.finished_at = moment
    job.token += 1
    _close_attempt(job, status, moment)
    kind.ended(session, job)
    kind.tell(session, job, status, data or {}, moment)
    return job


def _claimed(session: Session, kind: Kind[J], job_id: str, token: int) -> J:
    job = kind.lock(session, job_id)
    if job is None or job.status != RUNNING or job.token != token:
        raise Stale(f"{kind.title} {job_id} is not held under token {token} any more.")
    return job


def _give_back(session: Session, kind: Kind[J], job: J, ending: str, reason: str) -> J:
    if job.cancel_requested:
        return end(session, kind, job, CANCELLED)
    _close_attempt(job, ending, now(session))
    data = {"reason": reason, "attempt": job.attempt, "losses": job.losses}
    enqueue(session, kind, job, ending, "requeued", data)
    return job


def _fail(
    session: Session, kind: Kind[J], job: J, code: str, message: str, traceback: str | None = None
) -> J:
    error = {"code": code, "message": message}
    job.error = error | ({"traceback": traceback} if traceback else {})
    return end(session, kind, job, FAILED, {"error": error})


def _current_attempt(job: Job) -> Attempt:
    """The one that the job was queued for."""
    if not job.attempts or job.attempts[-1].number != job.attempt:
        job.attempts.append(Attempt(job_kind=job.kind, number=job.attempt, cause=SUBMITTED))
    return job.attempts[-1]


def _close_attempt(job: Job, ending: str, moment: datetime) -> None:
    if job.attempts:
        job.attempts[-1].ended_at, job.attempts[-1].ending = moment, ending


_ENDED = {SUCCEEDED: "succeeded", FAILED: "failed", CANCELLED: "been cancelled"}
