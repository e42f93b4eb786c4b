"""SQLite among processes."""

from __future__ import annotations

import subprocess
import sys

from sqlalchemy import text

from anpyc_queue.engine import Database

_TAKE_FOR_ITSELF = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0)
try:
    print(*connection.execute("PRAGMA journal_mode=DELETE").fetchone())
except sqlite3.OperationalError as error:
    print(error)
"""


def test_a_second_connection_leaves_the_locks_of_the_first(database: Database) -> None:
    """Without them another process that leaves takes itself for the last, and the log of writes away."""
    with database.engine.connect() as first, database.engine.connect() as second:
        for connection in (first, second):
            connection.execute(text("SELECT count(*) FROM runs"))
        command = [sys.executable, "-c", _TAKE_FOR_ITSELF, str(database.engine.url.database)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.strip() == "database is locked"
