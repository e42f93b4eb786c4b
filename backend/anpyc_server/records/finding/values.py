"""Fields of runs as values: what a row of the list shows beside what every row has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only, selectinload

from anpyc_queue.engine import now
from anpyc_queue.finding import Value, flattened
from anpyc_queue.jobs import trained_seconds
from anpyc_queue.tables import Project, Run
from anpyc_server.errors import Invalid
from anpyc_server.records.finding.fields import Field, UnknownField, find

MOST_COLUMNS = 60


def columns_of(names: Sequence[str]) -> dict[str, Field]:
    """The fields by what they were asked for as; commas separate several.

    :raises Invalid: at ``columns``, when one is unknown or there are too many.
    """
    wanted = [name.strip() for each in names for name in each.split(",") if name.strip()]
    if len(wanted) > MOST_COLUMNS:
        raise Invalid.at("columns", f"At most {MOST_COLUMNS} columns can be asked for at once.")
    try:
        return {name: find(name) for name in wanted}
    except UnknownField as error:
        raise Invalid.at("columns", str(error)) from None


def values_of(session: Session, run_ids: Sequence[str], columns: Mapping[str, Field]) -> list[dict[str, Any]]:
    """Of each run, in this order, by the names of the columns. Moments are as in the rest of an answer."""
    if not columns or not run_ids:
        return [{} for _ in run_ids]
    wanted = columns.values()
    query = select(Run).where(Run.id.in_(run_ids)).options(load_only(*_stored(wanted), raiseload=True))
    if any(field.origin == "duration" for field in wanted):
        query = query.options(selectinload(Run.attempts))
    runs = {run.id: run for run in session.scalars(query)}
    moment = now(session)
    projects: dict[str, str] = {}
    if any(field.origin == "project" for field in wanted):
        projects = {row.id: row.name for row in session.execute(select(Project.id, Project.name))}
    return [_row(runs[run_id], columns, moment, projects) for run_id in run_ids]


def _row(
    run: Run, columns: Mapping[str, Field], moment: datetime, projects: Mapping[str, str]
) -> dict[str, Any]:
    settings = dict(flattened(run.spec)) if any(each.origin == "setting" for each in columns.values()) else {}
    return {
        name: projects[run.project_id] if field.origin == "project" else _value(run, field, settings, moment)
        for name, field in columns.items()
    }


def _value(run: Run, field: Field, settings: Mapping[str, Value], moment: datetime) -> Any:
    match field.origin:
        case "setting":
            return settings.get(field.key)
        case "metric":
            return run.metrics.get(field.key)
        case "environment":
            return run.environment.get(field.key)
        case "error":
            return (run.error or {}).get(field.key)
        case "duration":
            return trained_seconds(run, moment)
        case "words":
            return ", ".join(run.tags) if field.name == "tags" else getattr(run, field.name) or None
    return getattr(run, field.key)


def _stored(wanted: Any) -> list[InstrumentedAttribute[Any]]:
    """The columns that the fields are read from."""
    named = {"metric": "metrics", "environment": "environment", "error": "error", "setting": "spec"}
    keys = {"id"}
    for field in wanted:
        if field.origin in ("column", "group", "project"):
            keys.add(field.key)
        elif field.origin == "words":
            keys.add(field.name)
        elif field.origin in named:
            keys.add(named[field.origin])
    return [getattr(Run, key) for key in sorted(keys)]
