"""Workers and the queue on the wire."""

from __future__ import annotations

from anpyc_queue.ordering import Move
from anpyc_server.parameters import Priority
from anpyc_server.schemas import Answer, Moment, Request, Share


class WorkerLoad(Answer):
    """What a worker's machine did at one moment; null is what it does not tell."""

    cpu: Share | None = None
    """Of all its cores together."""
    memory: int | None = None
    """Bytes that are taken, by whatever runs there."""
    memory_total: int | None = None
    gpu: Share | None = None
    """Of the time just before, in which the worker's card was at work."""
    gpu_memory: int | None = None
    gpu_memory_total: int | None = None
    disk_free: int | None = None
    """Bytes, where the worker's data folder lies."""
    disk_total: int | None = None


class WorkerEntry(Answer):
    """One worker that has announced itself."""

    id: str
    host: str
    device: str
    device_name: str
    memory_bytes: int | None
    slots: int
    online: bool
    draining: bool
    """Finishes what it has and takes nothing new."""
    runs: list[str]
    """Ids of the runs it trains."""
    slots_taken: int
    """By these: runs that are trained as one take one slot."""
    load: list[WorkerLoad]
    """Measured with each of its reports, every four seconds, the newest last: of the last four minutes."""
    version: str
    started_at: Moment
    last_seen: Moment


class Workers(Answer):
    """All workers, those online first."""

    items: list[WorkerEntry]


class WorkerEdit(Request):
    """What can be asked of a worker."""

    draining: bool


class Cancelled(Answer):
    """Runs that waited and do so no more."""

    count: int


class Waiting(Answer):
    """One run in the queue."""

    run_id: str
    name: str
    position: int
    """Counted from 1."""
    waiting_seconds: float
    reason: str
    """Why it has not begun."""
    priority: int
    """Those with a higher one are taken before."""


class QueueEdit(Request):
    """What a person may change about a waiting run's place. A priority is set before it is moved."""

    priority: Priority | None = None
    move: Move | None = None
    """To the first or last place of all, or past its neighbour, whose priority it takes over."""


class Queue(Answer):
    """The queue as it stands."""

    depth: int
    running: int
    workers_online: int
    oldest_wait_seconds: float | None
    items: list[Waiting]
    hint: str
    """What to do when nothing moves; empty when all is well."""
