"""The lease on a claim, renewed on a thread, and whether whoever works under it is to stop."""

from __future__ import annotations

import time

from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import life
from anpyc_queue.jobs.life import Claim
from anpyc_queue.periodic import PeriodicThread

LOOK_SECONDS = 0.7
"""How often it is looked up whether the job is to be cancelled."""
LOOKERS = 16
"""So many in one process look that often; more of them take up to twice as long."""


class Lease:
    """Held from :meth:`start` to :meth:`stop`."""

    def __init__(self, database: Database, claim: Claim, seconds: float, beside: int = 0) -> None:
        """:param beside: further ones in the same process."""
        self._database = database
        self._claim = claim
        self._seconds = seconds
        self._renewed = -seconds
        look_seconds = LOOK_SECONDS * min(2, max(1, (1 + beside) / LOOKERS))
        self._thread = PeriodicThread("lease", self._look, look_seconds, on_bug=self._give_up)
        self.cancel_requested = False
        self.stale = False
        """Somebody else owns the job by now."""
        self.leaving = False
        """Told to give the job back."""
        self.ending = False
        """The job's end is about to be recorded, and then nobody holds it any more."""
        self.trouble: Exception | None = None
        """Why it is renewed no more, though it should be."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Renew it no more."""
        self._thread.stop()

    def should_stop(self) -> bool:
        """Whether the work is to end before its time. Cheap."""
        return self.cancel_requested or self.stale or self.leaving or self.trouble is not None

    def _look(self) -> None:
        moment = time.monotonic()
        try:
            if moment - self._renewed >= self._seconds / 4:
                with self._database.write() as session:
                    life.renew(session, self._claim, self._seconds)
                self._renewed = moment
            with self._database.read() as session:
                order = life.order(session, self._claim)
        except Stale:
            order = "stale"
        if order == "cancel":
            self.cancel_requested = True
        elif order is not None:
            self.stale = not self.ending
            self._thread.stop()

    def _give_up(self, error: Exception) -> None:
        self.trouble = error
