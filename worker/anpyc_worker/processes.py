"""The processes that carry out claims: started with torch loaded, signalled, cleared away.

On Linux they are forked by a server that has loaded torch once (the standard library's fork server): one
starts in hundredths of a second and shares that memory with the others. Elsewhere a process that has loaded
libraries of the system cannot be forked safely, and each loads torch itself.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tenacity import before_sleep_log, retry, retry_if_exception_type, stop_after_delay, wait_fixed

from anpyc.private_files import private_folder
from anpyc.settings import Settings
from anpyc_worker import child
from anpyc_worker.environment import environment_of

log = logging.getLogger(__name__)

PRELOADED = "anpyc_worker.preloaded"
AGAIN_SECONDS = 10.0
"""A fork server that was killed takes a moment to be gone, and so long another one may be asked for."""
FORKS = sys.platform.startswith("linux")


class ChildProcess:
    """A process that works on a claim."""

    def __init__(self, process: BaseProcess, output: Path, lock: threading.Lock) -> None:
        self._process = process
        self._output = output
        self._lock = lock
        self.killed = False
        """By whoever watches it, not by the system."""

    @property
    def pid(self) -> int:
        """Its number, also of the group of all it starts."""
        assert self._process.pid is not None  # noqa: S101 - it has been started
        return self._process.pid

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for the signal that ended it; None if it is at work after so long."""
        wait([self._process.sentinel], seconds)
        with self._lock:  # whoever starts a process reads the ends of others
            return self._process.exitcode

    def send(self, signal_number: int, *, alone: bool = False) -> None:
        """Signal it and everything it has started, or it alone."""
        self.killed = self.killed or signal_number == signal.SIGKILL
        group = not alone and self._leads_a_group()
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, signal_number)

    def clear(self) -> str:
        """After its end: make sure that nothing of its group is left, and answer its last words."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        text = self._output.read_text(errors="replace") if self._output.exists() else ""
        self._output.unlink(missing_ok=True)
        return text[-4_000:].strip()

    def _leads_a_group(self) -> bool:
        """It does soon after its start."""
        try:
            return os.getpgid(self.pid) == self.pid
        except ProcessLookupError:
            return False


class Spawner:
    """Starts processes for claims.

    All come from one thread that lives as long as the worker: the kernel ends the fork server, and with it
    what it has started, when that thread ends.
    """

    def __init__(self, settings: Settings, preloaded: str = PRELOADED) -> None:
        self._logs = settings.data_dir / "logs"
        self._environment = environment_of(settings)
        self._preloaded = preloaded
        self._context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
        self._context.set_forkserver_preload([preloaded, "__main__"])  # the caller's module, or each loads it
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Begin to load what every process needs, unless that is loaded."""
        if FORKS:
            self._starter.submit(forkserver.ensure_running).result()

    def start(self, order: Mapping[str, object]) -> Future[ChildProcess]:
        """A process that carries out this order, as soon as what it needs is loaded."""
        return self._starter.submit(self._start, order)

    def close(self) -> None:
        """End the fork server. On Linux what it has started ends with it."""
        self._starter.shutdown()

    def _start(self, order: Mapping[str, object]) -> ChildProcess:
        with contextlib.suppress(OSError):  # without a log of its own it still trains
            private_folder(self._logs)
        output = self._logs / f"training-{uuid.uuid4().hex[:12]}.log"
        arguments = (self._preloaded, self._environment, str(output), order)
        return ChildProcess(self._launch(arguments), output, self._lock)

    @retry(
        retry=retry_if_exception_type((EOFError, OSError)),
        wait=wait_fixed(0.1),
        stop=stop_after_delay(AGAIN_SECONDS),
        before_sleep=before_sleep_log(log, logging.WARNING),
        reraise=True,
    )
    def _launch(self, arguments: tuple[object, ...]) -> BaseProcess:
        process: BaseProcess = self._context.Process(target=child.main, args=arguments)
        with self._lock:
            process.start()
        return process
