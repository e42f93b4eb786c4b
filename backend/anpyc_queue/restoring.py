"""Putting a backup back: read whole and found whole first, then rows and files in one transaction.

What trained when the backup was made waits in the queue, to go on from its last checkpoint. Nobody is signed
in, and no worker is known: sessions, links and workers are of the moment and not kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Select, Table, func, insert, or_, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from anpyc.private_files import private_folder
from anpyc.settings import Settings
from anpyc_queue import migration, rows
from anpyc_queue.archive import BackupRefused, Manifest, Reader, file_part, newer, opened, table_part
from anpyc_queue.artifacts import ArtifactFiles, is_named
from anpyc_queue.engine import BUSY_SECONDS, Database, now, open_database
from anpyc_queue.errors import ServiceError
from anpyc_queue.jobs import life
from anpyc_queue.kinds import KINDS
from anpyc_queue.rows import NotRows
from anpyc_queue.tables import QUEUED, RUNNING, UNSORTED, Artifact, Outbox, Project, Run
from anpyc_queue.unusable import unusable

REASON = "Restored from a backup that was made while it was running."
_PATIENCE_MILLISECONDS = 500


@dataclass(frozen=True)
class Restored:
    """What was put back."""

    manifest: Manifest
    runs: int
    files: int
    queued_again: int
    """Jobs that ran when the backup was made."""


def restore(here: Settings, file: Path, *, replace: bool = False) -> Restored:
    """Put the backup into the database and the artifact store that the settings name.

    :raises BackupRefused: when the backup is not whole or of a later version, the database holds something
        that is not to be replaced, or somebody uses it.
    :raises Unusable: when database or artifact store cannot be used. Nothing is changed in all these cases.
    """
    with opened(file) as backup:
        if not migration.is_known(backup.manifest.revision):
            raise newer(file, backup.manifest.version)
        private_folder(here.data_dir)
        database = open_database(here.database)
        try:
            migration.check_known(database.engine)
            with _alone(database):
                return _Restore(here, database, file, backup).carry_out(replace)
        finally:
            database.dispose()


class _Restore:
    """One restore on its way."""

    def __init__(self, here: Settings, database: Database, file: Path, backup: Reader) -> None:
        self._database = database
        self._file = file
        self._backup = backup
        self._manifest = backup.manifest
        self._store = ArtifactFiles(here.artifacts)

    def carry_out(self, replace: bool) -> Restored:
        added: list[str] = []
        try:
            with migration.changing_tables(self._database.engine) as connection:
                if not self._database.is_sqlite:
                    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                before = _clear(connection, replace)
                self._rows(connection)
                again, runs, named = _back_to_the_queue(connection)
                files = [url for url in self._backup.files() if is_named(url, named)]
                for url in files:
                    self._put(url, added)
        except BaseException as error:
            for url in added:
                with suppress(OSError):
                    self._store.remove(url)
            sentence = self._told(error)
            if sentence is None:
                raise
            raise sentence from error
        for url in before - named:
            self._store.delete(url)
        return Restored(self._manifest, runs, len(files), again)

    def _rows(self, connection: Connection) -> None:
        """Tables as they were then, their rows, and then what has changed about tables since."""
        migration.bring_to(connection, self._manifest.revision)
        tables = rows.kept_tables(connection)
        if {table.name for table in tables} != set(self._manifest.tables):
            raise NotRows("The tables are others.")
        for table in reversed(tables):  # what a migration puts into empty tables is in the backup, too
            connection.execute(table.delete())
        for table in tables:
            with closing(self._backup.lines(table_part(table.name))) as lines:
                count = rows.load(connection, table, lines)
            if count != self._manifest.tables[table.name]:
                raise NotRows(f"{table.name} has another number of rows.")
        if self._database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise NotRows("Rows point nowhere.")
        migration.bring_to(connection, "head")

    def _put(self, url: str, added: list[str]) -> None:
        if not self._store.holds(url):
            added.append(url)
        with closing(self._backup.blocks(file_part(url))) as blocks:
            self._store.put(url, blocks)

    def _told(self, error: BaseException) -> ServiceError | None:
        """What went wrong, as a sentence where it is the backup's or the machine's fault."""
        if isinstance(error, BackupRefused):
            return None
        trouble = unusable(error)
        if trouble is not None:
            return trouble
        if isinstance(error, (NotRows, DBAPIError, StatementError, RuntimeError, OverflowError)):
            return BackupRefused(
                f"{self._file} cannot be restored: what it holds are no rows of a dashboard "
                f"({_first_line(error)}). Take another backup. Nothing was changed."
            )
        return None


def _first_line(error: BaseException) -> str:
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0][:200]


def _clear(connection: Connection, replace: bool) -> set[str]:
    """Drop all tables of ours. Answers the addresses of files that they named.

    :raises BackupRefused: when they hold something and that is not to be replaced.
    """
    found = MetaData()
    found.reflect(connection)
    kept = [table for table in found.sorted_tables if table.name not in rows.LEFT_OUT]
    held = {table.name: connection.scalar(_rows_of_people(table)) or 0 for table in kept}
    if any(held.values()) and not replace:
        runs = held.get("runs", 0)
        what = f"{runs:,} {'run' if runs == 1 else 'runs'}" if runs else "rows"
        raise BackupRefused(
            f"The database holds {what} already. Name an empty one with ANPYC_DATA_DIR or "
            "ANPYC_DATABASE_URL, or put the backup in place of all that is there with --replace. "
            "Nothing was changed."
        )
    named: set[str] = set()
    if "artifacts" in found.tables:
        named.update(connection.scalars(select(found.tables["artifacts"].c.url)))
    found.drop_all(connection)
    return named


def _rows_of_people(table: Table) -> Select[Any]:
    """How many rows there are but for that of the project which a migration makes, as it made it."""
    query = select(func.count()).select_from(table)
    if table.name == Project.__tablename__:
        query = query.where(or_(table.c.id != UNSORTED, table.c.version > 1))
    return query


def _back_to_the_queue(connection: Connection) -> tuple[int, int, set[str]]:
    """Queue what was running, and hang a bell for all that waits. Answers how many were, how many runs there
    are, and the addresses of their files."""
    again = 0
    with Session(connection) as session:
        for kind in KINDS.values():
            table = kind.table
            for job_id in session.scalars(select(table.id).where(table.status == RUNNING)).all():
                life.give_back(session, kind, job_id, REASON)
                again += 1
        session.flush()
        moment = now(session)
        session.execute(text("DELETE FROM outbox"))
        for kind in KINDS.values():
            waiting: Sequence[Any] = session.scalars(
                select(kind.table).where(kind.table.status == QUEUED)
            ).all()
            if bells := [life.bell(kind, job, moment) for job in waiting]:
                session.execute(insert(Outbox), bells)
        runs = session.scalar(select(func.count()).select_from(Run)) or 0
        named = set(session.scalars(select(Artifact.url)))
        session.commit()  # to the transaction around it
    return again, runs, named


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Nobody else has the database open.

    :raises BackupRefused: when a server, a worker or another command has.
    """
    if not database.is_sqlite:
        _alone_on_postgresql(database)
        yield
        return
    connection = database.engine.raw_connection()
    try:
        raw: Any = connection.driver_connection
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE_MILLISECONDS}")
        try:
            raw.execute("PRAGMA journal_mode=DELETE")  # needs the file for itself
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise _in_use() from None
            raise
        finally:
            raw.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS:.0f}")
    finally:
        connection.close()
    yield


def _alone_on_postgresql(database: Database) -> None:
    with database.engine.connect() as connection:
        others = connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'anpyc' AND pid <> pg_backend_pid()"
            )
        )
    if others:
        raise _in_use()


def _in_use() -> BackupRefused:
    return BackupRefused(
        "A server, a worker or another command uses this database. Stop them all first, then restore. "
        "Nothing was changed."
    )
