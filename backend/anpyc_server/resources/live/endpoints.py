"""/api/runs/{id}/events and /api/events"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse

from anpyc_server.errors import documented_beside
from anpyc_server.parameters import RunId
from anpyc_server.resources.live import all_runs, one_run
from anpyc_server.resources.live.schemas import EventData, RunChange
from anpyc_server.services import ServicesHere

router = APIRouter(tags=["live"])

LastEventId = Annotated[str | None, Header(max_length=64)]


async def _run_from(
    run_id: RunId,
    services: ServicesHere,
    after: Annotated[int, Query(ge=0, description="Only events past this number.")] = 0,
    last_event_id: LastEventId = None,
) -> int:
    return await one_run.prepare(services, run_id, after, last_event_id)


async def _changes_from(
    after: Annotated[str | None, Query(max_length=64, description="The id of the last change seen.")] = None,
    last_event_id: LastEventId = None,
) -> datetime | None:
    return all_runs.moment(last_event_id or after)


@router.get("/runs/{run_id}/events", response_class=EventSourceResponse, responses=documented_beside(404))
async def stream_run(
    run_id: RunId, services: ServicesHere, after: Annotated[int, Depends(_run_from)]
) -> AsyncIterator[EventData]:
    """Everything that happens to a run, from any point on. Ends with `event: end` once the run has."""
    async for event in one_run.stream(services, run_id, after):
        yield event  # type: ignore[misc]  # a ServerSentEvent around the declared item


@router.get("/events", response_class=EventSourceResponse, responses=documented_beside())
async def stream_all_runs(
    services: ServicesHere, since: Annotated[datetime | None, Depends(_changes_from)]
) -> AsyncIterator[RunChange]:
    """Which runs have changed, for the list."""
    async for event in all_runs.stream(services, since):
        yield event  # type: ignore[misc]
