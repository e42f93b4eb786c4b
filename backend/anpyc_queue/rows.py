"""Rows as lines of JSON that either database can give and take, whatever revision its tables are at.

The first line names the columns, each other one is a row in that order. JSON columns go as the text that is
stored, so that a null of JSON and none of SQL stay apart; bytes as base64; moments in UTC. Numbers that JSON
does not know are written as Python writes them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    select,
)

LEFT_OUT = frozenset(
    {
        "alembic_version", "outbox", "workers", "locks", "browser_sessions", "sign_in_links",
        "notification_addresses", "deliveries",
    }
)  # fmt: skip
"""Of the moment and of the machine: who is there, who is signed in, for whom a bell is still to be rung. And
what is secret: where notifications go."""
_AT_ONCE = 200
"""Rows that are held in memory; a row of a mask may be large."""


class NotRows(Exception):
    """Lines that are no rows of the table."""


def kept_tables(connection: Connection) -> list[Table]:
    """The tables whose rows are kept, what is pointed to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def dump(connection: Connection, table: Table) -> Iterator[bytes]:
    """All rows of the table as lines, in the order of its key."""
    yield _line([column.name for column in table.columns])
    query = select(*map(_stored, table.columns)).order_by(*table.primary_key)
    for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}):
        yield _line([_plain(value) for value in row])


def load(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert the rows into the empty table. Answers how many there were.

    :raises NotRows: when the lines are no rows of this table.
    """
    lines = iter(lines)
    names = _parsed(next(lines, b"null"))
    columns = {column.name: column for column in table.columns}
    if not isinstance(names, list) or sorted(map(str, names)) != sorted(columns):
        raise NotRows(f"The columns of {table.name} are others.")
    here = connection.dialect.name
    statement = table.insert().values({name: _bound(columns[name], here) for name in names})
    to_itself = [column.name for column in table.columns if _points_to(column, table)]
    count, later = 0, []
    while batch := [_row(line, names, columns, here) for line in islice(lines, _AT_ONCE)]:
        for row in batch:
            later += [(row, name, row[name]) for name in to_itself if row[name] is not None]
            row.update(dict.fromkeys(to_itself))
        connection.execute(statement, batch)
        count += len(batch)
    for row, name, value in later:
        key = [column == row[column.name] for column in table.primary_key]
        connection.execute(table.update().where(*key).values({name: value}))
    return count


def _stored(column: Column[Any]) -> Any:
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _bound(column: Column[Any], here: str) -> Any:
    if not isinstance(column.type, JSON):
        return bindparam(column.name)
    text = bindparam(column.name, type_=Text)
    return text if here == "sqlite" else cast(text, column.type)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode()
    return value


def _row(line: bytes, names: list[str], columns: dict[str, Column[Any]], here: str) -> dict[str, Any]:
    values = _parsed(line)
    if not isinstance(values, list) or len(values) != len(names):
        raise NotRows("A line is no row.")
    try:
        return {name: _value(columns[name], value, here) for name, value in zip(names, values, strict=True)}
    except (ValueError, TypeError) as error:
        raise NotRows(f"A row holds what its column cannot: {error}") from error


def _value(column: Column[Any], value: Any, here: str) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(column.type, DateTime):
        moment = datetime.fromisoformat(value).astimezone(UTC)
        return moment.replace(tzinfo=None) if here == "sqlite" else moment
    if isinstance(column.type, JSON):
        json.loads(value)
    return value


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotRows("A line is no JSON.") from error


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _points_to(column: Column[Any], table: Table) -> bool:
    """Such a row may come before the one that it points to."""
    return any(key.column.table is table for key in column.foreign_keys)
