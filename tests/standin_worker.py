"""A worker that trains with the stand-in, no stacks."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from multiprocessing import util
from typing import Any

from anpyc.settings import settings
from anpyc_worker.service import WorkerService


def main(slots: int, lease_seconds: float) -> int:
    """Work until told to stop."""
    interpreter: Any = util
    interpreter.spawnv_passfds = _forked
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    alone = settings().model_copy(update={"stacked_runs": 1})
    return WorkerService(alone, slots=slots, lease_seconds=lease_seconds, preloaded="standin_preloaded").run()


def _forked(_path: object, arguments: Sequence[str], keep: Sequence[int]) -> int:
    """A new Python of the standard library (its fork server, its resource tracker), forked instead of begun
    from nothing: what this process has imported would cost seconds once more. Answers its number."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        below = 3
        for kept in sorted({fd for fd in keep if fd >= below}):
            os.closerange(below, kept)
            below = kept + 1
        os.closerange(below, os.sysconf("SC_OPEN_MAX"))
        exec(arguments[-1], {"__name__": "__main__"})  # noqa: S102 - the standard library's own words
        code = 0
    except SystemExit:
        code = 0
    finally:
        os._exit(code)
