"""Why the database or the artifact store cannot be used, as a sentence that says what to do."""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from anpyc_queue.errors import (
    DatabaseAway,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseReadOnly,
    Unusable,
)

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_OF_SQLITE: dict[int, type[Unusable]] = {
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_PERM: DatabaseReadOnly,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
    sqlite3.SQLITE_BUSY: DatabaseAway,
    sqlite3.SQLITE_CANTOPEN: DatabaseReadOnly,  # SQLite opens no file that it cannot write beside
    sqlite3.SQLITE_IOERR: DatabaseAway,
}
_NO_ROOM = frozenset({sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
"""As SQLite tells a quota, or a disk too full for what it shares between processes."""
_OF_POSTGRESQL: dict[str, type[Unusable]] = {
    "53100": DatabaseFull,
    "25006": DatabaseReadOnly,
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
}


def unusable(error: BaseException) -> Unusable | None:
    """What a failure of the database means for whoever asked; None when it is a fault of another kind."""
    kind: type[Unusable] | None
    if isinstance(error, Unusable):
        return error
    if isinstance(error, DBAPIError):
        kind = _kind(error)
    elif isinstance(error, sqlite3.Error):
        kind = _of_sqlite(error)
    elif isinstance(error, PoolTimeout):
        kind = DatabaseAway
    elif isinstance(error, OSError):
        kind = _of_system(error)
    else:
        kind = None
    return None if kind is None else kind(_first_line(getattr(error, "orig", None) or error))


def _kind(error: DBAPIError) -> type[Unusable] | None:
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    if state in _OF_POSTGRESQL:
        return _OF_POSTGRESQL[state]
    return DatabaseAway if error.connection_invalidated or isinstance(error, OperationalError) else None


def _of_sqlite(error: sqlite3.Error) -> type[Unusable] | None:
    code = getattr(error, "sqlite_errorcode", 0)
    return DatabaseFull if code in _NO_ROOM else _OF_SQLITE.get(code & 0xFF)


def _of_system(error: OSError) -> type[Unusable] | None:
    if error.errno in NO_SPACE:
        return DatabaseFull
    return DatabaseReadOnly if error.errno in NOT_WRITABLE else None


def _first_line(error: object) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
