"""Which waiting runs can be trained as one with a run that a worker has just claimed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.spec import SpecError, parse_spec
from anpyc.spec.stacking import stacking_key
from anpyc_queue.jobs import Claim, checkpoints
from anpyc_queue.queue import free_slots, serves, waiting_order
from anpyc_queue.tables import PROCESS_LOST, QUEUED, WORKER_LOST, Run
from anpyc_queue.workers import worker_statuses

LOOKED_AT = 200
"""Waiting runs of the same strategy, benchmark, data set and priority, at most."""


def companions(session: Session, claim: Claim, device: str, most: int) -> list[str]:
    """Those that are next, of the claimed run's shape and priority and at the same task.

    Other free slots are left their share. A run that was lost is tried again by itself: should it be what
    brought a process down, it takes no other run with it.

    :param device: cpu or cuda, what the worker trains on.
    :param most: runs together at most, the claimed one included."""
    run = session.get_one(Run, claim.run_id)
    key = _key(run, device)
    if key is None or most < 2 or _was_lost(run):
        return []
    task = _task(session, run)
    alike = [
        other.id
        for other in _waiting(session, run)
        if not _was_lost(other) and _key(other, device) == key and _task(session, other) == task
    ]
    slots = 1 + sum(
        free_slots(s) for s in worker_statuses(session) if s.online and serves(s.worker, run.device)
    )
    share = -(-(1 + len(alike)) // slots)
    return alike[: min(most, share) - 1]


def _waiting(session: Session, run: Run) -> Iterator[Run]:
    alike = select(Run).where(
        Run.status == QUEUED,
        Run.strategy == run.strategy,
        Run.benchmark == run.benchmark,
        Run.dataset == run.dataset,
        Run.device == run.device,
        Run.priority == run.priority,
    )
    yield from session.scalars(alike.order_by(*waiting_order()).limit(LOOKED_AT))


def _key(run: Run, device: str) -> str | None:
    try:
        return stacking_key(parse_spec(run.spec), device)
    except SpecError:
        return None  # of another version: its own attempt will say so


def _was_lost(run: Run) -> bool:
    return run.attempt > 0 and run.attempts[-1].cause in (PROCESS_LOST, WORKER_LOST)


def _task(session: Session, run: Run) -> int:
    """That training goes on with."""
    newest = next(iter(checkpoints(session, run.id)), None) if run.attempt else None
    return 0 if newest is None else int(newest.details["task"])
