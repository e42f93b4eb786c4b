"""Databases whose tables are there already: migrations run once per process, and every test gets a copy.

That migrations themselves work is tested where nothing is copied: `integration/test_tables.py`,
`integration/test_earlier_databases.py` and every server that a test starts in an empty folder.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import delete, make_url, update

from anpyc_queue.engine import Database, open_database
from anpyc_queue.tables import UNSORTED, Base, Project


def with_tables(url: str) -> str:
    """The same address. A SQLite file that is not there yet is made, with this version's tables."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not parsed.database.startswith("file:"):
        file = Path(parsed.database)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(_template(), file)
    return url


def empty_database(database: Database) -> None:
    """Leave nothing in the database but what a migration puts in."""
    with database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != Project.__tablename__:
                session.execute(table.delete())
        session.execute(delete(Project).where(Project.id != UNSORTED))
        session.execute(update(Project).values(description="", version=1))


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="anpyc-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "tables.sqlite3"
    made = open_database(f"sqlite:///{file}")
    made.migrate()
    made.dispose()  # the last connection to leave takes the write-ahead log back into the file
    return file
