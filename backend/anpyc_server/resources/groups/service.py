"""Putting runs together: by specification without name and seed, or by sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased, load_only

from anpyc_queue.tables import SUCCEEDED, Run, SpecSettings, StudyRun
from anpyc_server.records.counting import counted_runs
from anpyc_server.records.counting_sentences import sentence
from anpyc_server.records.differences import differences, shared_name, title_of
from anpyc_server.records.finding.expressions import expression
from anpyc_server.records.finding.fields import Field, find
from anpyc_server.records.listing import KeyType, RunFilter, key_of, read_cursor, sorted_by, write_cursor
from anpyc_server.records.spreads import spreads
from anpyc_server.resources.groups.schemas import GroupBy, GroupPage, GroupSort, RunGroup, Varied
from anpyc_server.services import Services

_MOST_IDS = 200
_FINE = 10**9
_KNOWN, _UNKNOWN = 0, 1
_OF_GROUPS = ("created", "name", "count")
"""What groups have of their own to be sorted by; the rest is of their runs."""
_SHOWN = (
    Run.name, Run.status, Run.seed, Run.spec, Run.spec_hash, Run.group_id, Run.metrics,
    Run.strategy, Run.benchmark, Run.dataset, Run.created_at,
)  # fmt: skip
"""What of its runs a group is told by."""


@dataclass(frozen=True)
class Order:
    """How groups follow each other: by tier, always upwards, then by ``key`` and ``identity``, one way."""

    key: ColumnElement[Any]
    identity: ColumnElement[Any]
    tier: ColumnElement[int] | None = None
    """None where there is but one."""

    def columns(self) -> list[ColumnElement[Any]]:
        """What of a group its place is told by."""
        tier = literal(_KNOWN) if self.tier is None else self.tier
        return [tier.label("tier"), self.key.label("sort_key")]

    def by(self, descending: bool) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        ties = [self.key, self.identity]
        directed: list[ColumnElement[Any]] = [
            column.desc() if descending else column.asc() for column in ties
        ]
        return directed if self.tier is None else [self.tier.asc(), *directed]

    def past(self, end: tuple[int, Any, str], descending: bool) -> ColumnElement[bool]:
        """What comes after the group that ended a page."""
        last, value, identity = end
        key, tie = self.key, self.identity
        if descending:
            further = or_(key < value, and_(key == value, tie < identity))
        else:
            further = or_(key > value, and_(key == value, tie > identity))
        return further if self.tier is None else or_(self.tier > last, and_(self.tier == last, further))


def groups(
    services: Services,
    by: GroupBy,
    wanted: RunFilter,
    sort: GroupSort,
    limit: int,
    cursor: str | None,
    full: bool,
) -> GroupPage:
    """One page of groups, ties by the newest run; with its specification if ``full``."""
    key = Run.spec_hash if by == "spec" else Run.group_id
    conditions = [*wanted.conditions(), key.is_not(None)]
    sort = _sorted_by(sort)
    descending = sort.startswith("-")
    name = sort.removeprefix("-")
    end = None if cursor is None else read_cursor(cursor, f"{by}:{sort}", _key_types(name))
    if name == "created" and by == "spec":
        query = _by_age(wanted, end, descending)
    else:
        query = _by_order(key, conditions, name, end, descending)
    with services.database.read() as session:
        rows = session.execute(query.limit(limit + 1)).all()
        distinct = select(key).where(*conditions).group_by(key).subquery()
        total = session.scalar(select(func.count()).select_from(distinct)) or 0
        page = rows[:limit]
        members = _members(session, key, [row.key for row in page], conditions)
        if by == "sweep":
            members = _with_taken_in(session, members, wanted.conditions())
    items = [group_of(f"{by}:{row.key}", members[row.key], full) for row in page]
    more, last = len(rows) > limit, page[-1] if page else None
    next_cursor = (
        write_cursor(f"{by}:{sort}", last.tier, last.sort_key, last.newest) if more and last else None
    )
    return GroupPage.model_construct(items=items, next_cursor=next_cursor, total=total)


def _sorted_by(sort: str) -> str:
    """The same order by the one name of its field.

    :raises Invalid: at ``sort``, when there is no such field.
    """
    return sort if sort.removeprefix("-") == "count" else sorted_by(sort)


def _key_types(name: str) -> dict[int, KeyType]:
    """Of the tiers of an order. What is unknown has 0, or nothing, in its place."""
    if name in _OF_GROUPS:
        return {_KNOWN: int if name == "count" else str}
    field = find(name)
    key_type = int if field.part == "Result" else key_of(field, expression(field))[1]
    return {_KNOWN: key_type, _UNKNOWN: key_type}


def _by_age(wanted: RunFilter, end: tuple[int, Any, str] | None, descending: bool) -> Select[Any]:
    """Settings by their newest run. Only as many runs are read as there are in the groups of a page."""
    later = aliased(Run)
    newer = exists().where(
        *wanted.conditions(later),
        later.spec_hash == Run.spec_hash,
        later.id > Run.id,
    )
    age = Run.id.expression
    columns = (Run.spec_hash.label("key"), age.label("newest"), *Order(age, age).columns())
    query = select(*columns).where(*wanted.conditions(), ~newer)
    if end is not None:
        query = query.where(age < end[2] if descending else age > end[2])
    return query.order_by(age.desc() if descending else age.asc())


def _by_order(
    key: Any,
    conditions: Sequence[ColumnElement[bool]],
    name: str,
    end: tuple[int, Any, str] | None,
    descending: bool,
) -> Select[Any]:
    """Groups by what is worked out over all of their runs."""
    field = None if name in _OF_GROUPS else find(name)
    best = None
    if field is not None and field.part == "Result":
        best = _best_settings(key, field, conditions, descending)
    order = _order(name, field, best, descending)
    query = select(key.label("key"), order.identity.label("newest"), *order.columns())
    if best is not None:
        query = query.outerjoin(best, best.c.key == key)
    elif field is not None and field.origin == "setting":
        query = query.outerjoin(SpecSettings, SpecSettings.spec_hash == Run.spec_hash)
    query = query.where(*conditions).group_by(key)
    if end is not None:
        query = query.having(order.past(end, descending))
    return query.order_by(*order.by(descending))


def _order(name: str, field: Field | None, best: FromClause | None, descending: bool) -> Order:
    newest = func.max(Run.id)
    match name:
        case "created":
            return Order(newest, newest)
        case "name":
            return Order(func.min(func.lower(Run.name)), newest)
        case "count":
            return Order(func.count(), newest)
    assert field is not None  # noqa: S101 - every other name is a field's
    outermost: ColumnElement[Any]
    if best is not None:
        outermost, nothing = func.max(best.c.value), literal(0)
    else:
        of_run, key_type = key_of(field, expression(field))
        outermost = func.max(of_run) if descending else func.min(of_run)
        nothing = literal("") if key_type is str else literal(0)
    tier = case((outermost.is_(None), _UNKNOWN), else_=_KNOWN)
    return Order(func.coalesce(outermost, nothing), newest, tier)


def _best_settings(
    key: Any, field: Field, conditions: Sequence[ColumnElement[bool]], descending: bool
) -> FromClause:
    """For each group, the best of its settings' means (or, upwards, the lowest), over the runs that count.

    Never a float: a mean need not come out the same in the question for the next page.
    """
    next_alike = func.lead(Run.id).over(partition_by=(key, Run.spec_hash, Run.seed), order_by=Run.id)
    runs = select(key.label("key"), Run.spec_hash, expression(field).label("value"), next_alike.label("next"))
    runs_that_count = runs.where(*conditions, Run.status == SUCCEEDED).subquery()
    settings = (
        select(runs_that_count.c.key, func.avg(runs_that_count.c.value).label("mean"))
        .where(runs_that_count.c.next.is_(None))
        .group_by(runs_that_count.c.key, runs_that_count.c.spec_hash)
        .subquery()
    )
    outermost = func.max(settings.c.mean) if descending else func.min(settings.c.mean)
    value = cast(outermost * _FINE, BigInteger).label("value")
    return select(settings.c.key, value).group_by(settings.c.key).subquery()


def group_of(key: str, runs: Sequence[Run], full: bool) -> RunGroup:
    """Runs, the newest first, as one."""
    newest = runs[0]
    statuses: dict[str, int] = {}
    for run in runs:
        statuses[run.status] = statuses.get(run.status, 0) + 1
    counting = counted_runs(runs)
    varied = differences(runs)
    name = shared_name([run.name for run in runs])
    return RunGroup.model_construct(
        key=key,
        title=title_of(key, runs),
        name=name,
        strategy=_all_of([run.strategy for run in runs]),
        benchmark=_all_of([run.benchmark for run in runs]),
        dataset=_all_of([run.dataset for run in runs]),
        count=len(runs),
        statuses=statuses,
        seeds=sorted({run.seed for run in runs}),
        settings=len({run.spec_hash for run in runs}),
        varies=[
            Varied(field=difference.field, title=difference.title, values=list(difference.values))
            for difference in varied
        ],
        repeated=counting.repeated,
        disagreement=counting.disagreement,
        spread_over=counting.over,
        spread_contains=counting.contains,
        sentence=sentence(runs, counting, varied),
        run_ids=[run.id for run in runs[:_MOST_IDS]],
        metrics=spreads(counting) if _any_finished(runs) else {},
        spec=newest.spec if full else None,  # type: ignore[arg-type]  # passed on as it was stored
        newest=newest.created_at,
    )


def _any_finished(runs: Sequence[Run]) -> bool:
    """Whether there is a finished run, whose metrics are those of all its tasks."""
    return any(run.status == SUCCEEDED for run in runs)


def _all_of(kinds: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(reversed(kinds)))


def _members(
    session: Session, key: Any, keys: Sequence[str], conditions: Sequence[Any]
) -> dict[str, list[Run]]:
    query = select(Run).where(*conditions, key.in_(keys)).order_by(Run.id.desc())
    members: dict[str, list[Run]] = {name: [] for name in keys}
    for run in session.scalars(query.options(load_only(*_SHOWN, raiseload=True))):
        members[getattr(run, key.key)].append(run)
    return members


def _with_taken_in(
    session: Session, members: Mapping[str, list[Run]], conditions: Sequence[Any]
) -> dict[str, list[Run]]:
    """Sweeps with the runs that their studies have taken in, the newest first."""
    query = (
        select(StudyRun.study_id, Run)
        .join(Run, Run.id == StudyRun.run_id)
        .where(StudyRun.study_id.in_(list(members)), StudyRun.reused, *conditions)
        .options(load_only(*_SHOWN, raiseload=True))
    )
    found = {name: {run.id: run for run in runs} for name, runs in members.items()}
    for study_id, run in session.execute(query):
        found[study_id][run.id] = run
    return {name: sorted(runs.values(), key=lambda run: run.id, reverse=True) for name, runs in found.items()}
