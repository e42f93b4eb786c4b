"""Whether the database and the artifact store can be used: by trying, as nothing else proves it."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from anpyc_queue import locks
from anpyc_queue.artifacts import ArtifactFiles
from anpyc_queue.engine import BUSY_SECONDS, Database
from anpyc_queue.errors import DatabaseDamaged, StoreFull, StoreUnusable, Unusable
from anpyc_queue.unusable import NO_SPACE, unusable

TRIAL_BYTES = 65_536
"""An empty file fits on a full disk."""
_PATIENCE_MILLISECONDS = 200
_ROLE, _ROLE_SECONDS = "readiness", 1.0


class Readiness:
    """What stands in the way, looked up at most every ``seconds``, however many ask."""

    def __init__(self, look: Callable[[], list[Unusable]], seconds: float = 15.0) -> None:
        self._look = look
        self._seconds = seconds
        self._looking = threading.Lock()
        self._until = 0.0
        self._found: list[Unusable] = []

    def troubles(self) -> list[Unusable]:
        with self._looking:
            if time.monotonic() >= self._until:
                self._found = self._look()
                self._until = time.monotonic() + self._seconds
            return self._found


def database_trouble(database: Database, *, commit: bool) -> Unusable | None:
    """What keeps the database from being used.

    :param commit: try it with a write that is committed, which everybody else sees.
    """
    from anpyc_queue.migration import check_known  # brings Alembic, which is slow

    try:
        check_known(database.engine)
        if database.is_sqlite:
            _try_sqlite(database)
        if commit:
            with database.write() as session:
                locks.hold(session, _ROLE, f"{os.getpid()}", _ROLE_SECONDS)
    except Exception as error:
        trouble = unusable(error)
        if trouble is None:
            raise
        return trouble
    return None


def damage(database: Database) -> Unusable | None:
    """What SQLite finds wrong when it reads all of its file; PostgreSQL tells what it meets."""
    if not database.is_sqlite:
        return None
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    return None if found == "ok" else DatabaseDamaged(str(found).splitlines()[-1])


def store_trouble(url: str) -> Unusable | None:
    """What keeps files of runs from being stored."""
    try:
        ArtifactFiles(url).try_out(os.urandom(TRIAL_BYTES))
    except Exception as error:  # each kind of store has errors of its own
        full = isinstance(error, OSError) and error.errno in NO_SPACE
        reason = str(error) or type(error).__name__
        return StoreFull(reason) if full else StoreUnusable(reason)
    return None


def try_folder(folder: Path) -> None:
    """Write something there, on to the disk, and delete it.

    :raises OSError: when that fails.
    """
    trial = folder / f".trial-{uuid.uuid4().hex}"
    try:
        with trial.open("wb") as file:
            file.write(os.urandom(TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        with suppress(OSError):
            trial.unlink(missing_ok=True)


def _try_sqlite(database: Database) -> None:
    """Take the right to write and give it back. Somebody who is writing proves the same."""
    name = database.engine.url.database
    if name and name != ":memory:" and not name.startswith("file:"):
        try_folder(Path(name).parent)
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MILLISECONDS}")
        (version,) = cursor.execute("PRAGMA user_version").fetchone()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(f"PRAGMA user_version={version}")  # to begin is allowed where nothing may be written
        cursor.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
    finally:
        connection.cursor().execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS:.0f}")
        connection.close()
