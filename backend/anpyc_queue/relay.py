"""From the outbox to the broker, on a thread of its own: a submit never waits for the broker."""

from __future__ import annotations

from sqlalchemy import delete, select

from anpyc_queue.broker import Notify, broker_is_away
from anpyc_queue.engine import Database
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.retrying import database_is_away
from anpyc_queue.tables import Outbox

LOOK_SECONDS = 0.5
"""How long a run may lie in the outbox when nobody notifies the relay."""
_AT_ONCE = 100


class Relay:
    """Tells the broker of every row of the outbox, and again until it has been heard.

    A row goes only after the message, so a crash in between sends it twice, never not at all.
    """

    def __init__(self, database: Database, notify: Notify) -> None:
        self._database = database
        self._send = notify
        self._sent: set[int] = set()
        """Rows whose message went but which could not be deleted, such as on a full disk."""
        self._thread = PeriodicThread(
            "relay",
            lambda: self.pass_on() == _AT_ONCE,
            LOOK_SECONDS,
            passes=lambda error: broker_is_away(error) or database_is_away(error),
        )

    @property
    def trouble(self) -> str | None:
        """Why the last attempt failed; None when the broker answers."""
        return self._thread.trouble

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """Something was submitted: look now."""
        self._thread.notify()

    def stop(self, timeout: float = 5.0) -> None:
        """Stop after the message that is under way. What is left lies in the outbox for the next start."""
        self._thread.stop(timeout)

    def pass_on(self) -> int:
        """Send the oldest rows of the outbox. Answers how many."""
        with self._database.read() as session:
            rows = session.scalars(select(Outbox).order_by(Outbox.id).limit(_AT_ONCE)).all()
        sent: list[int] = []
        try:
            for row in rows:
                if self._thread.stopping:
                    break
                if row.id not in self._sent:
                    self._send(row.run_id, row.queue)
                sent.append(row.id)
        finally:
            if sent:
                self._sent.update(sent)
                with self._database.write() as session:
                    session.execute(delete(Outbox).where(Outbox.id.in_(sent)))
                self._sent.clear()
        return len(sent)
