"""The list of runs: filters, sorting, pages that neither skip nor repeat a run while others come and go."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, or_, select
from sqlalchemy.orm import defer

from anpyc_server.db.models import Run
from anpyc_server.errors import BadRequest
from anpyc_server.runs.schemas import RunPage, Sort
from anpyc_server.runs.view import summaries
from anpyc_server.services import Services

_STATUS_ORDER = {"running": 0, "queued": 1, "failed": 2, "cancelled": 3, "succeeded": 4}
UNKNOWN = 1e9
"""Stands for a metric not known yet: it sorts last either way."""
METRICS: dict[str, ColumnElement[Any]] = {
    "average_accuracy": Run.average_accuracy.expression,
    "forgetting": Run.forgetting.expression,
    "capacity_free": Run.metrics["capacity_free"].as_float(),
}
"""What lists and groups are sorted by."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; empty parts want all."""

    status: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    benchmark: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    group: str | None = None
    archived: bool = False
    text: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL; deleted runs are never wanted."""
        wanted: list[ColumnElement[bool]] = [Run.deleted_at.is_(None), Run.archived.is_(self.archived)]
        for column, values in (
            (Run.status, self.status),
            (Run.strategy, self.strategy),
            (Run.benchmark, self.benchmark),
            (Run.dataset, self.dataset),
        ):
            if values:
                wanted.append(column.in_(values))
        if self.group is not None:
            wanted.append(in_group(self.group))
        wanted.extend(_tagged(tag) for tag in self.tags)
        wanted.extend(_mentions(word) for word in self.text.split())
        return wanted


def in_group(key: str) -> ColumnElement[bool]:
    """Runs of a group: ``spec:HASH``, ``sweep:ID``, or a sweep's bare id."""
    kind, colon, value = key.partition(":")
    if not colon:
        return Run.group_id == key
    if kind == "spec":
        return Run.spec_hash == value
    return Run.group_id == value if kind == "sweep" else false()


def page_of_runs(
    services: Services, wanted: RunFilter, sort: Sort, limit: int, cursor: str | None
) -> RunPage:
    """One page, in the order of ``sort``, ties by age."""
    descending = sort.startswith("-")
    key = _sort_key(sort.removeprefix("-"), descending)
    conditions = wanted.conditions()
    query = select(Run, key.label("sort_key")).where(*conditions)
    if cursor is not None:
        query = query.where(past(key, Run.id.expression, read_cursor(cursor, sort), descending))
    ties = (key.desc(), Run.id.desc()) if descending else (key.asc(), Run.id.asc())
    query = _without_bulk(query).order_by(*ties).limit(limit + 1)
    with services.database.read() as session:
        rows = session.execute(query).all()
        total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
        page = rows[:limit]
        items = summaries(session, [row[0] for row in page])
    more = len(rows) > limit
    next_cursor = write_cursor(sort, page[-1][1], page[-1][0].id) if more else None
    return RunPage(items=items, next_cursor=next_cursor, total=total)


def write_cursor(sort: str, value: Any, identity: str) -> str:
    """A page's end as text that the client hands back."""
    return base64.urlsafe_b64encode(json.dumps([sort, value, identity]).encode()).decode().rstrip("=")


def read_cursor(text: str, sort: str) -> tuple[Any, str]:
    """What :func:`write_cursor` wrote.

    :raises BadRequest: when it did not, or for another order.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        of, value, identity = json.loads(base64.urlsafe_b64decode(padded.encode()))
        readable = of == sort and isinstance(value, (str, int, float)) and isinstance(identity, str)
    except (ValueError, TypeError):
        readable = False
    if not readable:
        raise BadRequest(
            "The cursor does not belong to this list. Take `next_cursor` of the page before, same `sort`."
        )
    return value, identity


def _sort_key(name: str, descending: bool) -> ColumnElement[Any]:
    match name:
        case "created":
            return Run.id.expression
        case "name":
            return func.lower(Run.name)
        case "status":
            return case(_STATUS_ORDER, value=Run.status, else_=len(_STATUS_ORDER))
        case "strategy":
            return Run.strategy.expression
    return func.coalesce(METRICS[name], -UNKNOWN if descending else UNKNOWN)


def past(
    key: ColumnElement[Any], tie: ColumnElement[Any], end: tuple[Any, str], descending: bool
) -> ColumnElement[bool]:
    """What comes after the row that ended a page."""
    value, identity = end
    if descending:
        return or_(key < value, and_(key == value, tie < identity))
    return or_(key > value, and_(key == value, tie > identity))


def _without_bulk(query: Select[Any]) -> Select[Any]:
    return query.options(defer(Run.environment))


def _tagged(tag: str) -> ColumnElement[bool]:
    return cast(Run.tags, String).icontains(json.dumps(tag), autoescape=True)


def _mentions(word: str) -> ColumnElement[bool]:
    in_tags = cast(Run.tags, String).icontains(json.dumps(word)[1:-1], autoescape=True)
    return or_(Run.name.icontains(word, autoescape=True), Run.notes.icontains(word, autoescape=True), in_tags)
