"""/api/runs/{id}/events and /api/events"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query

from anpyc_server.errors import documented
from anpyc_server.parameters import Place, RunId
from anpyc_server.resources.live import all_runs, one_run
from anpyc_server.resources.live.event_stream import LAST_EVENT_ID, EventStream
from anpyc_server.resources.live.schemas import EventData, RunChange, StreamEnd, stream_of
from anpyc_server.services import ServicesHere

router = APIRouter(tags=["live"])

LastEventId = Annotated[str | None, Header(max_length=64)]


async def _run_from(
    run_id: RunId,
    services: ServicesHere,
    after: Annotated[Place, Query(description="Only events past this number.")] = 0,
    last_event_id: LastEventId = None,
) -> int:
    return await one_run.prepare(services, run_id, after, last_event_id)


async def _changes_from(
    after: Annotated[
        str | None,
        Query(max_length=64, pattern=r"^\s*[0-9]*\s*$", description="The id of the last change seen."),
    ] = None,
    last_event_id: LastEventId = None,
) -> datetime | None:
    if last_event_id is not None and last_event_id.strip():
        return all_runs.moment(last_event_id, LAST_EVENT_ID)
    return all_runs.moment(after, "after")


@router.get(
    "/runs/{run_id}/events",
    status_code=200,
    response_class=EventStream,
    responses=documented(404) | stream_of(EventData, StreamEnd),
)
async def stream_run(
    run_id: RunId, services: ServicesHere, after: Annotated[int, Depends(_run_from)]
) -> EventStream:
    """Everything that happens to a run, from any point on. Ends with `event: end` once the run has."""
    return EventStream(one_run.stream(services, run_id, after))


@router.get(
    "/events",
    status_code=200,
    response_class=EventStream,
    responses=stream_of(RunChange),
)
async def stream_all_runs(
    services: ServicesHere, since: Annotated[datetime | None, Depends(_changes_from)]
) -> EventStream:
    """Which runs have changed, for the list."""
    return EventStream(all_runs.stream(services, since))
