"""The list of runs: filters, sorting, pages that neither skip nor repeat a run while others come and go."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, literal, or_, select
from sqlalchemy.orm import defer, selectinload

from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.errors import BadRequest
from anpyc_server.runs.schemas import RunPage, Sort
from anpyc_server.runs.view import summaries
from anpyc_server.services import Services

_STATUS_ORDER = {"running": 0, "queued": 1, "failed": 2, "cancelled": 3, "succeeded": 4}
_FINISHED, _UNFINISHED, _UNKNOWN = 0, 1, 2
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


@dataclass(frozen=True)
class Order:
    """How rows follow each other: by tier, always upwards, then by ``key`` and ``identity``, both one way."""

    key: ColumnElement[Any]
    identity: ColumnElement[Any]
    tier: ColumnElement[int] | None = None
    """None where there is but one, so that an index on the key serves."""

    def columns(self) -> list[ColumnElement[Any]]:
        """What of a row its place is told by."""
        tier = literal(0) if self.tier is None else self.tier
        return [tier.label("tier"), self.key.label("sort_key")]

    def by(self, descending: bool) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        ties = [self.key, self.identity]
        directed: list[ColumnElement[Any]] = [one.desc() if descending else one.asc() for one in ties]
        return directed if self.tier is None else [self.tier.asc(), *directed]

    def past(self, end: tuple[int, Any, str], descending: bool) -> ColumnElement[bool]:
        """What comes after the row that ended a page."""
        last, value, identity = end
        key, tie = self.key, self.identity
        if descending:
            further = or_(key < value, and_(key == value, tie < identity))
        else:
            further = or_(key > value, and_(key == value, tie > identity))
        return further if self.tier is None else or_(self.tier > last, and_(self.tier == last, further))


def page_of_runs(
    services: Services, wanted: RunFilter, sort: Sort, limit: int, cursor: str | None
) -> RunPage:
    """One page, in the order of ``sort``, ties by age.

    By a metric, runs that did not finish come after those that did, whichever way: theirs is that of the
    tasks they got to. Runs without the metric come last.
    """
    descending = sort.startswith("-")
    order = _order(sort.removeprefix("-"))
    conditions = wanted.conditions()
    query = select(Run, *order.columns()).where(*conditions)
    if cursor is not None:
        query = query.where(order.past(read_cursor(cursor, sort), descending))
    query = _without_bulk(query).order_by(*order.by(descending)).limit(limit + 1)
    with services.database.read() as session:
        rows = session.execute(query).all()
        total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
        page = rows[:limit]
        items = summaries(session, [row[0] for row in page])
    more = len(rows) > limit
    next_cursor = write_cursor(sort, page[-1].tier, page[-1].sort_key, page[-1][0].id) if more else None
    return RunPage(items=items, next_cursor=next_cursor, total=total)


def write_cursor(sort: str, tier: int, key: Any, identity: str) -> str:
    """A page's end as text that the client hands back."""
    content = json.dumps([sort, tier, key, identity])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(text: str, sort: str) -> tuple[int, Any, str]:
    """What :func:`write_cursor` wrote: tier, key and identity.

    :raises BadRequest: when it did not, or for another order.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        of, tier, key, identity = json.loads(base64.urlsafe_b64decode(padded.encode()))
        readable = (
            of == sort and tier in (_FINISHED, _UNFINISHED, _UNKNOWN) and isinstance(key, (str, int, float))
        )
        readable = readable and isinstance(identity, str)
    except (ValueError, TypeError):
        readable = False
    if not readable:
        raise BadRequest(
            "The cursor does not belong to this list. Take `next_cursor` of the page before, same `sort`."
        )
    return tier, key, identity


def _order(name: str) -> Order:
    match name:
        case "created":
            return Order(Run.id.expression, Run.id.expression)
        case "name":
            return Order(func.lower(Run.name), Run.id.expression)
        case "status":
            order = case(_STATUS_ORDER, value=Run.status, else_=len(_STATUS_ORDER))
            return Order(order, Run.id.expression)
        case "strategy":
            return Order(Run.strategy.expression, Run.id.expression)
    metric = METRICS[name]
    tier = case((metric.is_(None), _UNKNOWN), (Run.status == SUCCEEDED, _FINISHED), else_=_UNFINISHED)
    return Order(func.coalesce(metric, 0.0), Run.id.expression, tier)


def _without_bulk(query: Select[Any]) -> Select[Any]:
    return query.options(defer(Run.environment), selectinload(Run.attempts))


def _tagged(tag: str) -> ColumnElement[bool]:
    return cast(Run.tags, String).icontains(json.dumps(tag), autoescape=True)


def _mentions(word: str) -> ColumnElement[bool]:
    in_tags = cast(Run.tags, String).icontains(json.dumps(word)[1:-1], autoescape=True)
    return or_(Run.name.icontains(word, autoescape=True), Run.notes.icontains(word, autoescape=True), in_tags)
