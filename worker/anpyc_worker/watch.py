"""Looks now and then at what a training process takes, on a thread of the worker: training pays nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import RUN
from anpyc_queue.jobs.life import Claim
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.system import SystemLog
from anpyc_worker.usage import LooksAtCard, ProcessMeter

log = logging.getLogger(__name__)

SECONDS = 5.0
"""Between two measurements, once a process has run for ten seconds; before that they are closer."""
FIRST_SECONDS = 1.0
RUNS_AT_EASE = 8
"""So many in one process are written down that often; of more it is done more seldom."""


class Watch:
    """Of one process, from its start to its end."""

    def __init__(
        self, database: Database, pid: int, claims: Sequence[Claim], card: LooksAtCard | None = None
    ) -> None:
        self._database = database
        self._meter = ProcessMeter(pid, card)
        self._logs = [SystemLog(claim, len(claims)) for claim in claims]
        self._longest = SECONDS * max(1.0, len(claims) / RUNS_AT_EASE)
        self._seconds = 0.0
        """That the process was measured for."""
        self._thread = PeriodicThread("watch", self.look, self._pause)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._thread.stop()

    def look(self) -> None:
        """Measure once and write it down, for every run of the process that is still held."""
        usage = self._meter.measure()
        if usage is None:
            return
        self._seconds += usage.seconds
        for system_log in list(self._logs):
            try:
                system_log.record(self._database, usage)
            except Stale:
                self._logs.remove(system_log)  # it has ended, others of the process may not have

    def _pause(self) -> float:
        return min(self._longest, max(FIRST_SECONDS, self._seconds / 2))


@contextmanager
def watched(
    database: Database, pid: int, claims: Sequence[Claim], card: LooksAtCard | None
) -> Iterator[None]:
    """While this lasts, what the process takes is measured, where its jobs are runs."""
    try:
        watch = Watch(database, pid, claims, card) if claims[0].kind is RUN else None
    except psutil.Error:
        watch = None  # it has ended already
    if watch is not None:
        watch.start()
    try:
        yield
    finally:
        if watch is not None:
            watch.stop()
