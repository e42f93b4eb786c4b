"""The list of runs: pages that neither skip nor repeat a run while others come and go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, literal, select
from sqlalchemy.orm import Session

from anpyc import strict_json
from anpyc_queue.tables import TERMINAL, Run, SpecSettings
from anpyc_server.records.finding.fields import Field
from anpyc_server.records.finding.values import values_of
from anpyc_server.records.listing import (
    RunFilter,
    ordered,
    past,
    read_cursor,
    sorted_by,
    tiers,
    write_cursor,
)
from anpyc_server.records.run_rows import encoded_rows, with_label, with_values
from anpyc_server.records.sweep_labels import labels_in_sweeps
from anpyc_server.services import Services


@dataclass(frozen=True)
class Page:
    """A page as JSON."""

    content: bytes
    ended: bool
    """Whether all its runs have ended, so that no clock shows in it."""


def page_of_runs(
    services: Services,
    wanted: RunFilter,
    sort: str,
    limit: int,
    cursor: str | None,
    full: bool,
    columns: Mapping[str, Field],
) -> Page:
    """One page, in the order of ``sort``, ties by age; with specifications if ``full``, and with ``columns``.

    By a metric, runs that did not finish come after those that did, whichever way: theirs is that of the
    tasks they got to. Runs without the metric come last.
    """
    conditions = wanted.conditions()
    sort = sorted_by(sort)
    with services.database.read() as session:
        rows = keys_of(session, conditions, sort, limit + 1, cursor)
        total = session.scalar(select(func.count()).select_from(Run).where(*conditions)) or 0
        page = rows[:limit]
        run_ids = [row.id for row in page]
        items = encoded_rows(session, services.rows, run_ids, full)
        if labels := _labels(session, wanted, run_ids):
            items = [
                with_label(item, labels.get(run_id, "")) for run_id, item in zip(run_ids, items, strict=True)
            ]
        if columns:
            items = list(map(with_values, items, values_of(session, run_ids, columns)))
    next_cursor = None
    if len(rows) > limit:
        next_cursor = write_cursor(sort, page[-1].tier, page[-1].sort_key, page[-1].id)
    rest = strict_json.encode({"next_cursor": next_cursor, "total": total})
    content = b'{"items":[%b],%b' % (b",".join(items), rest[1:])
    return Page(content, ended=all(row.status in TERMINAL for row in page))


def _labels(session: Session, wanted: RunFilter, run_ids: Sequence[str]) -> dict[str, str]:
    """Within their sweeps; of runs that differ in the seed alone, and are listed as such, the seed."""
    if wanted.group is not None and wanted.group.startswith("spec:"):
        seeds = select(Run.id, Run.seed).where(Run.id.in_(run_ids))
        return {run_id: f"seed {seed}" for run_id, seed in session.execute(seeds)}
    return labels_in_sweeps(session, run_ids)


def keys_of(
    session: Session, conditions: Sequence[Any], sort: str, number: int, cursor: str | None
) -> list[Row[Any]]:
    """Ids and places of the first ``number`` runs past the cursor, one tier of the order after the other."""
    descending = sort.startswith("-")
    found: list[Row[Any]] = []
    remaining = list(tiers(sort.removeprefix("-"), descending))
    key_types = {tier.number: tier.key_type for tier in remaining}
    end = None if cursor is None else read_cursor(cursor, sort, key_types)
    while end is not None and remaining and remaining[0].number != end[0]:
        remaining.pop(0)
    for tier in remaining:
        query = select(Run.id, Run.status, literal(tier.number).label("tier"), tier.key.label("sort_key"))
        if tier.of_setting:
            query = query.outerjoin(SpecSettings, SpecSettings.spec_hash == Run.spec_hash)
        query = query.where(*conditions, *tier.conditions)
        if end is not None and end[0] == tier.number:
            query = query.where(past(tier.key, Run.id.expression, end[1:], descending))
        query = query.order_by(*ordered(tier.key, Run.id.expression, descending))
        found += session.execute(query.limit(number - len(found))).all()
        if len(found) == number:
            break
    return found
