"""The processes that carry out claims: started ahead, handed a claim, signalled, cleared away."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from anpyc.settings import Settings
from anpyc_worker.environment import environment_of

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "anpyc_worker.child")
QUIET = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads of torch sleep while they wait for each other. Spinning ones keep each other from working when
anything else wants the processor, and then a small network trains many times slower (docs/benchmarks.md)."""


@dataclass
class ChildProcess:
    """A process, waiting for its claim or working on it."""

    process: subprocess.Popen[str]
    output: Path
    """Its standard output and error."""

    def assign(self, order: Mapping[str, object]) -> None:
        """Hand it the claim. A process that is dead already shows by its exit code."""
        assert self.process.stdin is not None  # noqa: S101 - opened as a pipe
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()

    def send(self, signal_number: int) -> None:
        """Signal it and everything it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal_number)

    def clear(self) -> str:
        """After its end: make sure that nothing of its group is left, and answer its last words."""
        self.send(signal.SIGKILL)
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        text = self.output.read_text(errors="replace") if self.output.exists() else ""
        self.output.unlink(missing_ok=True)
        return text[-4_000:].strip()


class Spawner:
    """Starts training processes, and keeps one in reserve that has torch loaded already.

    All are started on one thread that lives as long as the worker: the kernel ends them with that thread.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._command = (*command, str(os.getpid()))
        self._environment = os.environ | environment_of(settings) | QUIET
        self._logs = settings.data_dir / "logs"
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self._lock = threading.Lock()
        self._reserve: ChildProcess | None = None
        self._closed = False

    def prepare(self) -> None:
        """Start the reserve, if there is none."""
        with self._lock:
            if self._closed or self._reserve is not None:
                return
            self._reserve = self._starter.submit(self._start).result()

    def take(self) -> ChildProcess:
        """A training process: the reserve if it is alive."""
        with self._lock:
            child, self._reserve = self._reserve, None
        if child is not None and child.process.poll() is None:
            return child
        if child is not None:
            log.warning("A waiting training process has died: %s", child.clear())
        return self._starter.submit(self._start).result()

    def close(self) -> None:
        """End the reserve."""
        with self._lock:
            self._closed, child, self._reserve = True, self._reserve, None
        if child is not None:
            child.send(signal.SIGKILL)
            child.process.wait()
            child.clear()
        self._starter.shutdown()

    def _start(self) -> ChildProcess:
        self._logs.mkdir(parents=True, exist_ok=True)
        output = self._logs / f"training-{uuid.uuid4().hex[:12]}.log"
        with output.open("w") as file:
            process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                text=True,
                env=self._environment,
                start_new_session=True,
            )
        return ChildProcess(process, output)
