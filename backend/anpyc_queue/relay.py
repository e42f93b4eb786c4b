"""From the outbox to the broker, on a thread of its own: a submit never waits for the broker."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import delete, select

from anpyc_queue.broker import Ring
from anpyc_queue.engine import Database
from anpyc_queue.tables import Outbox

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How long a run may lie in the outbox when nobody pokes the relay."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""After a failure, doubling."""
_AT_ONCE = 100


class Relay:
    """Rings the broker once for every row of the outbox, and again until it has been heard.

    A row goes only after the ring, so a crash in between rings twice, never not at all.
    """

    def __init__(self, database: Database, ring: Ring) -> None:
        self._database = database
        self._ring = ring
        self._poked = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="relay", daemon=True)
        self.trouble: str | None = None
        """Why the last attempt failed; None when the broker answers."""

    def start(self) -> None:
        self._thread.start()

    def poke(self) -> None:
        """Something was submitted: look now."""
        self._poked.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop after the ring that is under way. What is left lies in the outbox for the next start."""
        self._stopped.set()
        self._poked.set()
        self._thread.join(timeout)

    def _work(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                full = self.pass_on() == _AT_ONCE
            except Exception as error:
                self._report(error)
                self._stopped.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self.trouble is not None:
                log.info("The broker answers again.")
            self.trouble, pause = None, FIRST_PAUSE
            if not full:
                self._poked.wait(LOOK_SECONDS)
                self._poked.clear()

    def pass_on(self) -> int:
        """Ring for the oldest rows of the outbox. Answers for how many."""
        with self._database.read() as session:
            rows = session.scalars(select(Outbox).order_by(Outbox.id).limit(_AT_ONCE)).all()
        rung: list[int] = []
        try:
            for row in rows:
                if self._stopped.is_set():
                    break
                self._ring(row.run_id, row.queue)
                rung.append(row.id)
        finally:
            if rung:
                with self._database.write() as session:
                    session.execute(delete(Outbox).where(Outbox.id.in_(rung)))
        return len(rung)

    def _report(self, error: Exception) -> None:
        if self.trouble is None:
            log.warning("The broker cannot be rung (%s). Runs wait in the database; trying again.", error)
        self.trouble = str(error) or type(error).__name__
