"""Real Redis and PostgreSQL servers for tests and benchmarks: on free ports, in temporary folders."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Self

import psycopg
import redis

from anpyc_queue.engine import open_database

START_SECONDS = 30.0


class Missing(Exception):
    """A server's program is not installed."""


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class _Server:
    """A server process that can be started, stopped, killed and started again, keeping its data."""

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"anpyc-{name}-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start and wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        self.process = self._launch()
        while not self._answers():
            if self.process.poll() is not None:  # such as: what it left when it was killed is not gone yet
                time.sleep(0.2)
                self.process = self._launch()
            if time.monotonic() > deadline:
                raise TimeoutError(f"It does not answer:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, signal_number: int = signal.SIGINT) -> None:
        """Stop in good order, or with another signal."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal_number)
        self.process.wait(timeout=30)

    def kill(self) -> None:
        """As when the power fails."""
        self.stop(signal.SIGKILL)

    def _launch(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Redis(_Server):
    """A Redis that keeps nothing on disk: what was in it is gone when it is killed."""

    def __init__(self) -> None:
        self._program = shutil.which("redis-server")
        if self._program is None:
            raise Missing("redis-server is not installed (Debian: apt-get install redis-server).")
        super().__init__("redis")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _launch(self) -> subprocess.Popen[bytes]:
        assert self._program is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([self._program, *options], stdout=log, stderr=log)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError, OSError):
            client = redis.Redis(port=self.port, socket_timeout=1)
            with contextlib.closing(client):
                return bool(client.ping())
        return False


class Postgres(_Server):
    """A PostgreSQL cluster. Its programs refuse to run as root, so they then run as the user postgres."""

    def __init__(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        initdb = shutil.which("initdb")
        if not programs and initdb is None:
            raise Missing("PostgreSQL is not installed (Debian: apt-get install postgresql).")
        self._bin = programs[-1] if programs else Path(str(initdb)).parent
        super().__init__("postgres")
        self._data = self.folder / "data"
        self._template: str | None = None
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run_as_owner(
            [self._bin / "initdb", "-D", self._data, "-U", "anpyc", "--auth=trust", "--no-sync"]
        )

    def database(self, template: str = "template1") -> str:
        """The address of a new database, empty unless it is made after another one that nobody uses."""
        name = f"anpyc_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self._address(name).replace("postgresql://", "postgresql+psycopg://")

    def database_with_tables(self) -> str:
        """The address of a new database with this version's tables, migrated to once per cluster."""
        if self._template is None:
            address = self.database()
            made = open_database(address)
            made.migrate()
            made.dispose()
            self._template = address.rpartition("/")[2]
        return self.database(self._template)

    def _address(self, database: str) -> str:
        return f"postgresql://anpyc@127.0.0.1:{self.port}/{database}"

    def _launch(self) -> subprocess.Popen[bytes]:
        options = ["-D", str(self._data), "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1"]
        settings = ["-c", "fsync=off", "-c", "max_connections=200"]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._bin / "postgres", *options, *settings], stdout=log, stderr=log, **_owner()
            )

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.Error):
            psycopg.connect(self._address("postgres"), connect_timeout=2).close()
            return True
        return False

    def _run_as_owner(self, command: list[Path | str]) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **_owner())


def _owner() -> dict[str, object]:
    if os.getuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}
