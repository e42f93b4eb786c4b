"""One process per claim: started, watched, stopped when asked, reported when it is lost."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc_queue.engine import Database
from anpyc_queue.jobs import NotFound, Stale
from anpyc_worker.attempt import DONE, LEFT, STALE
from anpyc_worker.held import Held

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "anpyc_worker.child")
QUIET = {"OMP_WAIT_POLICY": "passive"}
"""Threads of torch sleep while they wait for each other. Spinning ones keep each other from working when
anything else wants the processor, and then a small network trains many times slower (docs/benchmarks.md)."""
LOOK_SECONDS = 0.5
BEGIN_SECONDS = 60.0
"""What a training process may take on a busy machine until it renews its lease itself."""
POLITE_SECONDS = 2.0
"""The training process sees by itself that it is to stop, between two steps; SIGTERM comes after this."""
PATIENT_SECONDS = 8.0
"""What it may take to write what is left; SIGKILL comes after this."""


@dataclass
class Child:
    """A training process, waiting for its claim or working on it."""

    process: subprocess.Popen[str]
    output: Path
    """What it says on its standard error."""

    def assign(self, job: dict[str, object]) -> None:
        """Hand it the claim. A process that is dead already shows by its exit code."""
        assert self.process.stdin is not None  # noqa: S101 - opened as a pipe
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(job) + "\n")
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
        said = self.output.read_text(errors="replace") if self.output.exists() else ""
        self.output.unlink(missing_ok=True)
        return said[-4_000:].strip()


class Nursery:
    """Starts training processes, and keeps one in reserve that has torch loaded already.

    All are started on one thread that lives as long as the worker: the kernel ends them with that thread.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._command = (*command, str(os.getpid()))
        self._environment = os.environ | environment_of(settings) | {"OMP_WAIT_POLICY": "PASSIVE"}
        self._logs = settings.data_dir / "logs"
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nursery")
        self._lock = threading.Lock()
        self._reserve: Child | None = None
        self._closed = False

    def prepare(self) -> None:
        """Start the reserve, if there is none."""
        with self._lock:
            if self._closed or self._reserve is not None:
                return
            self._reserve = self._starter.submit(self._start).result()

    def take(self) -> Child:
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

    def _start(self) -> Child:
        self._logs.mkdir(parents=True, exist_ok=True)
        output = self._logs / f"training-{uuid.uuid4().hex[:12]}.log"
        with output.open("w") as said:
            process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                text=True,
                env=self._environment,
                start_new_session=True,
            )
        return Child(process, output)


class Supervisor:
    """Carries out claims, one :meth:`supervise` per claim, from any thread."""

    def __init__(
        self,
        database: Database,
        nursery: Nursery,
        *,
        lease_seconds: float,
        threads: int,
        stopping: threading.Event,
        on_change: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._nursery = nursery
        self._lease_seconds = lease_seconds
        self._threads = threads
        self._stopping = stopping
        self._on_change = on_change

    def supervise(self, held: Held) -> None:
        """Have it trained or measured, and see to it that it does not stay held when this returns."""
        child = self._nursery.take()
        job = held.job() | {"lease_seconds": self._lease_seconds, "threads": self._threads}
        child.assign(job)
        code = self._wait(child, held)
        said = child.clear()
        if code != STALE:
            self._settle(held, code, said)
        self._on_change(held.run_id)

    def _wait(self, child: Child, held: Held) -> int:
        """Until the process has ended, by itself or because it was told to."""
        told: float | None = None
        began = renewed = time.monotonic()
        while True:
            try:
                return child.process.wait(timeout=LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            moment = time.monotonic()
            if moment - began < BEGIN_SECONDS and moment - renewed > self._lease_seconds / 4:
                renewed = moment
                self._renew(held)
            order = self._order(held)
            if order == "kill":
                child.send(signal.SIGKILL)
            elif order is not None:
                told = told or time.monotonic()
                self._insist(child, time.monotonic() - told, polite=order == "cancel")

    def _renew(self, held: Held) -> None:
        """The lease, as long as the process may still be loading; later the process does that itself."""
        try:
            with self._database.write() as session:
                held.renew(session, self._lease_seconds)
        except Stale:
            return  # ended or taken over; what to do about that is told by the next order
        except Exception as error:
            log.debug("The database does not answer: %s", error)

    def _order(self, held: Held) -> str | None:
        """kill: it belongs to somebody else. cancel: somebody asked. leave: this worker shuts down."""
        order = None
        try:
            with self._database.read() as session:
                order = held.order(session)
        except Exception as error:
            log.debug("The database does not answer: %s", error)
        return order or ("leave" if self._stopping.is_set() else None)

    @staticmethod
    def _insist(child: Child, seconds: float, *, polite: bool) -> None:
        grace = POLITE_SECONDS if polite else 0.0
        if seconds >= grace + PATIENT_SECONDS:
            child.send(signal.SIGKILL)
        elif seconds >= grace:
            child.process.send_signal(signal.SIGTERM)

    def _settle(self, held: Held, code: int, said: str) -> None:
        """Whatever the process has left undone: it is released, requeued or recorded as cancelled."""

        def work(session: Session) -> str:
            if self._stopping.is_set() or code == LEFT:
                return held.give_back(session)
            return held.lost(session, _reason(code, said))

        while True:
            try:
                with self._database.write() as session:
                    status = work(session)
            except (Stale, NotFound):
                return
            except Exception as error:
                if self._stopping.is_set():
                    log.warning("%s could not be given back, it will be found: %s", held.name, error)
                    return
                log.warning("The database does not answer, trying again: %s", error)
                self._stopping.wait(1.0)
                continue
            if code != DONE:
                log.warning("%s is %s now. %s", held.name, status, _reason(code, said))
            return


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment variables that a started process reads."""
    values = {
        name: value.get_secret_value() if name == "token" else str(value)
        for name in type(settings).model_fields
        if (value := getattr(settings, name)) is not None
    }
    return {f"ANPYC_{name.upper()}": value for name, value in values.items()}


def _reason(code: int, said: str) -> str:
    last = said.splitlines()[-1][:300] if said else ""
    if code == -signal.SIGKILL:
        return "The training process was killed (SIGKILL), perhaps because memory ran out."
    if code < 0:
        return f"The training process was ended by {signal.Signals(-code).name}. {last}".strip()
    return f"The training process ended with exit code {code}. {last}".strip()
