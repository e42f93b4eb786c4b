"""One reader for all who watch the same: it looks once for each change, and what it read is encoded once.

A viewer who has fallen behind what the feed still holds, or joins late, reads what is missing on his own.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager, suppress

from anpyc_queue.retrying import database_is_away

log = logging.getLogger(__name__)

MOST_KEPT = 1_000
"""Messages that a feed holds for viewers who are a little behind."""


class Feed:
    """Numbered messages, the newest of them at hand, and a turn whenever there are more."""

    def __init__(self, newest: int) -> None:
        self.since = self.newest = newest
        """All messages with a number past ``since`` are at hand."""
        self.ended = False
        self.broken = False
        """Its reader could not go on; viewers are to ask anew."""
        self._kept: deque[tuple[int, bytes]] = deque()
        self._joined: dict[int, bytes] = {}
        self._turn = asyncio.Event()

    def add(self, messages: Sequence[tuple[int, bytes]]) -> None:
        """Hand on messages, numbered in order."""
        if not messages:
            return
        self._kept.extend(messages)
        self.newest = messages[-1][0]
        while len(self._kept) > MOST_KEPT:
            self.since, _ = self._kept.popleft()
        self.wake()

    def end(self, *, broken: bool = False) -> None:
        """There will be no more."""
        self.ended, self.broken = True, broken
        self.wake()

    def wake(self) -> None:
        """Let everybody look."""
        self._joined.clear()
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    def past(self, number: int) -> bytes:
        """All that came after message ``number`` in one piece, the same for all who are equally far."""
        if number not in self._joined:
            self._joined[number] = b"".join(message for at, message in self._kept if at > number)
        return self._joined[number]

    def turn(self) -> asyncio.Event:
        """Take this before looking, then wait for it: nothing falls between."""
        return self._turn


Reader = Callable[[Feed], Awaitable[None]]


class Feeds:
    """The feeds that somebody watches."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Watched] = {}

    @asynccontextmanager
    async def joined(
        self, key: Hashable, start: Callable[[], Awaitable[int]], read: Reader
    ) -> AsyncIterator[Feed]:
        """The feed under ``key``. The first viewer starts its reader, the last one stops it.

        :param start: the number that it begins after.
        :param read: adds messages until there are no more.
        """
        watched = self._open.get(key)
        if watched is None or (watched.feed is not None and watched.feed.ended):
            watched = self._open[key] = _Watched()
        watched.viewers += 1
        try:
            async with watched.starting:
                if watched.feed is None:
                    watched.feed = Feed(await start())
                    watched.reader = asyncio.create_task(_read(watched.feed, read))
            yield watched.feed
        finally:
            watched.viewers -= 1
            if not watched.viewers:
                if self._open.get(key) is watched:
                    del self._open[key]
                if watched.reader is not None:
                    watched.reader.cancel()
                    with suppress(asyncio.CancelledError):
                        await watched.reader


class _Watched:
    """A feed, who reads for it, and how many watch."""

    def __init__(self) -> None:
        self.feed: Feed | None = None
        self.reader: asyncio.Task[None] | None = None
        self.viewers = 0
        self.starting = asyncio.Lock()


async def _read(feed: Feed, read: Reader) -> None:
    try:
        await read(feed)
    except Exception as error:  # the edge of this task: its viewers are told to ask anew
        if database_is_away(error):
            log.warning("A stream of events has to begin anew: %s", error)
        else:
            log.exception("A stream of events met a bug")
        feed.end(broken=True)
    else:
        if not feed.ended:
            feed.end()
