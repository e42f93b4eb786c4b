"""Accuracies in one piece are those that are read row by row, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select

from anpyc.settings import Settings
from anpyc_queue.engine import Database, open_database
from anpyc_queue.tables import EvaluationRow, Run
from anpyc_server.records import packed
from anpyc_server.records.packed import read_evaluations
from anpyc_server.records.series import Evaluations, SeriesCache
from installed import Servers
from migrated import with_tables
from serving import queued, spec

Rows = list[dict[str, object]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        address = with_tables(Settings(data_dir=tmp_path).database)
    else:
        servers: Servers = request.getfixturevalue("servers")
        address = servers.postgres.database_with_tables()
    opened = open_database(address)
    yield opened
    opened.dispose()


def rows_of(run_id: str, steps: int, tasks: int = 7) -> Rows:
    """Tasks of unequal length with rounds, accuracies of all magnitudes, some steps without some tasks."""
    random = np.random.default_rng(steps)
    rows: Rows = []
    for step in range(steps):
        task = step * tasks // steps
        measured = [on for on in range(task + 1) if on == task or random.random() < 0.9]
        rows += [
            {
                "run_id": run_id,
                "step": step,
                "on_task": on,
                "task": task,
                "round": step % 5,
                "accuracy": float(random.choice([0.0, 1.0, random.random(), random.random() / 1000, 1e-9])),
                "end_of_task": step % 11 == 0 and on % 2 == 0,
            }
            for on in measured
        ]
    return rows


def store(database: Database, rows: Rows) -> None:
    with database.write() as session:
        session.execute(insert(EvaluationRow), rows)


def row_by_row(database: Database, run_id: str) -> Evaluations:
    names = ("step", "on_task", "task", "round", "accuracy", "end_of_task")
    with database.read() as session:
        query = select(*(getattr(EvaluationRow, name) for name in names)).where(
            EvaluationRow.run_id == run_id
        )
        found = session.execute(query.order_by(EvaluationRow.step, EvaluationRow.on_task)).all()
    return Evaluations(*(np.array(column) for column in zip(*found, strict=True)))


def same(one: Evaluations, other: Evaluations) -> bool:
    return all(np.array_equal(vars(one)[name], vars(other)[name]) for name in vars(one))


@pytest.mark.parametrize("between", [False, True], ids=["in one stretch", "between another's"])
@pytest.mark.parametrize("order", ["in order", "in any order"])
def test_equals_the_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch, between: bool, order: str
) -> None:
    monkeypatch.setattr(packed, "_FEWEST_ROWS", 100)
    monkeypatch.setattr(packed, "_PIECE", 321)
    run_id, other = queued(database, spec(name="long")), queued(database, spec(name="beside"))
    rows = rows_of(run_id, 400)
    if order == "in any order":
        rows = [rows[place] for place in np.random.default_rng(0).permutation(len(rows))]
    if not between:
        store(database, rows_of(other, 50))
        store(database, rows)
    else:
        beside = rows_of(other, 4_000)
        for part in range(20):
            store(database, beside[part::20])
            store(database, rows[part * len(rows) // 20 : (part + 1) * len(rows) // 20])
    with database.read() as session:
        columns = read_evaluations(session.connection(), run_id)
    assert columns is not None
    assert [column.dtype for column in columns] == ["i8", "i8", "i8", "i8", "f8", "?"]
    assert same(Evaluations(*columns), row_by_row(database, run_id))


def test_what_does_not_fit_is_read_row_by_row(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_FEWEST_ROWS", 100)
    strange, late, short, plain = (queued(database, spec(name=name)) for name in "abcd")
    rows = rows_of(strange, 300)
    rows[-1] |= {"accuracy": 1.5}
    store(database, rows)
    rows = rows_of(late, 300)
    rows[-1] |= {"step": 2_000_000_000}
    store(database, rows)
    store(database, rows_of(short, 10))
    store(database, rows_of(plain, 300))
    in_one_piece = []
    for run_id in (strange, late, short, plain):
        with database.read() as session:
            run = session.get_one(Run, run_id)
            in_one_piece.append(read_evaluations(session.connection(), run_id) is not None)
            assert same(SeriesCache().evaluations(session, run), row_by_row(database, run_id))
    # PostgreSQL hands over the doubles themselves.
    assert in_one_piece == [not database.is_sqlite, False, False, True]
