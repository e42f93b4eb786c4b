"""A run that goes on from a checkpoint forgets what it recorded after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from anpyc.metrics import measured, summarise
from anpyc_queue import sizes
from anpyc_queue.tables import (
    CHECKPOINT,
    OUTCOME,
    Artifact,
    EpochRow,
    EvaluationRow,
    LayerRow,
    MaskRow,
    Run,
    WhatIfPoint,
)

SORTED_BY = ("average_accuracy", "forgetting", "capacity_free")
"""Metrics that are columns, too."""


def rewind(session: Session, run: Run, step: int | None) -> None:
    """Forget what ``run`` recorded past ``step`` epochs; everything without one."""
    for table in (EpochRow, EvaluationRow, LayerRow, MaskRow, WhatIfPoint):
        past = delete(table).where(table.run_id == run.id)
        session.execute(past if step is None else past.where(table.step > step))
    kept_at_steps = Artifact.kind.in_((CHECKPOINT, OUTCOME))
    past_files = delete(Artifact).where(Artifact.run_id == run.id, kept_at_steps)
    session.execute(past_files if step is None else past_files.where(Artifact.step > step))
    sizes.weigh(session, run)
    if step is None:
        run.progress, run.position, run.before_pruning = 0.0, {}, []
        set_metrics(run, {})
        return
    newest = select(EpochRow).where(EpochRow.run_id == run.id).order_by(EpochRow.step.desc()).limit(1)
    row = session.scalars(newest).first()
    position = {"step": step}
    if row is not None:
        position |= {"task": row.task, "round": row.round, "epoch": row.epoch}
    if "tasks" in run.plan:
        position["tasks"] = run.plan["tasks"]
    run.position = position
    steps = run.plan.get("steps") or 0
    run.progress = min(1.0, step / steps) if steps else 0.0
    set_metrics(run, _metrics_left(session, run))


def set_metrics(run: Run, metrics: Mapping[str, Any]) -> None:
    """Keep the metrics, and those that lists are sorted by in columns of their own."""
    run.metrics = dict(metrics)
    for name in SORTED_BY:
        value = metrics.get(name)
        setattr(run, name, value if measured(value) else None)


def _metrics_left(session: Session, run: Run) -> dict[str, float]:
    """What the rows that are left say, as training reported it when the last of their tasks ended."""
    evaluations = select(EvaluationRow).where(
        EvaluationRow.run_id == run.id, EvaluationRow.end_of_task | (EvaluationRow.step == 0)
    )
    ends: dict[tuple[int, int], float] = {}
    untrained: dict[int, float] = {}
    for row in session.scalars(evaluations):
        if row.step == 0:
            untrained[row.on_task] = row.accuracy
        else:
            ends[row.task, row.on_task] = row.accuracy
    done = max((task for task, _ in ends), default=-1) + 1
    tasks = max((on_task for _, on_task in ends), default=-1) + 1
    matrix = [[ends.get((i, j)) for j in range(tasks)] for i in range(done)]
    start = [untrained.get(j) for j in range(tasks)]
    metrics = summarise(matrix, untrained=start, before_pruning=run.before_pruning)
    newest: dict[str, LayerRow] = {}
    layers = select(LayerRow).where(LayerRow.run_id == run.id).order_by(LayerRow.task, LayerRow.round)
    for layer in session.scalars(layers) if metrics else ():
        newest[layer.layer] = layer
    if total := sum(layer.total for layer in newest.values()):
        metrics["capacity_free"] = sum(layer.free for layer in newest.values()) / total
    return metrics
