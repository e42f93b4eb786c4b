"""From the database to the rows that figures are drawn from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Literal

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import LayerRow, MaskRow, Run
from anpyc_server.errors import Missing
from anpyc_server.figures.array_axes import MOST_TOLD
from anpyc_server.figures.rows import ArrayRows, LayerMoment, Options, RunRows
from anpyc_server.records.accuracy import accuracy_matrix, before_pruning, tasks_of
from anpyc_server.records.arrangement import picture_shape
from anpyc_server.records.arrays import KINDS, ArrayKind, StoredArray, nothing_stored
from anpyc_server.records.cells import window
from anpyc_server.records.pixels import image_shape, original_order
from anpyc_server.records.pruning_curve import pruning_curve
from anpyc_server.records.series import Epochs, Evaluations
from anpyc_server.services import Services

Need = Literal["evaluations", "epochs", "layers", "pruning"]
_NO_INTS, _NO_FLOATS = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
NO_EVALUATIONS = Evaluations(_NO_INTS, _NO_INTS, _NO_INTS, _NO_INTS, _NO_FLOATS, np.empty(0, dtype=np.bool_))
NO_EPOCHS = Epochs(*(_NO_INTS,) * 4, *(_NO_FLOATS,) * 4)


def run_rows(
    services: Services, session: Session, run: Run, needs: Collection[Need] = (), task: int | None = None
) -> RunRows:
    """A run's matrix, and of its long tables those that are needed; the others stay empty."""
    order = {layer["name"]: place for place, layer in enumerate(run.plan.get("layers", []))}
    layers = _layer_moments(session, run) if "layers" in needs else []
    layers.sort(key=lambda row: (row.step, row.task, row.round, order.get(row.layer, len(order)), row.layer))
    matrix = accuracy_matrix(session, run)
    return RunRows(
        id=run.id,
        name=run.name,
        status=run.status,
        strategy=run.strategy,
        tasks=tasks_of(run),
        steps=run.plan.get("steps"),
        matrix=matrix,
        before_pruning=before_pruning(run, matrix),
        evaluations=(services.series.evaluations(session, run) if "evaluations" in needs else NO_EVALUATIONS),
        epochs=services.series.epochs(session, run) if "epochs" in needs else NO_EPOCHS,
        layers=layers,
        metrics=run.metrics,
        pruning=pruning_curve(session, run, task) if "pruning" in needs else None,
        titles=run.plan.get("task_titles", ()),
    )


def _layer_moments(session: Session, run: Run) -> list[LayerMoment]:
    query = select(*(getattr(LayerRow, part.name) for part in fields(LayerMoment)))
    return [LayerMoment(*row) for row in session.execute(query.where(LayerRow.run_id == run.id))]


def array_rows(
    services: Services, session: Session, run: Run, options: Options, gather: tuple[str, ...]
) -> ArrayRows:
    """The array that was asked for, or why it cannot be had: a figure without data still has its sentence."""
    rows = run_rows(services, session, run)
    of: ArrayKind = options.of  # type: ignore[assignment]  # checked at the edge
    layer = options.layer or _first_layer(session, run, of)
    if layer is None:
        return ArrayRows(rows, None, missing=_nothing_of_kind(session, run, of))
    task = options.task if options.task is not None else _last_task(session, run, layer, of)
    try:
        stored = services.arrays.load(session, run, task or 0, layer, of, options.round)
        before = None
        if "before" in gather:
            earlier = options.before if options.before is not None else stored.task - 1
            if earlier >= 0:
                before = services.arrays.load(session, run, earlier, layer, of)
        elif "round before" in gather and of in ("mask", "owner"):
            before = _round_before(services, session, run, stored)
        owners = _owners(services, session, run, stored, before) if "owners" in gather else None
        by_task = _by_task(services, session, run, layer, of) if "tasks" in gather else ()
        images = None
        if "images" in gather:
            images = original_order(run, stored.task, stored.values, image_shape(run, layer))
    except Missing as missing:
        return ArrayRows(rows, None, missing=missing.message)
    return ArrayRows(
        rows,
        stored,
        before=before,
        owners=owners,
        images=images,
        by_task=by_task,
        beside=(
            _beside(services, session, run, stored)
            if "beside" in gather and _looks_close(stored, options)
            else {}
        ),
        unpruned=_unpruned(services, session, run, stored) if "unpruned" in gather else None,
    )


def _round_before(services: Services, session: Session, run: Run, stored: StoredArray) -> StoredArray | None:
    """The same array one pruning round, or the end of a task, earlier."""
    query = select(MaskRow.task, MaskRow.round).where(
        MaskRow.run_id == run.id, MaskRow.layer == stored.layer, MaskRow.of == stored.of
    )
    moment = (stored.task, stored.round)
    earlier = [(row.task, row.round) for row in session.execute(query) if (row.task, row.round) < moment]
    if not earlier:
        return None
    task, round_ = max(earlier)
    return services.arrays.load(session, run, task, stored.layer, stored.of, round_)


def _owners(
    services: Services, session: Session, run: Run, stored: StoredArray, before: StoredArray | None
) -> tuple[StoredArray, StoredArray] | None:
    """Whose the parameters were at the two moments; None where one of them is not the end of a task."""
    if before is None or not (before.end_of_task and stored.end_of_task):
        return None
    both = [(run.id, at.task, at.round, at.layer, "owner") for at in (before, stored)]
    if any(session.get(MaskRow, key) is None for key in both):
        return None
    earlier, later = (
        services.arrays.load(session, run, at.task, at.layer, "owner") for at in (before, stored)
    )
    return earlier, later


def _looks_close(stored: StoredArray, options: Options) -> bool:
    """Whether single parameters are looked at, and few enough to be told about one by one."""
    view = window(picture_shape(stored, options.layout), options.rows, options.cols, options.size)
    cells = (view.rows[1] - view.rows[0]) * (view.cols[1] - view.cols[0])
    return view.exact and cells <= MOST_TOLD


def _beside(services: Services, session: Session, run: Run, stored: StoredArray) -> dict[str, StoredArray]:
    """Everything else that is stored of the layer at that moment."""
    query = select(MaskRow.of).where(
        MaskRow.run_id == run.id,
        MaskRow.layer == stored.layer,
        MaskRow.task == stored.task,
        MaskRow.round == stored.round,
    )
    there = set(session.scalars(query))
    return {
        of: services.arrays.load(session, run, stored.task, stored.layer, of, stored.round)
        for of in KINDS
        if of in there and of != stored.of
    }


def _unpruned(services: Services, session: Session, run: Run, stored: StoredArray) -> StoredArray | None:
    """The array of the same task's first pruning round."""
    if session.get(MaskRow, (run.id, stored.task, 1, stored.layer, stored.of)) is None:
        return None
    return services.arrays.load(session, run, stored.task, stored.layer, stored.of, 1)


def _by_task(
    services: Services, session: Session, run: Run, layer: str, of: ArrayKind
) -> tuple[StoredArray, ...]:
    query = select(MaskRow.task, MaskRow.round).where(
        MaskRow.run_id == run.id, MaskRow.layer == layer, MaskRow.of == of, MaskRow.end_of_task
    )
    ends = session.execute(query.order_by(MaskRow.task)).all()
    return tuple(services.arrays.load(session, run, end.task, layer, of, end.round) for end in ends)


def _first_layer(session: Session, run: Run, of: str) -> str | None:
    query = select(MaskRow.layer).where(MaskRow.run_id == run.id, MaskRow.of == of).distinct()
    stored = set(session.scalars(query))
    planned = [layer["name"] for layer in run.plan.get("layers", []) if layer["name"] in stored]
    return planned[0] if planned else min(stored, default=None)


def _last_task(session: Session, run: Run, layer: str, of: str) -> int | None:
    query = select(func.max(MaskRow.task)).where(
        MaskRow.run_id == run.id, MaskRow.layer == layer, MaskRow.of == of
    )
    return session.scalar(query)


def _nothing_of_kind(session: Session, run: Run, of: str) -> str:
    kinds = sorted(session.scalars(select(MaskRow.of).where(MaskRow.run_id == run.id).distinct()))
    if not kinds:
        return nothing_stored(run)
    return f"{run.strategy} stores no {of}; there is {' and '.join(kinds)}."
