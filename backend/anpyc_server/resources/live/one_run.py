"""The stream of one run: subscribe, replay what was missed, then wait for news."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from fastapi.sse import ServerSentEvent

from anpyc_queue.events import events_after
from anpyc_queue.tables import TERMINAL, Event, Run
from anpyc_queue.whatif import is_open
from anpyc_server.errors import Invalid
from anpyc_server.records.lookup import require_run
from anpyc_server.resources.live.pace import BURST_SECONDS, LOOK_SECONDS, hear
from anpyc_server.resources.live.schemas import EventData
from anpyc_server.services import Services

_AT_ONCE = 500


@dataclass(frozen=True)
class _Look:
    """What one short session saw."""

    events: Sequence[Event]
    ended: bool
    gone: bool


async def prepare(services: Services, run_id: str, after: int, last_event_id: str | None) -> int:
    """Where the stream starts. Raised here, before the stream begins, an error still gets its status.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Invalid: when ``last_event_id`` is no number.
    """
    await asyncio.to_thread(_require, services, run_id)
    if last_event_id is None or not last_event_id.strip():
        return after
    try:
        return max(after, int(last_event_id))
    except ValueError:
        raise Invalid.at(
            "Last-Event-ID", "Give the id of the last event that was received, a whole number."
        ) from None


async def stream(services: Services, run_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    """Every event past number ``after``, in order and once; `event: end` once the run and what is measured of
    it have ended."""
    with services.wakeup.subscribe(run_id) as news:
        while not services.stopping:
            # A short session off the event loop for each look: none is held while waiting.
            look = await asyncio.to_thread(_look, services, run_id, after)
            for event in look.events:
                after = event.seq
                yield _sent(event)
            if look.gone or (look.ended and len(look.events) < _AT_ONCE):
                yield ServerSentEvent(event="end", data={"seq": after})
                return
            if look.events:
                await hear(services, None, BURST_SECONDS)
            if len(look.events) < _AT_ONCE:
                await hear(services, news, LOOK_SECONDS)


def _require(services: Services, run_id: str) -> None:
    with services.database.read() as session:
        require_run(session, run_id)


def _look(services: Services, run_id: str, after: int) -> _Look:
    with services.database.read() as session:
        run = session.get(Run, run_id)
        events = events_after(session, run_id, after, _AT_ONCE)
        ended = run is not None and run.status in TERMINAL and not is_open(session, run_id)
        return _Look(events, ended, gone=run is None)


def _sent(event: Event) -> ServerSentEvent:
    data = EventData.model_validate(event.data | {"seq": event.seq, "kind": event.kind, "at": event.at})
    return ServerSentEvent(event=event.kind, id=str(event.seq), data=data)
