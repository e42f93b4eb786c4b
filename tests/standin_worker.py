"""A worker that trains with the stand-in, no stacks."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver, util
from typing import Any

from anpyc.settings import settings
from anpyc_worker.service import WorkerService

PRELOADED = "standin_preloaded"


def main(slots: int, lease_seconds: float) -> int:
    """Work until told to stop."""
    # First of all: a process must not be forked with a database of SQLite open, or its locks are lost.
    with _forked_interpreters():
        forkserver.set_forkserver_preload([PRELOADED, "__main__"])
        forkserver.ensure_running()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    alone = settings().model_copy(update={"stacked_runs": 1})
    return WorkerService(alone, slots=slots, lease_seconds=lease_seconds, preloaded=PRELOADED).run()


@contextmanager
def _forked_interpreters() -> Iterator[None]:
    """A new Python of the standard library (its fork server, its resource tracker) is forked instead of begun
    from nothing: what this process has imported would cost seconds once more."""
    library: Any = util
    begun = library.spawnv_passfds
    library.spawnv_passfds = _forked
    try:
        yield
    finally:
        library.spawnv_passfds = begun


def _forked(_path: object, arguments: Sequence[str], keep: Sequence[int]) -> int:
    """What Python with these arguments would be, its last ones ``-c`` and a program. Answers its number."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        below = 3
        for kept in sorted({descriptor for descriptor in keep if descriptor >= below}):
            os.closerange(below, kept)
            below = kept + 1
        os.closerange(below, os.sysconf("SC_OPEN_MAX"))
        exec(arguments[-1], {"__name__": "__main__"})  # noqa: S102 - the standard library's own words
        code = 0
    except SystemExit:
        code = 0
    finally:
        os._exit(code)
