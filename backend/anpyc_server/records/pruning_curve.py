"""The points of a pruning curve, from the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue import whatif
from anpyc_queue.tables import EvaluationRow, LayerRow, Run, WhatIf, WhatIfPoint


@dataclass(frozen=True)
class Point:
    """Every seen task's accuracy with one share pruned."""

    share: float
    accuracy: Mapping[int, float]
    zeros: float

    @property
    def mean(self) -> float:
        return fmean(self.accuracy.values())


@dataclass(frozen=True)
class PruningCurve:
    """What is known about one task's end."""

    task: int | None
    """None where nothing is stored that could be tested."""
    points: tuple[Point, ...] = ()
    """By share."""
    chosen: Point | None = None
    """What the run itself had freed then; None where it frees nothing."""
    ranked_by: str | None = None
    images: int | None = None
    missing: str = ""
    """Why there are no points."""
    closed: str = ""
    """Why this task's end cannot be tested any more."""


def pruning_curve(session: Session, run: Run, task: int | None) -> PruningCurve:
    """The curve at the end of ``task``; without one, of the newest that is stored, or else was measured."""
    stored = whatif.outcomes(session, run.id)
    at = task if task is not None else max(stored, default=None)
    if at is None:
        at = session.scalar(select(func.max(WhatIfPoint.task)).where(WhatIfPoint.run_id == run.id))
    if at is None:
        return PruningCurve(None, missing=whatif.nothing_stored(run))
    points = _points(session, run.id, at)
    newest = select(WhatIf).where(WhatIf.run_id == run.id, WhatIf.task == at, WhatIf.ranked_by.is_not(None))
    how = session.scalars(newest.order_by(WhatIf.id.desc()).limit(1)).first() if points else None
    closed = "" if at in stored else whatif.not_stored(run, at)
    if closed and not points:
        return PruningCurve(at, missing=closed, closed=closed)
    return PruningCurve(
        at,
        points,
        _chosen(session, run.id, at),
        how.ranked_by if how else None,
        how.images if how else None,
        missing="" if points else f"Nothing is measured at the end of task {at} yet. Press Evaluate.",
        closed=closed,
    )


def _points(session: Session, run_id: str, task: int) -> tuple[Point, ...]:
    query = select(WhatIfPoint).where(WhatIfPoint.run_id == run_id, WhatIfPoint.task == task)
    by_share: dict[int, dict[int, float]] = {}
    zeros: dict[int, float] = {}
    for row in session.scalars(query.order_by(WhatIfPoint.permille, WhatIfPoint.on_task)):
        by_share.setdefault(row.permille, {})[row.on_task] = row.accuracy
        zeros[row.permille] = row.zeros
    return tuple(Point(permille / 1000, tasks, zeros[permille]) for permille, tasks in by_share.items())


def _chosen(session: Session, run_id: str, task: int) -> Point | None:
    """The share that is free at the task's end, and the run's own row of the accuracy matrix."""
    layers = select(func.sum(LayerRow.free), func.sum(LayerRow.total)).where(
        LayerRow.run_id == run_id, LayerRow.task == task, LayerRow.end_of_task
    )
    free, total = session.execute(layers).one()
    if not free:
        return None
    tested = select(EvaluationRow.on_task, EvaluationRow.accuracy).where(
        EvaluationRow.run_id == run_id,
        EvaluationRow.task == task,
        EvaluationRow.end_of_task,
        EvaluationRow.on_task <= task,
    )
    accuracy = {row.on_task: row.accuracy for row in session.execute(tested.order_by(EvaluationRow.on_task))}
    return Point(free / total, accuracy, free / total) if accuracy else None
