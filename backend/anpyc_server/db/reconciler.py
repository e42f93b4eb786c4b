"""Finds runs whose worker is gone, and puts them back into the queue.

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

from anpyc_server.db import lifecycle, locks
from anpyc_server.db.engine import Database
from anpyc_server.db.models import RUNNING, Run

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
    """A thread that looks after runs that are held by somebody."""

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
        """Watch every running run once, and requeue the lost ones. Answers which those were."""
        lost = self._watch()
        if not lost:
            return []
        with self._database.write() as session:
            if not locks.hold(session, ROLE, self._name, ROLE_SECONDS):
                return []
        return [run_id for run_id, token in lost if self._requeue(run_id, token)]

    def _watch(self) -> list[tuple[str, int]]:
        query = select(Run.id, Run.token, Run.lease_until).where(Run.status == RUNNING)
        with self._database.read() as session:
            held = session.execute(query).all()
        passed = self._time_passed()
        seen: dict[str, _Seen] = {}
        for run_id, token, lease_until in held:
            before = self._seen.get(run_id)
            if before is not None and (before.token, before.lease_until) == (token, lease_until):
                before.unchanged += passed
                seen[run_id] = before
            else:
                seen[run_id] = _Seen(token, lease_until)
        self._seen = seen
        return [(run_id, of.token) for run_id, of in seen.items() if of.unchanged >= self._lease_seconds]

    def _time_passed(self) -> float:
        """Since the last look that succeeded; of a longer gap, in which nobody could renew, only a part."""
        moment = self._clock()
        passed = 0.0 if self._last_look is None else moment - self._last_look
        self._last_look = moment
        return min(passed, 2 * self._look_seconds)

    def _requeue(self, run_id: str, token: int) -> bool:
        reason = f"The worker was lost: it has not reported for {self._lease_seconds:.0f} seconds."
        try:
            with self._database.write() as session:
                run = lifecycle.requeue(session, run_id, token, "worker_lost", reason)
        except (lifecycle.Stale, lifecycle.NotFound):
            return False
        log.warning("Run %s: %s It is %s now.", run_id, reason, run.status)
        self._on_requeue(run_id)
        return True
