"""The list as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from fastapi import Response
from sqlalchemy.orm import Session

from anpyc import strict_json
from anpyc_server.errors import Invalid
from anpyc_server.records.csv_cells import cell
from anpyc_server.records.finding.fields import Field, find
from anpyc_server.records.finding.values import values_of
from anpyc_server.records.listing import RunFilter, sorted_by
from anpyc_server.resources.runs.pages import keys_of
from anpyc_server.services import Services

MOST = 10_000
"""Runs in one file."""
_AT_ONCE = 200
ListFormat = Literal["csv", "json"]
USUAL = (
    "id", "project", "name", "status", "strategy", "benchmark", "dataset", "seed", "average_accuracy",
    "forgetting", "capacity_free", "duration", "created",
)  # fmt: skip
_UNITS = {"share": "share", "loss": "share", "change": "share", "duration": "s"}


def export_list(
    services: Services, wanted: RunFilter, sort: str, form: ListFormat, columns: Mapping[str, Field]
) -> Response:
    """All runs that the filter leaves, in this order, with these columns or the usual ones.

    :raises Invalid: at ``filter``, when they are too many for one file.
    """
    columns = columns or {name: find(name) for name in USUAL}
    with services.database.read() as session:
        keys = keys_of(session, wanted.conditions(), sorted_by(sort), MOST + 1, None)
        if len(keys) > MOST:
            raise Invalid.at(
                "filter", f"More than {MOST:,} runs are listed: narrow the filter to export them."
            )
        rows = _rows(session, [key.id for key in keys], columns)
    if form == "json":
        content, media_type = strict_json.encode(rows), "application/json"
    else:
        content, media_type = _csv(rows, columns), "text/csv; charset=utf-8"
    return Response(
        content,
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="runs.{form}"'},
    )


def _rows(session: Session, run_ids: Sequence[str], columns: Mapping[str, Field]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for start in range(0, len(run_ids), _AT_ONCE):
        rows += values_of(session, run_ids[start : start + _AT_ONCE], columns)
    return rows


def _csv(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Field]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_head(name, field) for name, field in columns.items()])
    writer.writerows([[cell(_plain(value)) for value in row.values()] for row in rows])
    return out.getvalue().encode()


def _head(name: str, field: Field) -> str:
    unit = _UNITS.get(field.type, field.unit)
    return f"{name} ({unit})" if unit else name


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
