"""Servers and workers as real processes, for integration tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import psutil
from sqlalchemy import delete, select

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
from services import free_port

HERE = Path(__file__).parent
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

    def __init__(self, command: list[str], settings: Settings, log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=os.environ | environment_of(settings),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def training(self) -> list[psutil.Process]:
        """Its training processes, the one in reserve included."""
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def signal_all(self, signal_number: int) -> None:
        """Signal it and everything it has started."""
        for process in [*self.training(), psutil.Process(self.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal_number)

    def stop(self, seconds: float = 20.0) -> int:
        """Ask it to stop, as Ctrl-C does, and answer its exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(timeout=seconds)

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()


class Deployment:
    """One dashboard: its settings, its database, the processes that were started for it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database: Database = open_database(settings.database)
        self.processes: list[Process] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.database.migrate()
        return self

    def __exit__(self, *_: object) -> None:
        left = [process for process in self.processes if process.popen.poll() is None]
        for process in left:
            process.signal_all(signal.SIGCONT)
            process.popen.send_signal(signal.SIGTERM)
        for process in left:
            try:
                process.popen.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.signal_all(signal.SIGKILL)
                process.popen.wait()
        self._open.close()
        self.database.dispose()

    # --- processes ------------------------------------------------------------------------------------------

    def server(self) -> httpx.Client:
        """Start a server; answers a client for it."""
        port = free_port()
        command = [sys.executable, "-m", "anpyc_cli.main", "server", "--port", str(port)]
        process = self._start(command, f"server-{port}")
        client = self._open.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20))

        def up() -> bool:
            assert process.popen.poll() is None, process.log.read_text()[-3000:]
            with contextlib.suppress(httpx.TransportError):
                return client.get("/api/health").status_code == 200
            return False

        wait_for(up, what="the server")
        return client

    def worker(self, slots: int = 1, *, standin: bool = True, lease_seconds: float = 3.0) -> Process:
        """Start a worker, by default one that trains with the stand-in, and wait until it is registered."""
        if standin:
            command = [sys.executable, str(HERE / "standin_worker.py"), str(slots), str(lease_seconds)]
        else:
            command = [sys.executable, "-m", "anpyc_cli.main", "worker", "--slots", str(slots)]
        process = self._start(command, "worker")

        def registered() -> bool:
            assert process.popen.poll() is None, process.log.read_text()[-3000:]
            with self.database.read() as session:
                return any(each.pid == process.pid for each in workers.online(session))

        wait_for(registered, what="the worker")
        return process

    def _start(self, command: list[str], name: str) -> Process:
        log = self.settings.data_dir / f"{name}-{len(self.processes)}.log"
        process = Process(command, self.settings, log)
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
