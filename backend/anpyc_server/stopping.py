"""Hearing that the server is to stop before its open streams keep it from stopping.

uvicorn tells the application to stop only when all responses have ended; a stream ends only when it is told.
So the signals that stop uvicorn are heard here too, and passed on to it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard_first(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` when a signal asks the process to end, then whoever listened before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may listen; whoever started the server here stops it otherwise
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop()
        listener = before[signal.Signals(number)]
        if callable(listener):
            listener(number, frame)

    for number, listener in before.items():
        if callable(listener):
            signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, listener in before.items():
            if signal.getsignal(number) is on_signal:
                signal.signal(number, listener)
