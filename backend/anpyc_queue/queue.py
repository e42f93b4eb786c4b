"""The queue as people ask about it: how long is it, when is it my run's turn, what is it waiting for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from anpyc_queue import workers
from anpyc_queue.engine import now
from anpyc_queue.tables import QUEUED, RUNNING, Run, WhatIf, Worker
from anpyc_queue.workers import WorkerStatus

START_WORKER = "anpyc worker"


@dataclass(frozen=True)
class Waiting:
    """A run in the queue."""

    run_id: str
    name: str
    device: str
    position: int
    """1 is next."""
    waiting_seconds: float
    reason: str
    """What it is waiting for, for people."""
    priority: int


@dataclass(frozen=True)
class Queue:
    """The whole queue at one moment."""

    depth: int
    running: int
    workers_online: int
    slots: int
    slots_free: int
    oldest_wait_seconds: float | None
    items: tuple[Waiting, ...]
    hint: str | None
    """What to do when nothing can move; None when it moves by itself."""


def waiting_order() -> tuple[ColumnElement[Any], ...]:
    """Of waiting runs, for ORDER BY: the next first."""
    return Run.priority.desc(), Run.place.expression, Run.id.expression


def before(run: Run) -> ColumnElement[bool]:
    """Whether another waiting run is taken before this one."""
    higher, alike = Run.priority > run.priority, Run.priority == run.priority
    tied = and_(Run.place == run.place, Run.id < run.id)
    return or_(higher, and_(alike, or_(Run.place < run.place, tied)))


def next_run(session: Session, devices: Sequence[str]) -> str | None:
    """What a worker for these devices should try to claim: of the
    highest priority the one that has waited longest, unless a person has moved another before it."""
    query = select(Run.id).where(Run.status == QUEUED, Run.device.in_(devices))
    return session.scalars(query.order_by(*waiting_order()).limit(1)).first()


def queue(session: Session, limit: int = 200) -> Queue:
    """The queue: counts of all, and the first ``limit`` runs."""
    moment = now(session)
    online = [status for status in workers.worker_statuses(session) if status.online]
    depth = session.scalar(select(func.count()).where(Run.status == QUEUED)) or 0
    running = session.scalar(select(func.count()).where(Run.status == RUNNING)) or 0
    query = select(Run).where(Run.status == QUEUED).order_by(*waiting_order()).limit(limit)
    items = tuple(
        Waiting(
            run_id=run.id,
            name=run.name,
            device=run.device,
            position=position,
            waiting_seconds=_seconds(run.created_at, moment),
            reason=waiting_reason(run.device, position, online),
            priority=run.priority,
        )
        for position, run in enumerate(session.scalars(query), 1)
    )
    return Queue(
        depth=depth,
        running=running,
        workers_online=len(online),
        slots=sum(status.worker.slots for status in online),
        slots_free=sum(free_slots(status) for status in online),
        oldest_wait_seconds=items[0].waiting_seconds if items else None,
        items=items,
        hint=_hint({item.device for item in items}, online),
    )


def reason_for(session: Session, run: Run) -> str:
    """What a queued run is waiting for."""
    earlier = select(func.count()).where(Run.status == QUEUED, before(run))
    position = (session.scalar(earlier) or 0) + 1
    online = [status for status in workers.worker_statuses(session) if status.online]
    return waiting_reason(run.device, position, online)


def waiting_reason(device: str, position: int, online: Sequence[WorkerStatus]) -> str:
    """In words, with the command that helps where nothing else will."""
    if not online:
        return f"waiting: no worker online. Start one with `{START_WORKER}`."
    fitting = [status for status in online if serves(status.worker, device)]
    if not fitting:
        return (
            f"waiting: no worker for {device} online. Start one with `{START_WORKER} --device {device}` "
            f"on a machine that has it."
        )
    staying = [status for status in fitting if not status.worker.draining]
    if not staying:
        return f"waiting: every worker online is about to leave. Start another one with `{START_WORKER}`."
    if position > 1:
        return f"waiting: {position - 1} {'run is' if position == 2 else 'runs are'} before this one"
    if not any(free_slots(status) for status in staying):
        return "waiting: next in line, until a worker is free"
    return "waiting: a worker is about to take it"


def waiting_for_lane(session: Session, job: WhatIf) -> str:
    """What a queued what-if is waiting for: every worker has one lane for them, whatever its slots do."""
    online = [status for status in workers.worker_statuses(session) if status.online]
    staying = [status for status in online if not status.worker.draining]
    if not staying:
        return waiting_reason(workers.ANY_DEVICE, 1, online)
    earlier = select(func.count()).where(WhatIf.status == QUEUED, WhatIf.id < job.id)
    before = session.scalar(earlier) or 0
    if before:
        return f"waiting: {before} what-if{' is' if before == 1 else 's are'} before this one"
    return "waiting: a worker is about to take it"


def serves(worker: Worker, device: str) -> bool:
    """Whether the worker takes runs that ask for ``device``."""
    return device in workers.served_by(worker.device)


def _hint(devices: set[str], online: Sequence[WorkerStatus]) -> str | None:
    staying = [status for status in online if not status.worker.draining]
    for device in sorted(devices):
        if not any(serves(status.worker, device) for status in staying):
            return waiting_reason(device, 1, online).removeprefix("waiting: ").capitalize()
    return None


def free_slots(status: WorkerStatus) -> int:
    """How many more jobs the worker would take."""
    if status.worker.draining:
        return 0
    return status.worker.slots - status.slots_taken


def _seconds(since: datetime, moment: datetime) -> float:
    return max(0.0, (moment - since).total_seconds())
