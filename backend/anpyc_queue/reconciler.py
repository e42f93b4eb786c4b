"""Finds jobs whose worker is gone, and puts them back into the queue.

A holder renews its lease every few seconds. Whether it has stopped doing so is judged by watching: a lease
that has not changed for ``lease_seconds`` of this process's steady clock is lost. No wall clock is compared
with another or with itself, so moving one takes no run away; time in which the database could not be asked
or written does not count. Every process that runs a reconciler watches; only the one that holds the role
acts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from anpyc_queue import locks
from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import life
from anpyc_queue.jobs.life import Kind
from anpyc_queue.kinds import KINDS
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.retrying import OUTAGES
from anpyc_queue.tables import RUNNING, WORKER_LOST

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
LOOK_SECONDS = 2.0
ROLE = "reconciler"
ROLE_SECONDS = 8.0


@dataclass
class _Seen:
    """A lease as it stood at the last look, and for how long it has stood like that."""

    kind: Kind[Any]
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
        on_bug: Callable[[Exception], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._name = name
        self._lease_seconds = lease_seconds
        self._look_seconds = look_seconds
        self._on_requeue = on_requeue
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._last_look: float | None = None
        self._refused = False
        """Nothing could be written at the last try."""
        self._thread = PeriodicThread("reconciler", self.look, look_seconds, on_bug=on_bug)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, and leave the role to the next."""
        self._thread.stop(timeout=5)
        locks.leave(self._database, ROLE, self._name)

    def look(self) -> list[str]:
        """Watch everything that is held once, and requeue what is lost. Answers which those were."""
        lost = self._watch()
        if not lost and not self._refused:
            return []
        if not self._holds_role():
            return []
        return [job_id for job_id, lease in lost if self._requeue(job_id, lease)]

    def _holds_role(self) -> bool:
        """Whether it is this one that acts. Where that cannot be written, such as on a full disk, nobody can
        renew a lease either: all of them count anew from when it can."""
        try:
            with self._database.write() as session:
                holds = locks.hold(session, ROLE, self._name, ROLE_SECONDS)
        except OUTAGES:
            self._refused, self._seen = True, {}
            raise
        self._refused = False
        return holds

    def _watch(self) -> list[tuple[str, _Seen]]:
        leases: dict[str, _Seen] = {}
        with self._database.read() as session:
            for kind in KINDS.values():
                table = kind.table
                query = select(table.id, table.token, table.lease_until).where(table.status == RUNNING)
                for job_id, token, lease_until in session.execute(query):
                    leases[job_id] = _Seen(kind, token, lease_until)
        passed = self._time_passed()
        for job_id, lease in leases.items():
            before = self._seen.get(job_id)
            if before is not None and (before.token, before.lease_until) == (lease.token, lease.lease_until):
                lease.unchanged = before.unchanged + passed
        self._seen = leases
        return [(job_id, lease) for job_id, lease in leases.items() if lease.unchanged >= self._lease_seconds]

    def _time_passed(self) -> float:
        """Since the last look that succeeded; of a longer gap, in which nobody could renew, only a part."""
        moment = self._clock()
        passed = 0.0 if self._last_look is None else moment - self._last_look
        self._last_look = moment
        return min(passed, 2 * self._look_seconds)

    def _requeue(self, job_id: str, lease: _Seen) -> bool:
        reason = f"The worker was lost: it has not reported for {self._lease_seconds:.0f} seconds."
        try:
            with self._database.write() as session:
                job = life.requeue(session, lease.kind, job_id, lease.token, WORKER_LOST, reason)
                status, run_id = job.status, job.run_id
        except Stale:
            return False
        log.warning("%s %s: %s It is %s now.", lease.kind.title, job_id, reason, status)
        self._on_requeue(run_id)
        return True
