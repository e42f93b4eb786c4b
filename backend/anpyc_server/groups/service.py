"""Putting runs together: by specification without name and seed, or by sweep."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import Session, defer

from anpyc.measures import MEASURES, known
from anpyc_server.db.models import SUCCEEDED, Run
from anpyc_server.groups.schemas import GroupBy, GroupPage, GroupSort, RunGroup, Spread
from anpyc_server.runs.listing import METRICS, UNKNOWN, RunFilter, past, read_cursor, write_cursor
from anpyc_server.services import Services

_MOST_IDS = 200
_FINE = 10**9


def groups(
    services: Services, by: GroupBy, wanted: RunFilter, sort: GroupSort, limit: int, cursor: str | None
) -> GroupPage:
    """One page of groups, ties by the newest run."""
    key = Run.spec_hash if by == "spec" else Run.group_id
    conditions = [*wanted.conditions(), key.is_not(None)]
    newest = func.max(Run.id)
    descending = sort.startswith("-")
    order = _sort_key(sort.removeprefix("-"), descending)
    query = select(key.label("key"), newest.label("newest"), order.label("sort_key"))
    query = query.where(*conditions).group_by(key)
    if cursor is not None:
        query = query.having(past(order, newest, read_cursor(cursor, f"{by}:{sort}"), descending))
    ties = (order.desc(), newest.desc()) if descending else (order.asc(), newest.asc())
    with services.database.read() as session:
        rows = session.execute(query.order_by(*ties).limit(limit + 1)).all()
        total = session.scalar(select(func.count(key.distinct())).where(*conditions)) or 0
        page = rows[:limit]
        members = _members(session, key, [row.key for row in page], conditions)
    items = [group_of(f"{by}:{row.key}", members[row.key]) for row in page]
    more = len(rows) > limit
    next_cursor = write_cursor(f"{by}:{sort}", page[-1].sort_key, page[-1].newest) if more else None
    return GroupPage.model_construct(items=items, next_cursor=next_cursor, total=total)


def _sort_key(name: str, descending: bool) -> ColumnElement[Any]:
    """Never a float: a mean need not come out the same in the question for the next page."""
    match name:
        case "created":
            return func.max(Run.id)
        case "name":
            return func.min(func.lower(Run.name))
        case "count":
            return func.count()
    mean = func.avg(case((Run.status == SUCCEEDED, METRICS[name])))
    unknown = -UNKNOWN if descending else UNKNOWN
    return cast(func.coalesce(mean, unknown) * _FINE, BigInteger)


def group_of(key: str, runs: Sequence[Run]) -> RunGroup:
    """Runs, the newest first, as one."""
    newest = runs[0]
    statuses: dict[str, int] = {}
    for run in runs:
        statuses[run.status] = statuses.get(run.status, 0) + 1
    return RunGroup.model_construct(
        key=key,
        title=common_title(runs),
        strategy=newest.strategy,
        benchmark=newest.benchmark,
        dataset=newest.dataset,
        count=len(runs),
        statuses=statuses,
        seeds=sorted({run.seed for run in runs}),
        run_ids=[run.id for run in runs[:_MOST_IDS]],
        metrics=spreads([run.metrics for run in runs if run.status == "succeeded"]),
        spec=newest.spec,  # type: ignore[arg-type]  # passed on as it was stored
        newest=newest.created_at,
    )


def spreads(metrics: Sequence[dict[str, Any]]) -> dict[str, Spread]:
    """Mean and sample standard deviation of each metric, over those that know it."""
    result = {}
    numbers = [known(of) for of in metrics]
    for name in MEASURES:
        values = [of[name] for of in numbers if name in of]
        if values:
            result[name] = spread(values)
    return result


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation."""
    return Spread(
        mean=fmean(values),
        std=stdev(values) if len(values) > 1 else None,
        n=len(values),
        low=min(values),
        high=max(values),
    )


def common_title(runs: Sequence[Run]) -> str:
    """What the runs' names begin with, or the newest's."""
    names = [run.name for run in runs]
    shared = names[0]
    for name in names[1:]:
        while not name.startswith(shared):
            shared = shared[:-1]
    trimmed = shared.rstrip(" ,;:·-_(")
    trimmed = trimmed.removesuffix("seed").removesuffix("seed=").rstrip(" ,;:·-_(=")
    return trimmed if len(trimmed) >= 3 else names[0]


def _members(
    session: Session, key: Any, keys: Sequence[str], conditions: Sequence[Any]
) -> dict[str, list[Run]]:
    query = select(Run).where(*conditions, key.in_(keys)).order_by(Run.id.desc())
    members: dict[str, list[Run]] = {one: [] for one in keys}
    for run in session.scalars(query.options(defer(Run.environment), defer(Run.plan))):
        members[getattr(run, key.key)].append(run)
    return members
