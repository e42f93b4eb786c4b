"""Servers and workers as real processes, for integration tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psutil
from sqlalchemy import delete, select

import standin_worker
from anpyc.settings import Settings
from anpyc.spec import parse_spec
from anpyc_queue import jobs, workers
from anpyc_queue.engine import Database, open_database
from anpyc_queue.tables import (
    TERMINAL,
    EpochRow,
    EvaluationRow,
    Event,
    LayerRow,
    MaskRow,
    Outbox,
    Run,
)
from anpyc_worker.environment import environment_of
from forked import Forked, command_line
from migrated import with_tables
from services import free_port

T = TypeVar("T")


def wait_for(look: Callable[[], T], seconds: float = 30.0, what: str = "it") -> T:
    """What ``look`` answers, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (value := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.03)
    return value


class Process:
    """A server or worker that was started here."""

    def __init__(
        self, program: Callable[..., Any], arguments: tuple[Any, ...], settings: Settings, log: Path
    ) -> None:
        self.log = log
        self.process = Forked(program, arguments, os.environ | environment_of(settings), log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def training(self) -> list[psutil.Process]:
        """Its training processes: each leads a session of its own."""
        return [process for process in self.started() if _leads_a_session(process.pid)]

    def started(self) -> list[psutil.Process]:
        """All it has started: its training processes, and the server that forks them."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def signal_all(self, signal_number: int) -> None:
        """Signal it and everything it has started."""
        for process in [*self.started(), psutil.Process(self.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal_number)

    def stop(self, seconds: float = 20.0) -> int:
        """Ask it to stop, as Ctrl-C does, and answer its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Deployment:
    """One dashboard: its settings, its database, the processes that were started for it."""

    def __init__(self, settings: Settings, *, migrates: bool = True) -> None:
        """:param migrates: False leaves the tables as they are until a server or worker starts."""
        self.settings = settings
        self._migrates = migrates
        self.database: Database = open_database(with_tables(settings.database))
        self.processes: list[Process] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        if self._migrates:
            self.database.migrate()
        return self

    def __exit__(self, *_: object) -> None:
        left = [process for process in self.processes if process.process.poll() is None]
        for process in left:
            process.signal_all(signal.SIGCONT)
            process.process.send_signal(signal.SIGTERM)
        for process in left:
            try:
                process.process.wait(20)
            except TimeoutError:
                process.signal_all(signal.SIGKILL)
                process.process.wait()
        self._open.close()
        self.database.dispose()

    # --- processes ------------------------------------------------------------------------------------------

    def server(self, port: int | None = None) -> httpx.Client:
        """Start a server, at a free port unless one is given; answers a client for it."""
        port = port or free_port()
        process = self._start(f"server-{port}", command_line, "server", "--port", str(port))
        client = self._open.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20))

        def up() -> bool:
            assert process.process.poll() is None, process.log.read_text()[-3000:]
            with contextlib.suppress(httpx.TransportError):
                return client.get("/api/health").status_code == 200
            return False

        wait_for(up, what="the server")
        return client

    def worker(self, slots: int = 1, *, standin: bool = True, lease_seconds: float = 3.0) -> Process:
        """Start a worker, by default one that trains with the stand-in, and wait until it is registered."""
        if standin:
            process = self._start("worker", standin_worker.main, slots, lease_seconds)
        else:
            process = self._start("worker", command_line, "worker", "--slots", str(slots))

        def registered() -> bool:
            assert process.process.poll() is None, process.log.read_text()[-3000:]
            with self.database.read() as session:
                return any(each.pid == process.pid for each in workers.online(session))

        wait_for(registered, what="the worker")
        return process

    def _start(self, name: str, program: Callable[..., Any], *arguments: Any) -> Process:
        log = self.settings.data_dir / f"{name}-{len(self.processes)}.log"
        process = Process(program, arguments, self.settings, log)
        self.processes.append(process)
        return process

    # --- runs -----------------------------------------------------------------------------------------------

    def submit(self, *, rings: bool = True, **changes: Any) -> str:
        """Queue a run past the server: in the database, and in the outbox if somebody is to ring for it."""
        with self.database.write() as session:
            run, _ = jobs.submit(session, parse_spec(changes))
            if not rings:
                session.flush()
                session.execute(delete(Outbox).where(Outbox.run_id == run.id))
        return run.id

    def run(self, run_id: str) -> Run:
        """The run as it stands."""
        with self.database.read() as session:
            return session.get_one(Run, run_id)

    def events(self, run_id: str) -> list[Event]:
        """All its events, in order."""
        with self.database.read() as session:
            return list(session.scalars(select(Event).where(Event.run_id == run_id).order_by(Event.seq)))

    def wait_until(self, run_id: str, *statuses: str, seconds: float = 60.0) -> Run:
        """Wait until the run is in one of the states; by default, until it has ended."""

        def reached() -> Run | None:
            run = self.run(run_id)
            return run if run.status in (statuses or TERMINAL) else None

        try:
            return wait_for(reached, seconds, f"run {run_id}")
        except TimeoutError as error:
            tails = "\n".join(each.log.read_text()[-1500:] for each in self.processes)
            run = self.run(run_id)
            raise AssertionError(f"{error} It is {run.status} at {run.position}.\n{tails}") from None

    def wait_for_step(self, run_id: str, step: int, seconds: float = 30.0) -> None:
        """Wait until the run has recorded that many epochs."""
        wait_for(
            lambda: self.run(run_id).position.get("step", 0) >= step, seconds, f"step {step} of {run_id}"
        )

    def recorded(self, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
        """All that the run recorded and that another run of the same specification must record as well."""
        skipped = {"run_id", "seconds"}
        rows: dict[str, list[tuple[Any, ...]]] = {}
        with self.database.read() as session:
            for table in (EpochRow, EvaluationRow, LayerRow, MaskRow):
                columns = [column for column in table.__table__.columns if column.name not in skipped]
                keys = list(table.__table__.primary_key.columns)
                query = select(*columns).where(table.run_id == run_id).order_by(*keys)
                rows[table.__tablename__] = [tuple(map(_plain, row)) for row in session.execute(query)]
        return rows


def still_running(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended after so long. One that has ended and whose number is still to be collected
    by the system has."""
    deadline = time.monotonic() + seconds
    left = [*processes]
    while (left := [process for process in left if _is_running(process)]) and time.monotonic() < deadline:
        time.sleep(0.03)
    return left


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return False


def _plain(value: Any) -> Any:
    return repr(value) if isinstance(value, (dict, list)) else value


@contextmanager
def stopped(process: Process) -> Iterator[None]:
    """The process and all it has started stand still."""
    process.signal_all(signal.SIGSTOP)
    try:
        yield
    finally:
        process.signal_all(signal.SIGCONT)
