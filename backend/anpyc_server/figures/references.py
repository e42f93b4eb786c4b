"""What methods are held against in figures: the baseline, fine-tuning and joint training of the setting."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.measures import MEASURES, known
from anpyc_queue.tables import SUCCEEDED, Run
from anpyc_server.figures.columns import Members
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.rows import Reference
from anpyc_server.records.joint import setting

_BOUNDS: dict[str, tuple[Literal["lower", "upper"], str]] = {
    "finetune": ("lower", "fine-tuning"),
    "joint": ("upper", "joint training"),
}
_MOST_RUNS = 500
"""Of each bound that are looked through, the newest."""


def references_of(session: Session, compared: Sequence[Members], options: FigureOptions) -> list[Reference]:
    """As the options ask for them; none where there are no such runs."""
    baseline = _baseline(compared, getattr(options, "baseline", None))
    bounds = _bounds(session, compared) if getattr(options, "bounds", False) else []
    return [*bounds, *([baseline] if baseline else [])]


def _baseline(compared: Sequence[Members], key: str | None) -> Reference | None:
    """A column, or a method wherever its runs stand."""
    if key is None:
        return None
    for column in compared:
        if column.key == key:
            return _reference(column.label, "baseline", column.runs)
    of_method = {run.id: run for column in compared for run in column.runs if f"spec:{run.spec_hash}" == key}
    runs = list(of_method.values())
    return _reference(runs[-1].name, "baseline", runs) if runs else None


def _bounds(session: Session, compared: Sequence[Members]) -> list[Reference]:
    """Of the one setting that all share, strategy apart; between settings there is no common bound."""
    runs = [run for column in compared for run in column.runs]
    settings = {setting(run.spec) for run in runs}
    if len(settings) != 1:
        return []
    found = []
    for strategy, (role, title) in _BOUNDS.items():
        query = select(Run).where(
            Run.strategy == strategy,
            Run.status == SUCCEEDED,
            Run.deleted_at.is_(None),
            Run.benchmark == runs[0].benchmark,
            Run.dataset == runs[0].dataset,
        )
        newest_first = session.scalars(query.order_by(Run.id.desc()).limit(_MOST_RUNS))
        same = [run for run in newest_first if setting(run.spec) in settings]
        by_seed = {run.seed: run for run in reversed(same)}
        if by_seed:
            found.append(_reference(title, role, list(by_seed.values())))
    return found


def _reference(title: str, role: Literal["baseline", "lower", "upper"], runs: Sequence[Run]) -> Reference:
    metrics = [known(run.metrics) for run in runs]
    values = {name: [each[name] for each in metrics if name in each] for name in MEASURES}
    return Reference(
        title, role, {name: fmean(numbers) for name, numbers in values.items() if numbers}, len(runs)
    )
