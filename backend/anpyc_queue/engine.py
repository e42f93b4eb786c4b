"""Opening the database: SQLite or PostgreSQL behind one small class.

On SQLite a writer takes the lock when its transaction begins (``BEGIN IMMEDIATE``) and waits for it; a
deferred transaction that turns into a writer half-way cannot wait and fails instead.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from anpyc import strict_json
from anpyc.private_files import private_file, private_folder, take_from_others

BUSY_SECONDS = 30.0
"""How long a SQLite writer waits for another one."""
CONNECT_SECONDS = 5
"""How long a connection to PostgreSQL may take."""
IDLE_SECONDS = 8
"""PostgreSQL ends a transaction that does nothing for this long: a frozen process keeps no run locked."""

_JSON = {"json_serializer": strict_json.dumps, "json_deserializer": strict_json.loads}
"""Nothing that JSON does not know goes into a column; what an older version put there comes out as null."""


class Database:
    """One database and its connections; safe to share between threads, not across a fork."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(anpyc_writes=True)
        self._asking = threading.Lock()
        self._watching: Any = None
        """SQLite's connection for :meth:`state`: it counts the commits of all others, in whatever process."""

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only selects. Objects stay usable after it ends."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed on the way out, rolled back on an exception."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @staticmethod
    def now(session: Session) -> datetime:
        """The database's time; see :func:`now`."""
        return now(session)

    def migrate(self) -> None:
        """Bring the tables up to this version's; nothing happens when they are."""
        from anpyc_queue.migration import upgrade  # brings Alembic, which is slow and needed by few

        upgrade(self.engine)

    def ping(self) -> None:
        """Raise what stands in the way of a query."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def state(self) -> object:
        """A value that is another one as soon as anything was committed, by whatever process.

        Where two are equal, all that was read between them would be read again.
        """
        if not self.is_sqlite:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                return connection.scalar(text("SELECT pg_current_snapshot()::text"))
        with self._asking:
            if self._watching is None:
                self._watching = self.engine.raw_connection()
            cursor = self._watching.cursor()
            (commits,) = cursor.execute("PRAGMA data_version").fetchone()
            cursor.close()
            return id(self._watching), commits

    def dispose(self) -> None:
        """Close all idle connections."""
        with self._asking:
            if self._watching is not None:
                self._watching.close()
                self._watching = None
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database at ``sqlite:///path`` or ``postgresql+psycopg://…``. Its tables may be missing yet."""
    parsed = make_url(url)
    engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
    return Database(engine)


def now(session: Session) -> datetime:
    """The moment by the database's clock, so that machines need not agree on the time."""
    if session.get_bind().dialect.name == "sqlite":
        moment = session.scalar(select(func.strftime("%Y-%m-%d %H:%M:%f", "now")))
        return datetime.fromisoformat(str(moment)).replace(tzinfo=UTC)
    moment = session.scalar(select(func.clock_timestamp()))
    assert isinstance(moment, datetime)  # noqa: S101 - for the type checker; PostgreSQL answers nothing else
    return moment.astimezone(UTC)


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=45,
        **_JSON,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "anpyc",
            "options": f"-c idle_in_transaction_session_timeout={1000 * IDLE_SECONDS}",
        },
    )


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_size=5, max_overflow=45, connect_args={"timeout": BUSY_SECONDS}, **_JSON)
    event.listen(engine, "do_connect", _make_folder)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(_dialect: object, _record: object, arguments: list[Any], _named: object) -> None:
    """With the connection, as what stands in its way is then told like any other trouble with it."""
    name = str(arguments[0])
    if not name.startswith((":memory:", "file:")):
        _private(Path(name))


def _private(path: Path) -> None:
    """The database and what lies beside it, which SQLite makes with the same rights."""
    private_folder(path.parent)
    private_file(path)
    with contextlib.suppress(PermissionError):
        for file in path.parent.glob(f"{path.name}-*"):
            take_from_others(file)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("anpyc_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
