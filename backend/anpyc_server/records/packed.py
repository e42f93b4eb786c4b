"""All accuracies of a long run in one piece.

A row that passes through Python costs a microsecond, so that a million take seconds. Here the database
writes out whole columns itself, SQLite as text of whole numbers and PostgreSQL as bytes, and numpy reads them
back to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Keys = npt.NDArray[np.int64]
    Shares = npt.NDArray[np.float64]

_FEWEST_ROWS = 20_000
"""Fewer are read as they are."""
_PIECE = 1_000_000
"""Rows that SQLite writes into one text."""
_DENSE = 3
"""Of so many neighbouring rows one at least is the run's: then reading all of them beats finding each."""
_MOMENT_BITS = 31
"""Of a key: fifteen for the task, fifteen for the round, one for the task's end."""
_ONE = 1 << 62
"""What SQLite writes for an accuracy of 1: doubles down to 2⁻¹⁰ are whole numbers then."""
_EXACT_FROM = 1 << 52
"""2⁻¹⁰, as it is written."""

_KEY = f"((step * :tasks + on_task) * {1 << _MOMENT_BITS} + task * {1 << 16} + round * 2 + {{end}})"


@dataclass(frozen=True)
class _Extent:
    rows: int
    tasks: int
    """One more than the highest task that accuracy was measured on."""
    places: range
    """Of the run's rows in SQLite's table, with others' between them."""


def read_evaluations(connection: Connection, run_id: str) -> tuple[npt.NDArray[Any], ...] | None:
    """step, on_task, task, round, accuracy, end_of_task, by step and on_task; None where the run is short or
    its numbers do not fit, and rows are to be read one by one."""
    import numpy as np

    sqlite = connection.dialect.name == "sqlite"
    extent = _extent(connection, run_id, sqlite)
    if extent is None:
        return None
    packed = (
        _from_sqlite(connection, run_id, extent) if sqlite else _from_postgresql(connection, run_id, extent)
    )
    if packed is None:
        return None
    keys, accuracy = packed
    if not bool((keys[1:] > keys[:-1]).all()):
        order = np.argsort(keys, kind="stable")
        keys, accuracy = keys[order], accuracy[order]
    moment, place = keys & ((1 << _MOMENT_BITS) - 1), keys >> _MOMENT_BITS
    step, on_task = np.divmod(place, extent.tasks)
    return step, on_task, moment >> 16, (moment >> 1) & 0x7FFF, accuracy, (moment & 1).astype(np.bool_)


def _extent(connection: Connection, run_id: str, sqlite: bool) -> _Extent | None:
    """All from the index alone."""
    places = "min(rowid), max(rowid)" if sqlite else "0, 0"
    rows, steps, tasks, first, last = connection.execute(
        text(f"SELECT count(*), max(step), max(on_task), {places} FROM evaluations WHERE run_id = :run"),  # noqa: S608 - no words from outside
        {"run": run_id},
    ).one()
    if rows < _FEWEST_ROWS or (steps + 1) * (tasks + 1) > 1 << (63 - _MOMENT_BITS):
        return None
    return _Extent(rows, tasks + 1, range(first, last + 1))


def _from_sqlite(connection: Connection, run_id: str, extent: _Extent) -> tuple[Keys, Shares] | None:
    """None where something is no accuracy."""
    import numpy as np

    texts = list(_texts(connection, run_id, extent))
    keys, numbers = (
        np.concatenate([np.fromstring(piece, dtype=np.int64, sep=",") for piece in pieces])
        for pieces in zip(*texts, strict=True)
    )
    if len(numbers) != extent.rows or int(numbers.min()) < 0 or int(numbers.max()) > _ONE:
        return None
    accuracy = numbers / _ONE
    small = np.flatnonzero(numbers < _EXACT_FROM)
    if len(small):
        known = _small_ones(connection, run_id, extent)
        accuracy[small] = [known.get(key, 0.0) for key in (keys[small] >> _MOMENT_BITS).tolist()]
    return keys, accuracy


def _small_ones(connection: Connection, run_id: str, extent: _Extent) -> dict[int, float]:
    """Accuracies that are too small to be written exactly."""
    query = text(
        f"SELECT step * :tasks + on_task, accuracy FROM {_table(extent)[0]}"  # noqa: S608 - no words from outside
        " WHERE run_id = :run AND accuracy > 0 AND accuracy < :exact_from"
        f" AND {_table(extent)[1]} BETWEEN :first AND :last"
    )
    given = {"run": run_id, "tasks": extent.tasks, "exact_from": _EXACT_FROM / _ONE}
    ends = {"first": extent.places[0], "last": extent.places[-1]}
    return {row[0]: row[1] for row in connection.execute(query, given | ends)}


def _table(extent: _Extent) -> tuple[str, str]:
    """How to read the table: from place to place, or by its index where the run's rows lie far apart."""
    if len(extent.places) < _DENSE * extent.rows:
        return "evaluations NOT INDEXED", "rowid"
    return "evaluations", "+rowid"


def _texts(connection: Connection, run_id: str, extent: _Extent) -> Iterator[tuple[str, str]]:
    table, place = _table(extent)
    query = text(
        f"SELECT group_concat({_KEY.format(end='end_of_task')}),"  # noqa: S608 - no words from outside
        f" group_concat(CAST(accuracy * {_ONE}.0 AS INTEGER))"
        f" FROM {table} WHERE run_id = :run AND {place} BETWEEN :first AND :last"
    )
    pieces = -(-extent.rows // _PIECE)
    width = -(-len(extent.places) // pieces)
    for first in extent.places[::width]:
        given = {"run": run_id, "tasks": extent.tasks, "first": first, "last": first + width - 1}
        keys, numbers = connection.execute(query, given).one()
        if keys:
            yield keys, numbers


def _from_postgresql(connection: Connection, run_id: str, extent: _Extent) -> tuple[Keys, Shares]:
    import numpy as np

    key = _KEY.format(end="end_of_task::int").replace("step", "step::bigint", 1)
    query = text(
        f"SELECT string_agg(int8send({key}) || float8send(accuracy), ''::bytea)"  # noqa: S608 - no words from outside
        " FROM evaluations WHERE run_id = :run"
    )
    packed = connection.execute(query, {"run": run_id, "tasks": extent.tasks}).scalar_one()
    table = np.frombuffer(packed, dtype=[("key", ">i8"), ("accuracy", ">f8")])
    return table["key"].astype(np.int64), table["accuracy"].astype(np.float64)
