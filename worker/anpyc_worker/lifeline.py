"""No process outlives the one that started it, however that one ends.

The parent holds one end of a pipe, of a child's standard input or of :mod:`multiprocessing`; when it ends,
the system closes it. On Linux the kernel also kills the child together with the thread that started it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import IO

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # the parent was gone before the kernel knew


def when_closed(pipe: IO[str] | IO[bytes], act: Callable[[], None]) -> None:
    """Call ``act`` on a thread once the other end of ``pipe`` is gone."""

    def wait() -> None:
        while pipe.readline():
            pass
        act()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def when_starter_ends(act: Callable[[], None]) -> None:
    """Call ``act`` on a thread once the process that asked for this one is gone, forked or not.

    Only in a process of :mod:`multiprocessing`.
    """
    starter = multiprocessing.parent_process()
    assert starter is not None  # noqa: S101 - the main process has none

    def wait() -> None:
        starter.join()
        act()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def end_group() -> None:
    """End this process and, where it leads a group, all it has started, at once."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def stop_when_parent_ends() -> None:
    """End this process in good order, as after SIGTERM, once its standard input is closed."""
    when_closed(sys.stdin, lambda: os.kill(os.getpid(), signal.SIGTERM))
