"""Answers that are made from the database alone are kept until something is committed.

Whoever asks the same meanwhile, such as all viewers of one run after one change, gets what the first one got,
compressed as it was. Whether something was committed is asked for each request anew, so that nobody is told
what was true before.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Self
from weakref import WeakValueDictionary

from cachetools import LRUCache
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpyc_queue.engine import Database
from anpyc_queue.retrying import database_is_away
from anpyc_queue.unusable import unusable

KEPT_BYTES = 64_000_000
LARGEST = 4_000_000
CLOCK_SECONDS = 1.0
"""How long an answer stands that tells the time: what a run has taken so far, who is online."""
_BESIDE_THE_BODY = 2_500
"""Bytes of a key, headers and objects: 2,482 of each of 1,000 empty lists, measured."""
_PATHS_APART = 2_000
_MARK = "anpyc.kept"


@dataclass
class _Mark:
    """What an endpoint says of its answer."""

    wanted: bool = False
    seconds: float = math.inf


@dataclass(frozen=True)
class State:
    """The database's state as one look found it."""

    look: int
    """Counts the looks."""
    value: object
    """None where the database was away."""


@dataclass
class _Answer:
    """A response as it went out."""

    state: State
    """As it was before the answer was made."""
    until: float
    headers: list[tuple[bytes, bytes]]
    body: bytearray = field(default_factory=bytearray)

    def stands(self, now: State) -> bool:
        """Whether it is as good as one made after ``now``: of a later look, or nothing has changed."""
        fresh = self.state.look >= now.look or self.state.value == now.value
        return fresh and self.until > time.monotonic()

    def size(self) -> int:
        """Bytes, with what an entry takes beside its body."""
        return len(self.body) + _BESIDE_THE_BODY

    async def send(self, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": 200, "headers": list(self.headers)}
        await send(start)
        await send({"type": "http.response.body", "body": bytes(self.body)})


async def from_the_database(request: Request) -> None:
    """Dependency of an endpoint whose answer is made from the address and the database and nothing else."""
    if mark := request.scope.get(_MARK):
        mark.wanted = True


def tells_the_time(request: Request) -> None:
    """Said by such an endpoint of an answer in which a clock shows."""
    if mark := request.scope.get(_MARK):
        mark.seconds = CLOCK_SECONDS


class DatabaseState:
    """The database's state, asked for once for all who wait for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looks = 0
        self._asking: asyncio.Task[State] | None = None
        self._next: asyncio.Task[State] | None = None

    async def now(self) -> State:
        """As it is after this call."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._asking))
        return await asyncio.shield(self._next)

    async def _after(self, earlier: asyncio.Task[State] | None) -> State:
        if earlier is not None:
            await asyncio.wait([earlier])
        self._asking, self._next = self._next, None
        self._looks += 1
        look = self._looks
        try:
            return State(look, await asyncio.to_thread(self._database.state))
        except Exception as error:
            if unusable(error) is None and not database_is_away(error):
                raise
            return State(look, None)


class _Turn:
    """To make an answer is one request's turn, which may end before the request does."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._held = False

    async def __aenter__(self) -> Self:
        await self._lock.acquire()
        self._held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the next one look."""
        if self._held:
            self._held = False
            self._lock.release()


class KeptAnswers:
    """ASGI middleware around what compresses."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._state = DatabaseState(database)
        self._kept: LRUCache[Hashable, _Answer] = LRUCache(KEPT_BYTES, getsizeof=_Answer.size)
        self._of: State | None = None
        """The newest state that was asked for; no answer of an earlier one will stand again."""
        self._making: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()
        """An answer is made for one at a time; whoever waits for it holds the lock too."""
        self._apart: LRUCache[str, bool] = LRUCache(_PATHS_APART)
        """Paths that were answered by an endpoint that says nothing of this."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or self._is_apart(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        compressed = "gzip" in headers.get("accept-encoding", "")
        key = (scope["path"], scope["query_string"], headers.get("accept"), compressed)
        state = await self._state.now()
        self._drop_what_is_past(state)
        async with _Turn(self._making.setdefault(key, asyncio.Lock())) as turn:
            answer = self._kept.get(key)
            if answer is None or not answer.stands(state):
                await self._make(key, state, turn, scope, receive, send)
                return
        await answer.send(send)

    def _drop_what_is_past(self, state: State) -> None:
        if self._of is None or state.look > self._of.look:
            if self._of is not None and state.value != self._of.value:
                self._kept.clear()
            self._of = state

    def _is_apart(self, path: str) -> bool:
        return not path.startswith("/api/") or path in self._apart

    async def _make(
        self,
        key: Hashable,
        state: State,
        turn: _Turn,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        mark = scope[_MARK] = _Mark()
        answer: _Answer | None = None

        async def send_and_keep(message: Message) -> None:
            nonlocal answer
            if message["type"] == "http.response.start" and message["status"] == 200:
                if mark.wanted:
                    until = time.monotonic() + mark.seconds
                    answer = _Answer(state, until, list(message["headers"]))
                else:
                    self._apart[scope["path"]] = True
                    turn.end()
            elif message["type"] == "http.response.body" and answer is not None:
                answer.body += message.get("body", b"")
                if len(answer.body) > LARGEST:
                    answer = None
                elif not message.get("more_body", False) and state.value is not None:
                    if self._of is not None and state.value == self._of.value:
                        self._kept[key] = answer
                    turn.end()
            await send(message)

        await self._app(scope, receive, send_and_keep)
