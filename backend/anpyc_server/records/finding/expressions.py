"""A field as SQL: what filters compare and lists are sorted by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, literal, select

from anpyc_queue.tables import Attempt, Project, Run, SpecSettings
from anpyc_queue.words import NOTES_FROM, TAG_EDGE, TAGS_FROM
from anpyc_server.records.finding.fields import NUMERIC, Field
from anpyc_server.records.finding.sql import json_number, json_text, moment_before, path, place_of, seconds_of


def expression(field: Field, run: type[Run] = Run) -> ColumnElement[Any]:
    """Of a run; of a setting of its row in ``spec_settings``, which has to be joined. Null: unknown."""
    match field.origin:
        case "column" | "group":
            column: ColumnElement[Any] = getattr(run, field.key).expression
            return column
        case "words":
            return func.nullif(words_of(field.name, run), "")
        case "metric":
            return _in_json(field, run.metrics.expression)
        case "environment":
            return _in_json(field, run.environment.expression)
        case "error":
            return _in_json(field, run.error.expression)
        case "setting":
            return _in_json(field, SpecSettings.settings.expression)
        case "duration":
            return _duration(run)
        case "project":
            return select(Project.folded).where(Project.id == run.project_id).scalar_subquery()


def _in_json(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    made = json_number if field.type in NUMERIC else json_text
    found: ColumnElement[Any] = made(column, literal(path(field.key)))
    return found


def words_of(name: str, run: type[Run]) -> ColumnElement[str]:
    """The folded name, tags or notes."""
    tags, notes = place_of(run.words, TAGS_FROM), place_of(run.words, NOTES_FROM)
    if name == "name":
        return func.substr(run.words, 1, tags - 1)
    if name == "tags":
        return func.substr(run.words, tags + 1, notes - tags - 1)
    return func.substr(run.words, notes + 1)


def has_tag(tag: str, run: type[Run]) -> ColumnElement[bool]:
    """:param tag: as :func:`anpyc_queue.words.plain` has it."""
    return place_of(run.words, f"{TAG_EDGE}{tag}{TAG_EDGE}") > 0


def _duration(run: type[Run]) -> ColumnElement[float]:
    """What its attempts took together."""
    end = func.coalesce(Attempt.ended_at, moment_before(0.0))
    took = func.sum(seconds_of(end) - seconds_of(Attempt.begun_at))
    query = select(took).where(
        Attempt.job_kind == Run.kind, Attempt.job_id == run.id, Attempt.begun_at.is_not(None)
    )
    return query.scalar_subquery()
