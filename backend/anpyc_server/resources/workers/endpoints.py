"""/api/workers and /api/queue"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from anpyc_server.errors import documented
from anpyc_server.parameters import RunId
from anpyc_server.resources.workers import service
from anpyc_server.resources.workers.schemas import (
    Cancelled,
    Queue,
    QueueEdit,
    WorkerEdit,
    WorkerEntry,
    Workers,
)
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(tags=["workers"])


@router.get("/workers")
def list_workers(services: ServicesHere) -> Workers:
    """Who trains, with what, and since when nothing was heard."""
    return service.workers(services)


@router.patch("/workers/{worker_id}", responses=documented(404, 413))
def edit_worker(
    worker_id: Annotated[str, Path(max_length=64)], edit: WorkerEdit, services: ServicesHere, by: ByHere
) -> WorkerEntry:
    """Ask a worker to finish what it has and take nothing new, or to go on."""
    return service.edit(services, worker_id, edit, by)


@router.get("/queue")
def get_queue(services: ServicesHere) -> Queue:
    """Which runs wait, in order, and why."""
    return service.queue(services)


@router.patch("/queue/{run_id}", responses=documented(404, 409, 413))
def edit_queue(run_id: RunId, edit: QueueEdit, services: ServicesHere, by: ByHere) -> Queue:
    """Give a waiting run a priority, or another place. Answers the queue as it is then."""
    return service.edit_queue(services, run_id, edit, by)


@router.post("/queue/cancel")
def cancel_queue(services: ServicesHere, by: ByHere) -> Cancelled:
    """Cancel every run that waits now. Runs that train go on, and so do those queued meanwhile."""
    return service.cancel_queue(services, by)
