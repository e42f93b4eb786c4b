"""A full disk, without one: SQLite fails where it does then, when a transaction is to be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from anpyc_queue.engine import Database


class _Full(sqlite3.Connection):
    """What is committed needs space that is not there."""

    def commit(self) -> None:
        if not self.in_transaction:
            return
        super().rollback()
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_FULL, "SQLITE_FULL"
        raise error


@contextmanager
def full(database: Database) -> Iterator[None]:
    """This process can commit nothing to this SQLite database."""

    def limit(_dialect: object, _record: object, _arguments: object, named: dict[str, Any]) -> None:
        named["factory"] = _Full

    event.listen(database.engine, "do_connect", limit)
    database.dispose()
    try:
        yield
    finally:
        event.remove(database.engine, "do_connect", limit)
        database.dispose()
