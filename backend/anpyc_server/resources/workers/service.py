"""Workers and the queue."""

from __future__ import annotations

from anpyc_queue import audit, jobs, ordering
from anpyc_queue import queue as waiting
from anpyc_queue.engine import now
from anpyc_queue.errors import NoSuchWorker
from anpyc_queue.tables import Worker
from anpyc_queue.workers import WorkerStatus, worker_statuses
from anpyc_server.records.lookup import find_run
from anpyc_server.resources.workers.schemas import (
    Cancelled,
    Queue,
    QueueEdit,
    Waiting,
    WorkerEdit,
    WorkerEntry,
    WorkerLoad,
    Workers,
)
from anpyc_server.services import Services

CANCELLED_AT_ONCE = 100
"""In one transaction, which holds SQLite's one lock for writers for a fraction of a second."""


def workers(services: Services) -> Workers:
    """All workers."""
    with services.database.read() as session:
        return Workers(items=[_entry(status) for status in worker_statuses(session)])


def edit(services: Services, worker_id: str, edit: WorkerEdit, by: str | None) -> WorkerEntry:
    """Let a worker drain, or go on.

    :raises NoSuchWorker: when there is none of that name.
    """
    with services.database.write() as session:
        worker = session.get(Worker, worker_id, with_for_update=True)
        if worker is None:
            raise NoSuchWorker(worker_id)
        if worker.draining != edit.draining:
            audit.record(session, "drained" if edit.draining else "undrained", by, subject=worker.id)
        worker.draining = edit.draining
        session.flush()
        return next(_entry(status) for status in worker_statuses(session) if status.worker.id == worker_id)


def queue(services: Services) -> Queue:
    """The queue."""
    with services.database.read() as session:
        seen = waiting.queue(session)
    return Queue(
        depth=seen.depth,
        running=seen.running,
        workers_online=seen.workers_online,
        oldest_wait_seconds=seen.oldest_wait_seconds,
        items=[
            Waiting(
                run_id=item.run_id,
                name=item.name,
                position=item.position,
                waiting_seconds=item.waiting_seconds,
                reason=item.reason,
                priority=item.priority,
            )
            for item in seen.items
        ],
        hint=seen.hint or "",
    )


def edit_queue(services: Services, run_id: str, edit: QueueEdit, by: str | None) -> Queue:
    """Let a waiting run come earlier or later.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Conflict: when it does not wait any more.
    """
    with services.database.write() as session:
        run = find_run(session, run_id)
        before = run.priority, run.place
        if edit.priority is not None:
            ordering.set_priority(session, run_id, edit.priority)
            session.flush()
        if edit.move is not None:
            ordering.move(session, run_id, edit.move)
        if (run.priority, run.place) != before:
            audit.record(session, "reordered", by, run_id=run.id, subject=run.name)
    return queue(services)


def cancel_queue(services: Services, by: str | None) -> Cancelled:
    """Cancel what waits, some at a time: between two transactions others may write."""
    with services.database.read() as session:
        until = now(session)
    count = 0
    while True:
        with services.database.write() as session:
            cancelled = jobs.cancel_waiting(session, until, CANCELLED_AT_ONCE)
            audit.record_runs(session, "cancelled", by, cancelled)
        for run in cancelled:
            services.wakeup.notify(run.id)
        count += len(cancelled)
        if len(cancelled) < CANCELLED_AT_ONCE:
            return Cancelled(count=count)


def _entry(status: WorkerStatus) -> WorkerEntry:
    worker = status.worker
    return WorkerEntry(
        id=worker.id,
        host=worker.host,
        device=worker.device,
        device_name=worker.device_name,
        memory_bytes=worker.memory_bytes,
        slots=worker.slots,
        online=status.online,
        draining=worker.draining,
        runs=list(status.runs),
        slots_taken=status.slots_taken,
        load=[WorkerLoad.model_validate(measured) for measured in worker.load],
        version=worker.version,
        started_at=worker.started_at,
        last_seen=worker.last_seen,
    )
