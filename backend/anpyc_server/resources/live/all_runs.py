"""The stream of all runs: which of them have changed, for the list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from fastapi.sse import ServerSentEvent
from sqlalchemy import select

from anpyc_queue.engine import now
from anpyc_queue.tables import Run
from anpyc_queue.wakeup import ANY
from anpyc_server.errors import Invalid
from anpyc_server.resources.live.pace import BURST_SECONDS, LOOK_SECONDS, hear
from anpyc_server.resources.live.schemas import RunChange
from anpyc_server.services import Services

_AT_ONCE = 1_000
_OVERLAP = timedelta(seconds=2)
"""A transaction may become visible after a later one; looking back finds it. Nothing is sent twice."""

_State = tuple[datetime, str, float, bool]


async def stream(services: Services, since: datetime | None) -> AsyncIterator[ServerSentEvent]:
    """Changes after ``since``, or from now on. An event's id is the moment of the newest, in microseconds."""
    sent: dict[str, _State] = {}
    if since is None:
        since = await asyncio.to_thread(_now, services)
        sent = dict(await asyncio.to_thread(_changes, services, since - _OVERLAP))
    newest = since
    with services.wakeup.subscribe(ANY) as news:
        while not services.stopping:
            changes = await asyncio.to_thread(_changes, services, newest - _OVERLAP)
            fresh = [(run_id, state) for run_id, state in changes if sent.get(run_id) != state]
            for run_id, state in fresh:
                changed, status, progress, deleted = state
                newest = max(newest, changed)
                data = RunChange(run=run_id, status=status, progress=progress, deleted=deleted)
                yield ServerSentEvent(event="run", id=str(_number(newest)), data=data)
            sent = {
                run_id: state
                for run_id, state in (sent | dict(fresh)).items()
                if state[0] > newest - 2 * _OVERLAP
            }
            if fresh:
                await hear(services, None, BURST_SECONDS)
            if len(changes) < _AT_ONCE:
                await hear(services, news, LOOK_SECONDS)


def moment(text: str | None) -> datetime | None:
    """The moment in an event's id.

    :raises Invalid: when it is none of ours.
    """
    if text is None or not text.strip():
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text))
    except (ValueError, OverflowError):
        raise Invalid.at(
            "after", "Give the id of the last change that was received, a whole number."
        ) from None


def _number(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _now(services: Services) -> datetime:
    with services.database.read() as session:
        return now(session)


def _changes(services: Services, since: datetime) -> list[tuple[str, _State]]:
    query = select(Run.id, Run.updated_at, Run.status, Run.progress, Run.deleted_at)
    query = query.where(Run.updated_at > since).order_by(Run.updated_at, Run.id).limit(_AT_ONCE)
    with services.database.read() as session:
        rows = session.execute(query).all()
    return [(row.id, (row.updated_at, row.status, row.progress, row.deleted_at is not None)) for row in rows]
