"""Bringing the tables up to date with Alembic. Any process may do it; a lock lets one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from anpyc_queue.errors import DatabaseNewer, MigrationFailed, NoDatabase
from anpyc_queue.unusable import unusable

_PLACE = Path(__file__).parent / "migrations"
_POSTGRESQL_LOCK = 0x414E5079  # any constant number of our own


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def _revisions() -> frozenset[str]:
    script = ScriptDirectory.from_config(configuration())
    return frozenset(revision.revision for revision in script.walk_revisions())


@cache
def head() -> str:
    """The newest revision this version knows."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    assert revision is not None  # noqa: S101 - the package ships at least one
    return revision


def current(engine: Engine) -> str | None:
    """The revision the tables are at; None for an empty database."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def filled(engine: Engine) -> str:
    """The revision of a database that a dashboard has filled. None is made where there is none.

    :raises NoDatabase: when there is none, or nothing in it.
    :raises DatabaseNewer: when only a later version knows its tables.
    """
    name = str(engine.url.database)
    if engine.dialect.name == "sqlite" and not name.startswith("file:") and not Path(name).exists():
        raise NoDatabase(f"There is no database at {name}. ANPYC_DATA_DIR says where the dashboard is.")
    check_known(engine)
    revision = current(engine)
    if revision is None:
        where = engine.url.set(username=None, password=None, query={})
        raise NoDatabase(f"There is nothing in the database {where}. ANPYC_DATABASE_URL says where it is.")
    return revision


def check_known(engine: Engine) -> None:
    """
    :raises DatabaseNewer: when the tables are at a revision that this version does not have.
    """
    found = current(engine)
    if found is not None and found not in _revisions():
        raise DatabaseNewer(found, head())


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing.

    :raises Unusable: when that cannot be done; the tables are then as they were.
    """
    if revision == "head" and current(engine) == head():
        return
    check_known(engine)
    try:
        _upgrade(engine, revision)
    except Exception as error:  # a migration may raise anything; all of it leaves the tables as they were
        if unusable(error) is not None:
            raise
        raise MigrationFailed(str(error)) from error


def _upgrade(engine: Engine, revision: str) -> None:
    with changing_tables(engine) as connection:
        command.upgrade(configuration(connection), revision)


def bring_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to ``revision`` within :func:`changing_tables`."""
    command.upgrade(configuration(connection), revision)


def is_known(revision: str) -> bool:
    """Whether this version has the revision."""
    return revision in _revisions()


@contextmanager
def changing_tables(engine: Engine) -> Iterator[Connection]:
    """One transaction, all or nothing, in which tables are made and changed; others wait for it.

    :raises RuntimeError: when it leaves rows that point nowhere; nothing is changed then.
    """
    if engine.dialect.name == "sqlite":
        with _changing_sqlite(engine) as connection:
            yield connection
    else:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_LOCK})")
            yield connection


@contextmanager
def _changing_sqlite(engine: Engine) -> Iterator[Connection]:
    """Foreign keys are off meanwhile: a batch migration drops the table, which would empty its children."""
    with engine.execution_options(anpyc_writes=True).connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - an open connection has one
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise RuntimeError(f"The change would leave rows that point nowhere: {broken[:5]}")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")
