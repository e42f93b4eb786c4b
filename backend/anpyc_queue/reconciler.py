"""Finds runs and what-ifs whose worker is gone, and puts them back into the queue.

A holder renews its lease every few seconds. Whether it has stopped doing so is judged by watching: a lease
that has not changed for ``lease_seconds`` of this process's steady clock is lost. No wall clock is compared
with another or with itself, so moving one takes no run away; time in which the database could not be asked
does not count. Every process that runs a reconciler watches; only the one that holds the role acts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from anpyc_queue import jobs, locks, whatif
from anpyc_queue.engine import Database
from anpyc_queue.tables import RUNNING, Run, WhatIf

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
LOOK_SECONDS = 2.0
ROLE = "reconciler"
ROLE_SECONDS = 8.0


@dataclass
class _Seen:
    """A lease as it stood at the last look, and for how long it has stood like that."""

    token: int
    lease_until: datetime | None
    unchanged: float = 0.0


class Reconciler:
    """A thread that looks after what is held by somebody."""

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        lease_seconds: float = LEASE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        on_requeue: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._name = name
        self._lease_seconds = lease_seconds
        self._look_seconds = look_seconds
        self._on_requeue = on_requeue
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._what_ifs: set[str] = set()
        """Which of what was seen at the last look are what-ifs; the others are runs."""
        self._last_look: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reconciler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)
        try:
            with self._database.write() as session:
                locks.let_go(session, ROLE, self._name)
        except Exception as error:
            log.debug("The reconciler's role runs out by itself: %s", error)

    def _work(self) -> None:
        while not self._stopped.wait(self._look_seconds):
            try:
                self.look()
            except Exception as error:
                log.warning("Looking for lost runs failed, trying again: %s", error)

    def look(self) -> list[str]:
        """Watch everything that is held once, and requeue what is lost. Answers which those were."""
        lost = self._watch()
        if not lost:
            return []
        with self._database.write() as session:
            if not locks.hold(session, ROLE, self._name, ROLE_SECONDS):
                return []
        return [lost_id for lost_id, token in lost if self._requeue(lost_id, token)]

    def _watch(self) -> list[tuple[str, int]]:
        queries = [
            select(table.id, table.token, table.lease_until).where(table.status == RUNNING)
            for table in (Run, WhatIf)
        ]
        with self._database.read() as session:
            runs, what_ifs = (session.execute(query).all() for query in queries)
        self._what_ifs = {what_if_id for what_if_id, _, _ in what_ifs}
        passed = self._time_passed()
        seen: dict[str, _Seen] = {}
        for held_id, token, lease_until in [*runs, *what_ifs]:
            before = self._seen.get(held_id)
            if before is not None and (before.token, before.lease_until) == (token, lease_until):
                before.unchanged += passed
                seen[held_id] = before
            else:
                seen[held_id] = _Seen(token, lease_until)
        self._seen = seen
        return [(held_id, of.token) for held_id, of in seen.items() if of.unchanged >= self._lease_seconds]

    def _time_passed(self) -> float:
        """Since the last look that succeeded; of a longer gap, in which nobody could renew, only a part."""
        moment = self._clock()
        passed = 0.0 if self._last_look is None else moment - self._last_look
        self._last_look = moment
        return min(passed, 2 * self._look_seconds)

    def _requeue(self, lost_id: str, token: int) -> bool:
        reason = f"The worker was lost: it has not reported for {self._lease_seconds:.0f} seconds."
        try:
            with self._database.write() as session:
                if lost_id in self._what_ifs:
                    job = whatif.requeue(session, lost_id, token, "worker_lost", reason)
                    kind, status, run_id = "What-if", job.status, job.run_id
                else:
                    run = jobs.requeue(session, lost_id, token, "worker_lost", reason)
                    kind, status, run_id = "Run", run.status, run.id
        except (jobs.Stale, jobs.NotFound):
            return False
        log.warning("%s %s: %s It is %s now.", kind, lost_id, reason, status)
        self._on_requeue(run_id)
        return True
