"""The stream of one run: replay what was missed, then what the run's one reader finds for all its viewers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from anpyc_queue.events import events_after
from anpyc_queue.tables import TERMINAL, Event, Run
from anpyc_queue.whatif import is_open
from anpyc_server.feeds import Feed
from anpyc_server.parameters import MOST_ROWS
from anpyc_server.records.lookup import require_run
from anpyc_server.resources.live.event_stream import KEEP_ALIVE, LAST_EVENT_ID, encoded, number_of, turned
from anpyc_server.resources.live.pace import BURST_SECONDS, LOOK_SECONDS, hear
from anpyc_server.services import Services

_AT_ONCE = 500


@dataclass(frozen=True)
class _Look:
    """What one short session saw."""

    events: Sequence[Event]
    ended: bool
    gone: bool

    @property
    def drained(self) -> bool:
        """Whether there were no more events."""
        return len(self.events) < _AT_ONCE


async def prepare(services: Services, run_id: str, after: int, last_event_id: str | None) -> int:
    """Where the stream starts. Raised here, before the stream begins, an error still gets its status.

    :raises NoSuchRun: when there is none, or it was deleted.
    :raises Invalid: when ``last_event_id`` is no number that an event can have.
    """
    await asyncio.to_thread(_require, services, run_id)
    return max(after, number_of(last_event_id, LAST_EVENT_ID, MOST_ROWS) or 0)


async def stream(services: Services, run_id: str, after: int) -> AsyncGenerator[bytes]:
    """Every event past number ``after``, in order and once; `event: end` once the run and what is measured of
    it have ended."""

    async def start() -> int:
        return await asyncio.to_thread(_newest, services, run_id)

    async def read(feed: Feed) -> None:
        await _follow(services, run_id, feed)

    async with services.feeds.joined(("run", run_id), start, read) as feed:
        while True:
            turn = feed.turn()
            if after < feed.since:
                missed = await asyncio.to_thread(_events, services, run_id, after)
                after = missed[-1].seq if missed else feed.since
                if missed:
                    yield b"".join(_sent(event) for event in missed)
                    await hear(services, None, BURST_SECONDS)
            elif after < feed.newest:
                piece, after = feed.past(after), feed.newest
                yield piece
            elif feed.ended:
                if not feed.broken:
                    yield encoded("end", {"seq": after})
                return
            elif not await turned(turn):
                yield KEEP_ALIVE


async def _follow(services: Services, run_id: str, feed: Feed) -> None:
    """Read each change once, for all who watch the run."""
    with services.wakeup.subscribe(run_id) as news:
        while not services.stopping:
            # A short session off the event loop for each look: none is held while waiting.
            look = await asyncio.to_thread(_look, services, run_id, feed.newest)
            feed.add([(event.seq, _sent(event)) for event in look.events])
            if look.gone or (look.ended and look.drained):
                return
            if look.events:
                await hear(services, None, BURST_SECONDS)
            if look.drained:
                await hear(services, news, LOOK_SECONDS)
    feed.end(broken=True)


def _require(services: Services, run_id: str) -> None:
    with services.database.read() as session:
        require_run(session, run_id)


def _newest(services: Services, run_id: str) -> int:
    with services.database.read() as session:
        following = session.scalar(select(Run.next_seq).where(Run.id == run_id))
    return 0 if following is None else following - 1


def _events(services: Services, run_id: str, after: int) -> Sequence[Event]:
    with services.database.read() as session:
        return events_after(session, run_id, after, _AT_ONCE)


def _look(services: Services, run_id: str, after: int) -> _Look:
    with services.database.read() as session:
        status = session.scalar(select(Run.status).where(Run.id == run_id))
        events = events_after(session, run_id, after, _AT_ONCE)
        ended = status in TERMINAL and not is_open(session, run_id)
        return _Look(events, ended, gone=status is None)


def _sent(event: Event) -> bytes:
    """Encoded once, whoever gets it."""
    data = {"seq": event.seq, "kind": event.kind, "at": event.at}
    return encoded(event.kind, data | {k: v for k, v in event.data.items() if k not in data}, event.seq)
