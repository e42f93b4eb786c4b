"""The stream of all runs: which of them have changed, for the list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from anpyc_queue.engine import now
from anpyc_queue.tables import Run
from anpyc_queue.wakeup import ANY
from anpyc_server.feeds import Feed
from anpyc_server.resources.live.event_stream import KEEP_ALIVE, encoded, number_of, turned
from anpyc_server.resources.live.pace import BURST_SECONDS, LOOK_SECONDS, hear
from anpyc_server.services import Services

_AT_ONCE = 1_000
_OVERLAP = timedelta(seconds=2)
"""A transaction may become visible after a later one; looking back finds it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 2**53
"""In microseconds, what a program in a browser can count to: the year 2255."""

_State = tuple[datetime, str, float, bool]


async def stream(services: Services, since: datetime | None) -> AsyncGenerator[bytes]:
    """Changes after ``since``, or from now on. An event's id is the moment of the newest, in microseconds.

    What changed around ``since`` may be told once more.
    """
    reader = _Reader(services)
    async with services.feeds.joined("all runs", reader.start, reader.read) as feed:
        number = feed.newest
        if since is not None:
            missed = _Seen(since)
            while fresh := missed.fresh(
                await asyncio.to_thread(_changes, services, missed.newest - _OVERLAP)
            ):
                yield b"".join(fresh)
                await hear(services, None, BURST_SECONDS)
        while True:
            turn = feed.turn()
            if number < feed.since:
                return  # too far behind: the browser asks anew from the last id that it has
            if number < feed.newest:
                piece, number = feed.past(number), feed.newest
                yield piece
            elif feed.ended:
                return
            elif not await turned(turn):
                yield KEEP_ALIVE


class _Seen:
    """The state that was sent last of each run, as far back as is looked."""

    def __init__(self, newest: datetime) -> None:
        self.newest = newest
        self._last_sent: dict[str, _State] = {}

    def fresh(self, changes: Iterable[tuple[str, _State]]) -> list[bytes]:
        """Those changes that were not sent yet, encoded."""
        unsent = []
        for run_id, state in changes:
            if self._last_sent.get(run_id) == state:
                continue
            self._last_sent[run_id] = state
            changed, status, progress, deleted = state
            self.newest = max(self.newest, changed)
            data = {"run": run_id, "status": status, "progress": progress, "deleted": deleted}
            unsent.append(encoded("run", data, _number(self.newest)))
        oldest = self.newest - 2 * _OVERLAP
        self._last_sent = {run_id: state for run_id, state in self._last_sent.items() if state[0] > oldest}
        return unsent


class _Reader:
    """Reads each change once, for all who watch the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def start(self) -> int:
        """From now on: what has changed before counts as told."""
        self._seen = _Seen(await asyncio.to_thread(_now, self._services))
        self._seen.fresh(await asyncio.to_thread(_changes, self._services, self._seen.newest - _OVERLAP))
        return 0

    async def read(self, feed: Feed) -> None:
        services, seen = self._services, self._seen
        with services.wakeup.subscribe(ANY) as news:
            while not services.stopping:
                changes = await asyncio.to_thread(_changes, services, seen.newest - _OVERLAP)
                fresh = seen.fresh(changes)
                feed.add(list(enumerate(fresh, feed.newest + 1)))
                if fresh:
                    await hear(services, None, BURST_SECONDS)
                if len(changes) < _AT_ONCE:
                    await hear(services, news, LOOK_SECONDS)


def moment(text: str | None, field: str) -> datetime | None:
    """The moment in an event's id, which was sent as ``field``.

    :raises Invalid: when it is none of ours.
    """
    number = number_of(text, field, _LATEST)
    return None if number is None else _EPOCH + timedelta(microseconds=number)


def _number(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _now(services: Services) -> datetime:
    with services.database.read() as session:
        return now(session)


def _changes(services: Services, since: datetime) -> list[tuple[str, _State]]:
    query = select(Run.id, Run.updated_at, Run.status, Run.progress, Run.deleted_at)
    query = query.where(Run.updated_at > since).order_by(Run.updated_at, Run.id).limit(_AT_ONCE)
    with services.database.read() as session:
        rows = session.execute(query).all()
    return [(row.id, (row.updated_at, row.status, row.progress, row.deleted_at is not None)) for row in rows]
