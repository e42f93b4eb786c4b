"""Viewers of one run: clients of its event stream that come back by themselves when it breaks, as pages do.

Half of them wait as the page does (``frontend/src/live/stream.ts``) and name where they go on in the address;
the others are as a bare ``EventSource``: they wait for three seconds and send ``Last-Event-ID``.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import httpx

from processes import wait_for

FIRST_WAIT, LONGEST_WAIT = 1.0, 10.0
"""The page's, doubling."""
EVENT_SOURCE_WAIT = 3.0


class Viewer:
    """One of them, and what it has received."""

    def __init__(self, url: str, *, is_page: bool) -> None:
        self._url = url
        self._is_page = is_page
        self._failures = 0
        self.numbers: list[int] = []
        """Of the events, in the order in which they came, repetitions too."""
        self.opened: list[float] = []
        """The moments at which a stream was answered."""
        self.refused: list[int] = []
        """Statuses other than 200."""
        self.ended = False
        """Whether it was told that the run has ended."""

    async def follow(self, client: httpx.AsyncClient) -> None:
        """Until the run has ended."""
        while True:
            with suppress(httpx.TransportError):
                await self._read(client)
            if self.ended:
                return
            self._failures += 1
            await asyncio.sleep(self._wait())

    async def _read(self, client: httpx.AsyncClient) -> None:
        async with client.stream("GET", self._url, **self._place()) as answer:
            if answer.status_code != 200:
                self.refused.append(answer.status_code)
                return
            self._failures = 0
            self.opened.append(time.monotonic())
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self.numbers.append(int(value))
                elif (name, value) == ("event", "end"):
                    self.ended = True
                    return

    def _place(self) -> dict[str, dict[str, str]]:
        """What the request says of where to go on."""
        if not self.numbers:
            return {}
        newest = str(self.numbers[-1])
        return {"params": {"after": newest}} if self._is_page else {"headers": {"Last-Event-ID": newest}}

    def _wait(self) -> float:
        if not self._is_page:
            return EVENT_SOURCE_WAIT
        return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self._failures - 1))


@contextmanager
def watching(url: str, number: int) -> Iterator[Sequence[Viewer]]:
    """So many viewers of the stream at ``url``, from its first event on; all have it when this begins."""
    crowd = [Viewer(url, is_page=place % 2 == 0) for place in range(number)]
    leaving = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_follow(crowd, leaving)), name="viewers")
    thread.start()
    try:
        wait_for(lambda: all(viewer.opened for viewer in crowd), 30, "every viewer's stream")
        yield crowd
    finally:
        leaving.set()
        thread.join()


async def _follow(crowd: Sequence[Viewer], leaving: threading.Event) -> None:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(10, read=45)) as client:
        tasks = [asyncio.create_task(viewer.follow(client)) for viewer in crowd]
        while not leaving.is_set() and not all(task.done() for task in tasks):
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
