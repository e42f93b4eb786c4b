"""The list of runs: pages that neither skip nor repeat a run while others come and go."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import defer, selectinload

from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.records.listing import (
    FINISHED,
    METRICS,
    UNFINISHED,
    UNKNOWN,
    Order,
    RunFilter,
    read_cursor,
    write_cursor,
)
from anpyc_server.records.run_schemas import RunPage, Sort
from anpyc_server.records.run_view import summaries
from anpyc_server.services import Services

_STATUS_ORDER = {"running": 0, "queued": 1, "failed": 2, "cancelled": 3, "succeeded": 4}


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
    tier = case((metric.is_(None), UNKNOWN), (Run.status == SUCCEEDED, FINISHED), else_=UNFINISHED)
    return Order(func.coalesce(metric, 0.0), Run.id.expression, tier)


def _without_bulk(query: Select[Any]) -> Select[Any]:
    return query.options(defer(Run.environment), selectinload(Run.attempts))
