"""Hints that a run has news, so that a stream need not wait for its next look. Losing one only delays.

Within a process a hint always arrives. Between processes it comes over Redis where that is the broker, and
else from the database itself, which is asked whether anything was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select

from anpyc_queue.engine import Database, now
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.tables import Run

_PREFIX = "anpyc:news:"
_RETRY_SECONDS = 2.0
SQLITE_SECONDS, POSTGRESQL_SECONDS = 0.025, 0.1
"""Between two looks at whether anything was committed: 20 µs of SQLite, a round trip to PostgreSQL."""
_NOBODY_LISTENS_SECONDS = 60.0
_OVERLAP = timedelta(seconds=2)
ANY = "*"
"""Subscribe to this to hear of every run."""


class Subscription:
    """Remembers a hint from the moment it was taken out, so subscribe first, then look, then wait."""

    def __init__(self) -> None:
        self._notified = threading.Event()
        self._waiting: set[Callable[[], None]] = set()

    def notify(self) -> None:
        """There is news."""
        self._notified.set()
        for wake in list(self._waiting):
            wake()

    def wait(self, timeout: float) -> bool:
        """Block until there is news or the time is over; tells which."""
        heard = self._notified.wait(timeout)
        self._notified.clear()
        return heard

    async def wait_async(self, timeout: float) -> bool:
        """Like :meth:`wait`, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(woken.set)

        self._waiting.add(wake)
        try:
            if not self._notified.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), timeout)
            heard = self._notified.is_set()
            self._notified.clear()
            return heard
        finally:
            self._waiting.discard(wake)


class WakeUp:
    """Hints within one process; :func:`open_wakeup` gives the one that reaches further."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    def notify(self, run_id: str) -> None:
        """The run has news. Never fails, never blocks for long."""
        self._notify_here(run_id)

    @contextmanager
    def subscribe(self, run_id: str) -> Iterator[Subscription]:
        """Hear of the run from here on."""
        subscription = Subscription()
        with self._lock:
            self._subscriptions[run_id].add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions[run_id].discard(subscription)
                if not self._subscriptions[run_id]:
                    del self._subscriptions[run_id]

    def wait(self, run_id: str, timeout: float) -> bool:
        """Block until the run has news or the time is over; news from before the call is not heard."""
        with self.subscribe(run_id) as subscription:
            return subscription.wait(timeout)

    def close(self) -> None:
        """Stop listening to other processes."""

    def _notify_here(self, run_id: str) -> None:
        with self._lock:
            subscriptions = [*self._subscriptions.get(run_id, ()), *self._subscriptions.get(ANY, ())]
        for subscription in subscriptions:
            subscription.notify()


class _PubSub(Protocol):
    def get_message(self, *, ignore_subscribe_messages: bool, timeout: float) -> dict[str, object] | None: ...


class RedisWakeUp(WakeUp):
    """Over Redis publish/subscribe, with one listening thread, which the first subscription starts."""

    def __init__(self, url: str) -> None:
        super().__init__()
        once = Retry(NoBackoff(), 0)  # a hint that arrives late is worth less than the time of a submit
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=0.3, retry=once)
        self._silent_until = 0.0
        self._closed = threading.Event()
        self._listener: threading.Thread | None = None
        self._connected = threading.Event()

    def notify(self, run_id: str) -> None:
        self._notify_here(run_id)
        if time.monotonic() < self._silent_until:
            return
        try:
            self._redis.publish(_PREFIX + run_id, "")
        except (redis.RedisError, OSError):
            self._silent_until = time.monotonic() + _RETRY_SECONDS

    @contextmanager
    def subscribe(self, run_id: str) -> Iterator[Subscription]:
        self._start()
        with super().subscribe(run_id) as subscription:
            yield subscription

    def close(self) -> None:
        self._closed.set()
        if self._listener is not None:
            self._listener.join(timeout=5)
        self._redis.close()

    def _start(self) -> None:
        with self._lock:
            if self._listener is None and not self._closed.is_set():
                self._listener = threading.Thread(target=self._listen, name="wake-up", daemon=True)
                self._listener.start()
        self._connected.wait(timeout=0.5)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                with self._redis.pubsub() as channel:  # type: ignore[no-untyped-call]
                    channel.psubscribe(_PREFIX + "*")
                    self._connected.set()
                    self._pass_on(channel)
            except (redis.RedisError, OSError):
                self._closed.wait(_RETRY_SECONDS)

    def _pass_on(self, channel: _PubSub) -> None:
        while not self._closed.is_set():
            message = channel.get_message(ignore_subscribe_messages=True, timeout=0.5)
            if message is not None and isinstance(message["channel"], bytes):
                self._notify_here(message["channel"].decode().removeprefix(_PREFIX))


class WatchingWakeUp(WakeUp):
    """Hears of other processes' commits from the database: one thread asks for all who listen, and only while
    somebody does. Whoever writes needs to know nothing of it, and a writer that is killed loses no hint."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._pause = SQLITE_SECONDS if database.is_sqlite else POSTGRESQL_SECONDS
        self._state: object = None
        self._seen: dict[str, datetime] = {}
        self._watcher = PeriodicThread("wake-up", self._look, self._until_next)
        self._started = False

    @contextmanager
    def subscribe(self, run_id: str) -> Iterator[Subscription]:
        with super().subscribe(run_id) as subscription:
            with self._lock:
                begin, self._started = not self._started, True
            if begin:
                self._watcher.start()
            self._watcher.notify()
            yield subscription

    def close(self) -> None:
        self._watcher.stop(timeout=5)

    def _until_next(self) -> float:
        return self._pause if self._subscriptions else _NOBODY_LISTENS_SECONDS

    def _look(self) -> None:
        state = self._database.state() if self._subscriptions else None
        if state is None or state == self._state:
            return
        self._state = state
        for run_id in self._changed():
            self._notify_here(run_id)

    def _changed(self) -> list[str]:
        """The runs that have changed since the last look, and a while before: commits may come late."""
        with self._database.read() as session:
            since = max(self._seen.values(), default=now(session)) - _OVERLAP
            query = select(Run.id, Run.updated_at).where(Run.updated_at > since)
            changes = {row.id: row.updated_at for row in session.execute(query)}
        changed = [run_id for run_id, at in changes.items() if self._seen.get(run_id) != at]
        self._seen = changes
        return changed


def open_wakeup(broker_url: str | None, database: Database | None = None) -> WakeUp:
    """The hints that go with the broker: over Redis when it is one, else within the process and, where there
    is a ``database`` to watch, from it."""
    if broker_url is not None and broker_url.startswith(("redis://", "rediss://")):
        return RedisWakeUp(broker_url)
    return WakeUp() if database is None else WatchingWakeUp(database)
