"""Rows with natural keys: written again, they replace themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from anpyc_queue.tables import Base


def upsert(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; one that is there already is replaced, so the newest report counts."""
    session.execute(_statement(session.get_bind().dialect.name, model, tuple(rows[0])), rows)


@cache
def _statement(dialect: str, model: type[Base], names: tuple[str, ...]) -> Executable:
    """Built once: that takes longer than to write a few rows."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - for the type checker
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    key = [column.name for column in table.primary_key]
    rest = {name: statement.excluded[name] for name in names if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=rest)
