"""Programs of this project as processes of their own, forked from one that has done their imports.

The imports of a server or worker take seconds of processor time, and a test may start four. They are done
once for all tests. Apart from that a forked process is one like any other: it has its own session and
environment, and is killed and waited for by its number. ``tests/e2e`` and ``test_up.py`` start the real
command line.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from anpyc_worker.child import write_to

PRELOADED = "forked_imports"

# A fork server is a new interpreter: it finds modules by the environment, not by what pytest has added.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH")))
)


class Forked:
    """A process that was started here, with its output in a file."""

    def __init__(
        self,
        program: Callable[..., Any],
        arguments: tuple[Any, ...],
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([PRELOADED])
        self._process: BaseProcess = context.Process(
            target=_run, args=(program, arguments, dict(environment), str(log))
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """Its exit code, negative for the signal that ended it; None while it is there."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code, once it has ended.

        :raises TimeoutError: when it has not ended by then.
        """
        self._process.join(seconds)
        if (code := self.poll()) is None:
            raise TimeoutError(f"Process {self.pid} has not ended within {seconds} s.")
        return code

    def send_signal(self, signal_number: int) -> None:
        """To this process alone; none to one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal_number)


def command_line(*arguments: str) -> None:
    """``anpyc`` with these arguments."""
    from anpyc_cli.main import main

    sys.argv = ["anpyc", *arguments]
    main()


def _run(
    program: Callable[..., Any], arguments: tuple[Any, ...], environment: dict[str, str], log: str
) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    write_to(log)
    os.environ.clear()
    os.environ.update(environment)
    sys.exit(program(*arguments))
