"""One reader for all viewers, whenever they come and however slow they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from anpyc_server import feeds
from anpyc_server.feeds import Feed, Feeds


def _messages(first: int, last: int) -> list[tuple[int, bytes]]:
    return [(number, b"%d," % number) for number in range(first, last + 1)]


async def _zero() -> int:
    return 0


def test_all_who_are_equally_far_get_the_same_piece() -> None:
    feed = Feed(2)
    feed.add(_messages(3, 5))
    assert feed.past(2) == b"3,4,5,"
    assert feed.past(2) is feed.past(2)
    assert feed.past(4) == b"5,"
    feed.add(_messages(6, 6))
    assert feed.past(4) == b"5,6,"
    assert (feed.since, feed.newest) == (2, 6)


def test_only_so_much_is_held_for_slow_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_KEPT", 3)
    feed = Feed(0)
    feed.add(_messages(1, 5))
    assert (feed.since, feed.newest) == (2, 5)
    assert feed.past(2) == b"3,4,5,"


def test_a_turn_taken_before_looking_misses_nothing() -> None:
    async def watch() -> None:
        feed = Feed(0)
        turn = feed.turn()
        feed.add(_messages(1, 1))
        await asyncio.wait_for(turn.wait(), 1)
        assert not feed.turn().is_set()

    asyncio.run(watch())


def _with_viewers(
    read: Callable[[Feed], Awaitable[None]], watch: Callable[[Feeds], Awaitable[None]]
) -> list[Feed]:
    """The feeds that were read for."""
    read_for: list[Feed] = []

    async def noting(feed: Feed) -> None:
        read_for.append(feed)
        await read(feed)

    async def run() -> None:
        open_feeds = Feeds()
        open_feeds_read[id(open_feeds)] = noting
        await watch(open_feeds)

    open_feeds_read.clear()
    asyncio.run(run())
    return read_for


open_feeds_read: dict[int, Callable[[Feed], Awaitable[None]]] = {}


def _reader(open_feeds: Feeds) -> Callable[[Feed], Awaitable[None]]:
    return open_feeds_read[id(open_feeds)]


def test_the_first_viewer_starts_the_reader_and_the_last_one_stops_it() -> None:
    cancelled = []

    async def read(feed: Feed) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(feed)
            raise

    async def watch(open_feeds: Feeds) -> None:
        async with open_feeds.joined("r", _zero, _reader(open_feeds)) as first:
            async with open_feeds.joined("r", _zero, _reader(open_feeds)) as second:
                assert second is first
            await asyncio.sleep(0)
            assert cancelled == []
        assert cancelled == [first]
        async with open_feeds.joined("r", _zero, _reader(open_feeds)) as third:
            await asyncio.sleep(0)
            assert third is not first

    assert len(_with_viewers(read, watch)) == 2


def test_whoever_comes_after_the_end_has_a_reader_of_his_own() -> None:
    async def read(feed: Feed) -> None:
        feed.add(_messages(1, 1))

    async def watch(open_feeds: Feeds) -> None:
        async with open_feeds.joined("r", _zero, _reader(open_feeds)) as first:
            await asyncio.sleep(0.01)
            assert (first.ended, first.broken) == (True, False)
            async with open_feeds.joined("r", _zero, _reader(open_feeds)) as second:
                await asyncio.sleep(0.01)
                assert second is not first

    assert len(_with_viewers(read, watch)) == 2


def test_a_reader_that_cannot_go_on_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def read(feed: Feed) -> None:
        raise ValueError("of our own")

    async def watch(open_feeds: Feeds) -> None:
        async with open_feeds.joined("r", _zero, _reader(open_feeds)) as feed:
            await asyncio.sleep(0.01)
            assert (feed.ended, feed.broken) == (True, True)

    _with_viewers(read, watch)
    assert "of our own" in caplog.text
