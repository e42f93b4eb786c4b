"""A thread that looks every so often, waits while a service is away, and ends loudly on a bug."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from anpyc_queue.retrying import database_is_away
from anpyc_queue.unusable import unusable

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""After a failure that passes by itself, doubling."""


class PeriodicThread:
    """Calls ``look`` every ``seconds``, and at once when it is notified or ``look`` answers True for more.

    A failure that ``passes`` is reported once and waited out. Any other is a bug: it is logged with its
    traceback, ends the thread, and is handed to ``on_bug``.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], object],
        seconds: float | Callable[[], float],
        *,
        passes: Callable[[BaseException], bool] = database_is_away,
        on_bug: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._look = look
        self._seconds = seconds
        self._passes = passes
        self._on_bug = on_bug
        self._notified = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.trouble: str | None = None
        """Why the last look failed; None when it did not."""

    @property
    def stopping(self) -> bool:
        return self._stopped.is_set()

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """There is something to do: look now."""
        self._notified.set()

    def stop(self, timeout: float | None = None) -> None:
        """Stop after the look that is under way. Twice changes nothing."""
        self._stopped.set()
        self._notified.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _work(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                more = self._look()
            except Exception as error:  # the edge of this thread: what does not pass goes to on_bug
                self._report(error)
                if not self._passes(error):
                    self._on_bug(error)
                    return
                self._stopped.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self.trouble is not None:
                log.info("The %s thread works again.", self._thread.name)
            self.trouble, pause = None, FIRST_PAUSE
            if more is not True:
                self._notified.wait(self._seconds() if callable(self._seconds) else self._seconds)
                self._notified.clear()

    def _report(self, error: Exception) -> None:
        trouble = unusable(error)
        said = str(error) if trouble is None else f"{trouble.message} ({trouble.reason})"
        if not self._passes(error):
            log.error("The %s thread has a bug and ends.", self._thread.name, exc_info=error)
        elif self.trouble is None:
            log.warning("The %s thread has to wait and tries again: %s", self._thread.name, said)
        self.trouble = (str(error) or type(error).__name__) if trouble is None else trouble.message
