"""A run as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc import strict_json
from anpyc_queue import notes
from anpyc_queue.tables import Base, EpochRow, EvaluationRow, LayerRow, Run, SystemSample
from anpyc_server.errors import Invalid
from anpyc_server.records.accuracy import accuracy_matrix, before_pruning
from anpyc_server.records.csv_cells import cell, flat
from anpyc_server.records.joint import JointRuns
from anpyc_server.records.lookup import find_run
from anpyc_server.records.run_view import QueueView, detailed
from anpyc_server.resources.exports import summary
from anpyc_server.services import Services

_TABLES: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "evaluations": (EvaluationRow, ("step", "task", "round", "on_task", "accuracy", "end_of_task")),
    "epochs": (
        EpochRow,
        ("step", "task", "round", "epoch", "loss", "penalty", "learning_rate", "seconds"),
    ),
    "layers": (
        LayerRow,
        (
            "step", "task", "round", "layer", "shape", "total", "free", "consolidated", "pruned", "reused",
            "weight_norm", "skewness", "kurtosis", "end_of_task", "quantiles",
        ),
    ),
    "system": (
        SystemSample,
        (
            "number", "attempt", "at", "measurements", "seconds", "cores", "memory", "read", "written",
            "files", "gpu_use", "gpu_memory", "energy", "together",
        ),
    ),
}  # fmt: skip

_SUMMARIES: dict[str, tuple[tuple[str, ...], Callable[[Session, Run], summary.Rows]]] = {
    "metrics": (summary.METRICS, summary.metrics_of),
    "tasks": (summary.TASKS, summary.tasks_of),
}

_UNITS = {
    "step": "epochs",
    "accuracy": "share",
    "loss": "nats",
    "penalty": "nats",
    "seconds": "s",
    **dict.fromkeys(("value", *summary.SHARES), "share"),
    "gpu_use": "share",
    "energy": "Wh",
    **dict.fromkeys(("memory", "read", "written", "files", "gpu_memory"), "bytes"),
    **dict.fromkeys(("total", "free", "consolidated", "pruned", "reused"), "parameters"),
}


def export(services: Services, run_id: str, form: str, table: str) -> Response:
    """The file, offered under the run's name."""
    with services.database.read() as session:
        run = find_run(session, run_id)
        if form == "csv":
            return _file(run, f"{table}.csv", "text/csv; charset=utf-8", as_csv(session, run, table))
        if form == "json":
            return _file(run, "json", "application/json", as_json(session, run))
        if form == "parquet":
            return _file(
                run, f"{table}.parquet", "application/vnd.apache.parquet", as_parquet(session, run, table)
            )
    from anpyc_server.resources.exports.report import report

    return _file(run, "html", "text/html; charset=utf-8", report(services, run_id))


def as_csv(session: Session, run: Run, table: str) -> bytes:
    """One table with a header. Text that a spreadsheet would take for a formula is made harmless."""
    _, rows = rows_of(session, run, table)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header(table))
    writer.writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue().encode()


def header(table: str) -> list[str]:
    """The columns of a CSV file, with their units where they have one: ``loss (nats)``."""
    return [f"{name} ({_UNITS[name]})" if name in _UNITS else name for name in _columns(table)]


def _columns(table: str) -> tuple[str, ...]:
    return _SUMMARIES[table][0] if table in _SUMMARIES else _TABLES[table][1]


def as_json(session: Session, run: Run) -> bytes:
    """The run and all its rows, in the shape that ``anpyc train --json`` writes and more."""
    matrix = accuracy_matrix(session, run)
    content: dict[str, Any] = {
        "run": detailed(session, run, QueueView(session)).model_dump(mode="json"),
        "spec": run.spec,
        "accuracy": matrix,
        "before_pruning": before_pruning(run, matrix),
        "metrics": JointRuns(session).metrics(run, matrix),
        "notes_on_figures": {note.figure: note.text for note in notes.of_run(session, run.id)},
    }
    for table in (*_TABLES, "tasks"):
        names, rows = rows_of(session, run, table)
        content[table] = [_exported(dict(zip(names, row, strict=True))) for row in rows]
    return strict_json.dumps(content, ensure_ascii=False, default=_plain).encode()


def as_parquet(session: Session, run: Run, table: str) -> bytes:
    """One table as Parquet.

    :raises Invalid: where pyarrow is not installed.
    """
    try:
        import pyarrow  # type: ignore[import-not-found]
        import pyarrow.parquet  # type: ignore[import-not-found]
    except ImportError:
        raise Invalid.at(
            "format",
            "Parquet needs pyarrow on the server: `pip install pyarrow`. Until then take csv or json.",
        ) from None
    names, rows = rows_of(session, run, table)
    columns = {name: [flat(row[place]) for row in rows] for place, name in enumerate(names)}
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def rows_of(session: Session, run: Run, table: str) -> tuple[tuple[str, ...], Sequence[Sequence[Any]]]:
    """Column names and all rows, by their key."""
    if table in _SUMMARIES:
        names, made = _SUMMARIES[table]
        return names, made(session, run)
    model, names = _TABLES[table]
    content = model.__table__.c
    query = select(*(content[name] for name in names)).where(content.run_id == run.id)
    order = [content[name] for name in names[:4]]
    return names, [tuple(row) for row in session.execute(query.order_by(*order))]


def _file(run: Run, ending: str, media_type: str, content: bytes) -> Response:
    safe = re.sub(r"[^A-Za-z0-9]+", "-", run.name).strip("-").lower()[:60] or "run"
    return Response(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{safe}-{run.id[-6:].lower()}.{ending}"'},
    )


def _exported(row: dict[str, Any]) -> dict[str, Any]:
    """The row, and what its numbers were that JSON has no word for."""
    words = strict_json.not_finite(row)
    return row | {"not_finite": words} if words else row


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no plain data")
