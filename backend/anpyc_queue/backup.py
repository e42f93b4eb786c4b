"""A backup of all that a dashboard keeps, made while everything runs.

The rows are those of one moment, read in one transaction that only reads. The files that these rows name are
copied first where nobody will replace them, then, within that transaction, the checkpoints of what trains. A
checkpoint that a newer one replaces meanwhile takes its file away: then another moment is tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zipfile import ZipFile

from sqlalchemy import Connection, func, select

from anpyc.settings import Settings
from anpyc_queue import migration, rows
from anpyc_queue.archive import (
    FORMAT,
    SETTINGS,
    BackupRefused,
    Manifest,
    Writer,
    file_part,
    is_plain,
    table_part,
)
from anpyc_queue.artifacts import STATE, TENSORS, ArtifactFiles
from anpyc_queue.engine import Database, open_database
from anpyc_queue.files import sync_folder
from anpyc_queue.tables import CHECKPOINT, TERMINAL, Artifact, Run

_MOMENTS = 5
"""Tried at most until every file of one is there."""


@dataclass(frozen=True)
class Made:
    """A backup that was made."""

    manifest: Manifest
    size: int
    """Bytes of its file."""


@dataclass(frozen=True)
class _File:
    """What a row says of a file."""

    url: str
    kind: str
    sha256: str


def back_up(here: Settings, target: Path, *, force: bool = False) -> Made:
    """Write everything to ``target``, which is there when it is whole and readable by its owner alone.

    :raises BackupRefused: when ``target`` is there and is not to be replaced, or nothing can be backed up.
    :raises OSError: when it cannot be written; nothing is left then.
    """
    if target.exists() and not (force and target.is_file()):
        raise BackupRefused(f"{target} is there already. Choose another name, or replace it with --force.")
    database = open_database(here.database)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        revision = migration.filled(database.engine)
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with ZipFile(file, "w", compresslevel=1) as archive:
                manifest = _Copy(here, database, Writer(archive)).write(revision)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
        sync_folder(target.resolve().parent)
    finally:
        database.dispose()
        unfinished.unlink(missing_ok=True)
    return Made(manifest, target.stat().st_size)


class _Copy:
    """One backup on its way."""

    def __init__(self, here: Settings, database: Database, writer: Writer) -> None:
        self._here = here
        self._database = database
        self._writer = writer
        self._store = ArtifactFiles(here.artifacts)
        self._copied: set[str] = set()
        self._altered: set[str] = set()

    def write(self, revision: str) -> Manifest:
        with _moment(self._database) as connection:
            staying = _files(connection, staying=True)
        for file in staying:
            self._copy(file)
        tries = 0
        while True:
            tries += 1
            with _moment(self._database) as connection:
                files = _files(connection)
                missing = [file.url for file in files if not self._copy(file)]
                if missing and tries < _MOMENTS and self._others_since(files):
                    continue
                return self._finish(connection, revision, missing)

    def _others_since(self, files: Sequence[_File]) -> bool:
        """Whether it is a newer checkpoint that took a file away."""
        with _moment(self._database) as connection:
            return _files(connection) != files

    def _finish(self, connection: Connection, revision: str, missing: Sequence[str]) -> Manifest:
        counts: dict[str, int] = {}
        for table in rows.kept_tables(connection):
            counts[table.name] = connection.scalar(select(func.count()).select_from(table)) or 0
            self._writer.add(table_part(table.name), rows.dump(connection, table))
        settings = json.dumps(settings_without_secrets(self._here), indent=1, sort_keys=True)
        self._writer.add(SETTINGS, [settings.encode()])
        manifest = Manifest(
            format=FORMAT,
            made_at=datetime.now(UTC),
            version=version("anpyc-dashboard"),
            revision=revision,
            tables=counts,
            parts=self._writer.parts,
            missing=sorted({*missing, *self._altered}),
        )
        self._writer.close(manifest)
        return manifest

    def _copy(self, file: _File) -> bool:
        """Whether the file is in the backup, with the tensors of a checkpoint."""
        if file.url in self._copied:
            return True
        if not is_plain(file.url):
            return False
        tensors = file.url.removesuffix(STATE) + TENSORS
        try:
            content = self._store.open(file.url)
            beside = self._store.open(tensors) if tensors != file.url and file.kind == CHECKPOINT else None
        except FileNotFoundError:
            return False
        state: list[bytes] = []
        blocks = content.blocks if beside is None else _kept(content.blocks, state)
        part = self._writer.add(file_part(file.url), blocks, compressed=beside is not None)
        whole = part.sha256 == file.sha256
        if beside is not None:
            part = self._writer.add(file_part(tensors), beside.blocks, compressed=False)
            whole = whole and part.sha256 == json.loads(b"".join(state))["sha256"]
        self._copied.add(file.url)
        if not whole:
            self._altered.add(file.url)
        return True


def _kept(blocks: Iterator[bytes], into: list[bytes]) -> Iterator[bytes]:
    for block in blocks:
        into.append(block)
        yield block


@contextmanager
def _moment(database: Database) -> Iterator[Connection]:
    """A transaction that reads the rows of one moment, however long it takes, and keeps nobody waiting."""
    level = {} if database.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with database.engine.connect().execution_options(**level) as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection


def _files(connection: Connection, *, staying: bool = False) -> list[_File]:
    """The files that rows name, the newest first; those that nobody replaces any more if ``staying``."""
    query = select(Artifact.url, Artifact.kind, Artifact.sha256).order_by(Artifact.id.desc())
    if staying:
        ended = select(Run.id).where(Run.status.in_(TERMINAL))
        query = query.where((Artifact.kind != CHECKPOINT) | Artifact.run_id.in_(ended))
    return [_File(*row) for row in connection.execute(query)]


def settings_without_secrets(here: Settings) -> dict[str, str]:
    """What was set, by the names of the environment: no token, no mail server, and
    addresses without what opens them."""
    values = here.model_dump(
        mode="json", include=here.model_fields_set - {"token", "mail_url"}, exclude_none=True
    )
    return {f"ANPYC_{name.upper()}": _written(value) for name, value in sorted(values.items())}


def _written(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return shown(str(value))


def shown(address: str) -> str:
    """An address without user, password and query, any of which may be a secret."""
    parts = urlsplit(address)
    if not parts.scheme or not parts.netloc:
        return address.partition("?")[0] if parts.scheme else address
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
