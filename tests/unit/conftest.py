"""A new SQLite database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpyc_queue.engine import Database, open_database
from migrated import with_tables


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(with_tables(f"sqlite:///{tmp_path / 'anpyc.sqlite3'}"))
    yield opened
    opened.dispose()
