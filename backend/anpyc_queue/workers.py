"""The register of workers: who is there, on which machine, with which device, doing what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import NoSuchWorker
from anpyc_queue.tables import RUNNING, Run, Worker

HEARTBEAT_SECONDS = 4.0
"""How often a worker reports."""
ONLINE_SECONDS = 15.0
"""A worker that has not reported for this long counts as gone."""
FORGET_HOURS = 24.0
LOADS_KEPT = 60
"""Measurements of its machine that a worker reports: of the last four minutes."""
ANY_DEVICE = "auto"
"""What a job asks for that every worker can do."""


def served_by(device: str) -> tuple[str, ...]:
    """What runs may ask for that a worker with this device trains."""
    return (ANY_DEVICE, device)


@dataclass(frozen=True)
class WorkerStatus:
    """A worker as the register knows it."""

    worker: Worker
    online: bool
    runs: tuple[str, ...]
    """Which it is training, the oldest first."""
    slots_taken: int
    """By these: runs that are trained as one take one slot."""


def announce(session: Session, worker: Worker) -> None:
    """Enter a worker that has just started; times are the database's. Drops those that vanished long ago."""
    session.execute(delete(Worker).where(Worker.last_seen < now(session) - timedelta(hours=FORGET_HOURS)))
    worker.started_at = worker.last_seen = now(session)
    session.add(worker)


def heartbeat(session: Session, worker_id: str, load: Sequence[Mapping[str, Any]] = ()) -> bool | None:
    """The worker is still there, and its machine does this. Answers whether it is to drain; None when it has
    been forgotten."""
    worker = session.get(Worker, worker_id, with_for_update=True, populate_existing=True)
    if worker is None:
        return None
    worker.last_seen = now(session)
    worker.load = [dict(measured) for measured in load[-LOADS_KEPT:]]
    return worker.draining


def drain(session: Session, worker_id: str) -> Worker:
    """Ask the worker to finish what it is training, take nothing new, and leave.

    :raises NoSuchWorker: when there is none of that name.
    """
    worker = session.get(Worker, worker_id, with_for_update=True, populate_existing=True)
    if worker is None:
        raise NoSuchWorker(worker_id)
    worker.draining = True
    return worker


def is_draining(session: Session, worker_id: str) -> bool:
    """Whether the worker has been asked to take nothing new."""
    return bool(session.scalar(select(Worker.draining).where(Worker.id == worker_id)))


def leave(session: Session, worker_id: str) -> None:
    """The worker stops in good order."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def worker_statuses(session: Session) -> list[WorkerStatus]:
    """All workers, the ones that are there first."""
    training: dict[str, list[str]] = {}
    shares: dict[str, list[Fraction]] = {}
    for run_id, worker_id, environment in session.execute(
        select(Run.id, Run.worker_id, Run.environment).where(Run.status == RUNNING).order_by(Run.id)
    ):
        training.setdefault(worker_id or "", []).append(run_id)
        shares.setdefault(worker_id or "", []).append(Fraction(1, environment.get("trained_together", 1)))
    since = _online_since(session)
    statuses = [
        WorkerStatus(
            worker,
            worker.last_seen > since,
            tuple(training.get(worker.id, ())),
            min(worker.slots, math.ceil(sum(shares.get(worker.id, ())))),
        )
        for worker in session.scalars(select(Worker).order_by(Worker.started_at))
    ]
    return sorted(statuses, key=lambda status: not status.online)


def online(session: Session) -> Sequence[Worker]:
    """The workers that have reported lately."""
    return session.scalars(select(Worker).where(Worker.last_seen > _online_since(session))).all()


def all_multiply_in_bfloat16(session: Session, device: str) -> bool:
    """Whether every worker that would train a run for this device now has a processor that does, and there is
    one."""
    able = [worker.bfloat16 for worker in online(session) if device in served_by(worker.device)]
    return bool(able) and all(able)


def _online_since(session: Session) -> datetime:
    return now(session) - timedelta(seconds=ONLINE_SECONDS)
