"""The process that carries out one claim, or several at once. It records the end of each job itself; its exit
code tells the supervisor more."""

from __future__ import annotations

import faulthandler
import importlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from anpyc_worker import lifeline


def main(preloaded: str, environment: Mapping[str, str], output: str, order: Mapping[str, Any]) -> None:
    """Carry out the order, with standard output and error in a file; does not return.

    :param preloaded: the module that brings what is needed, loaded already in a process that was forked.
    """
    os.setsid()
    lifeline.die_with_parent(os.getppid())
    write_to(output)
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    lifeline.when_starter_ends(lifeline.end_group)
    os.environ.update(environment)
    code = 1
    try:
        importlib.import_module(preloaded)
        from anpyc_worker import work

        code = work.carry_out(order)
    except Exception:  # the edge of this process: its supervisor reads the traceback and the exit code
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(code)  # threads and torch's own need no farewell


def write_to(path: str) -> None:
    """Have standard output and error end in a file, if there may be one."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError:  # such as on a full disk: then they end where those of the worker do
        return
    for standard in (1, 2):
        os.dup2(file, standard)
    os.close(file)
