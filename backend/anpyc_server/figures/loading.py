"""From the database to the rows that figures are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import inf, prod
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc.metrics import rows_done
from anpyc.recording import TESTED_BETWEEN_TASKS
from anpyc_queue.system import samples
from anpyc_queue.tables import LayerRow, MaskRow, Run
from anpyc_server.errors import Missing
from anpyc_server.figures.array_axes import MOST_TOLD
from anpyc_server.figures.columns import columns, shortened
from anpyc_server.figures.declaration import ArrayNeeds, ComparisonFigure, RunNeeds
from anpyc_server.figures.field_values import field_values
from anpyc_server.figures.looks import read_colors
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.references import references_of
from anpyc_server.figures.rows import ArrayRows, Column, LayerMoment, Reference, RunRows
from anpyc_server.records.accuracy import (
    Matrix,
    accuracy_matrices,
    accuracy_matrix,
    before_pruning,
    newest_accuracy,
    tasks_of,
)
from anpyc_server.records.arrangement import picture_shape
from anpyc_server.records.arrays import KINDS, ArrayKind, Layout, StoredArray, nothing_stored
from anpyc_server.records.cells import window
from anpyc_server.records.lookup import find_run
from anpyc_server.records.network import check_same_network
from anpyc_server.records.pixels import image_shape, original_order
from anpyc_server.records.pruning_curve import pruning_curve
from anpyc_server.records.schedule import planned_rounds
from anpyc_server.records.series import Epochs, Evaluations
from anpyc_server.services import Services

_NO_INTS, _NO_FLOATS = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64)
NO_EVALUATIONS = Evaluations(_NO_INTS, _NO_INTS, _NO_INTS, _NO_INTS, _NO_FLOATS, np.empty(0, dtype=np.bool_))
NO_EPOCHS = Epochs(*(_NO_INTS,) * 4, *(_NO_FLOATS,) * 4)
NO_TABLES = RunNeeds()


def run_rows(
    services: Services,
    session: Session,
    run: Run,
    needs: RunNeeds = NO_TABLES,
    task: int | None = None,
    matrix: Matrix | None = None,
) -> RunRows:
    """A run's matrix, and of its long tables those that are needed; the others stay empty.

    :param matrix: read before, of several runs at once.
    """
    order = {layer["name"]: place for place, layer in enumerate(run.plan.get("layers", []))}
    layers = _layer_moments(session, run) if needs.layers else []
    layers.sort(key=lambda row: (row.step, row.task, row.round, order.get(row.layer, len(order)), row.layer))
    if matrix is None:
        matrix = accuracy_matrix(session, run)
    begun = run.position.get("task") is not None
    return RunRows(
        id=run.id,
        name=run.name,
        status=run.status,
        strategy=run.strategy,
        tasks=tasks_of(run),
        steps=run.plan.get("steps"),
        matrix=matrix,
        before_pruning=before_pruning(run, matrix),
        evaluations=(services.series.evaluations(session, run) if needs.evaluations else NO_EVALUATIONS),
        epochs=services.series.epochs(session, run) if needs.epochs else NO_EPOCHS,
        layers=layers,
        metrics=run.metrics,
        pruning=pruning_curve(session, run, task) if needs.pruning else None,
        tested_between=str(run.environment.get(TESTED_BETWEEN_TASKS) or ""),
        sizes=[(layer["name"], prod(layer["shape"])) for layer in run.plan.get("layers", [])],
        rounds=planned_rounds(run.spec, tasks_of(run)),
        step=int(run.position.get("step") or 0),
        newest=newest_accuracy(session, run.id) if begun and not rows_done(matrix) else {},
        system=samples(session, run.id) if needs.system else (),
        titles=run.plan.get("task_titles", ()),
        seed=run.seed,
    )


def _layer_moments(session: Session, run: Run) -> list[LayerMoment]:
    query = select(*(getattr(LayerRow, part.name) for part in fields(LayerMoment)))
    return [LayerMoment(*row) for row in session.execute(query.where(LayerRow.run_id == run.id))]


@dataclass(frozen=True)
class ArrayChoice:
    """Which array a figure's options point at; what it does not let one choose is as here."""

    layer: str | None = None
    task: int | None = None
    before: int | None = None
    round: int | None = None
    of: ArrayKind = "mask"
    rows: str = ":"
    cols: str = ":"
    size: int = 256
    layout: Layout = "flat"
    other: int | None = None
    beside: str | None = None


def array_choice(options: FigureOptions, kind: ArrayKind | None) -> ArrayChoice:
    """The choice in ``options``; of ``kind``, where the figure is drawn from one kind alone."""
    names = {field.name for field in fields(ArrayChoice)}
    chosen = {name: value for name, value in options if name in names}
    of = kind or getattr(options, "of", None)
    return ArrayChoice(**chosen | ({"of": of} if of else {}))


def array_rows(
    services: Services, session: Session, run: Run, options: FigureOptions, needs: ArrayNeeds
) -> ArrayRows:
    """The array that was asked for, or why it cannot be had: a figure without data still has its sentence."""
    rows = run_rows(services, session, run)
    choice = array_choice(options, needs.kind)
    kind = choice.of
    layer = choice.layer or _first_layer(session, run, kind)
    if layer is None:
        return ArrayRows(rows, None, missing=_nothing_of_kind(session, run, kind))
    task = choice.task if choice.task is not None else _shown_task(session, run, layer, kind)
    try:
        stored = services.arrays.load(session, run, task or 0, layer, kind, choice.round)
        before = _before(services, session, run, stored, choice, needs)
        owners = _owners(services, session, run, stored, before) if needs.owners else None
        by_task = _by_task(services, session, run, layer, kind) if needs.by_task else ()
        other_run, other = _other(services, session, run, stored, choice, needs)
        newest = _newest(services, session, run, stored) if needs.newest else None
        images = None
        if needs.images:
            images = original_order(run, stored.task, stored.values, image_shape(run, layer))
    except Missing as missing:
        return ArrayRows(rows, None, missing=missing.message)
    close = needs.neighbours and _looks_close(stored, choice)
    return ArrayRows(
        rows,
        stored,
        before=before,
        owners=owners,
        images=images,
        by_task=by_task,
        other=other,
        other_run=other_run,
        newest=newest,
        neighbours=_neighbours(services, session, run, stored) if close else {},
        unpruned=_unpruned(services, session, run, stored) if needs.unpruned else None,
    )


def compared_rows(
    services: Services, keys: Sequence[str], figure: ComparisonFigure[Any], options: FigureOptions
) -> tuple[list[Column], list[Reference]]:
    """The columns of a comparison with what a figure is drawn from, and the levels to hold them against."""
    with services.database.read() as session:
        compared = columns(session, keys, read_colors(getattr(options, "colors", None)))[0]
        runs = {run.id: run for column in compared for run in column.runs}
        matrices: dict[str, Matrix] = {run_id: [] for run_id in runs}
        if figure.needs.matrix:
            matrices = accuracy_matrices(session, list(runs.values()), most_tasks=inf)
        values = field_values(session, runs, figure.fields(options))
        rows = {
            run.id: replace(
                run_rows(services, session, run, figure.needs, matrix=matrices[run.id]),
                values=values.get(run.id, {}),
            )
            for run in runs.values()
        }
        shorts = shortened(compared)
        return [
            Column(
                key=column.key,
                title=column.title,
                note=column.note,
                short=short,
                full=column.full,
                rank=column.rank,
                method=column.method,
                runs=[rows[run.id] for run in column.runs],
                specs=[run.spec for run in column.runs],
                settings=[run.spec_hash for run in column.runs],
            )
            for column, short in zip(compared, shorts, strict=True)
        ], references_of(session, compared, options)


def _before(
    services: Services,
    session: Session,
    run: Run,
    stored: StoredArray,
    choice: ArrayChoice,
    needs: ArrayNeeds,
) -> StoredArray | None:
    """The earlier array that the figure compares with, where there is one."""
    if needs.before == "task":
        earlier = choice.before if choice.before is not None else stored.task - 1
        return (
            services.arrays.load(session, run, earlier, stored.layer, stored.kind) if earlier >= 0 else None
        )
    if needs.before == "round" and stored.kind in ("mask", "owner"):
        return _round_before(services, session, run, stored)
    return None


def _round_before(services: Services, session: Session, run: Run, stored: StoredArray) -> StoredArray | None:
    """The same array one pruning round, or the end of a task, earlier."""
    query = select(MaskRow.task, MaskRow.round).where(
        MaskRow.run_id == run.id, MaskRow.layer == stored.layer, MaskRow.of == stored.kind
    )
    moment = (stored.task, stored.round)
    earlier = [(row.task, row.round) for row in session.execute(query) if (row.task, row.round) < moment]
    if not earlier:
        return None
    task, round_ = max(earlier)
    return services.arrays.load(session, run, task, stored.layer, stored.kind, round_)


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


def _looks_close(stored: StoredArray, choice: ArrayChoice) -> bool:
    """Whether single parameters are looked at, and few enough to be told about one by one."""
    view = window(picture_shape(stored, choice.layout), choice.rows, choice.cols, choice.size)
    cells = (view.rows[1] - view.rows[0]) * (view.cols[1] - view.cols[0])
    return view.exact and cells <= MOST_TOLD


def _neighbours(
    services: Services, session: Session, run: Run, stored: StoredArray
) -> dict[str, StoredArray]:
    """Everything else that is stored of the layer at that moment."""
    query = select(MaskRow.of).where(
        MaskRow.run_id == run.id,
        MaskRow.layer == stored.layer,
        MaskRow.task == stored.task,
        MaskRow.round == stored.round,
    )
    kinds = set(session.scalars(query))
    return {
        kind: services.arrays.load(session, run, stored.task, stored.layer, kind, stored.round)
        for kind in KINDS
        if kind in kinds and kind != stored.kind
    }


def _other(
    services: Services,
    session: Session,
    run: Run,
    stored: StoredArray,
    choice: ArrayChoice,
    needs: ArrayNeeds,
) -> tuple[RunRows | None, StoredArray | None]:
    """What the array is laid beside, and whose that is where it is another run's.

    :raises Missing: when it is not there, or of another network."""
    if needs.other == "task" and choice.other is not None:
        return None, services.arrays.load(session, run, choice.other, stored.layer, stored.kind)
    if needs.other != "run":
        return None, None
    if not choice.beside:
        raise Missing("Choose another run to lay beside this one.")
    other = find_run(session, choice.beside)
    check_same_network(run, other)
    # At its own end of the task where this one's end is looked at: another schedule has other rounds.
    round_ = None if stored.end_of_task else stored.round
    array = services.arrays.load(session, other, stored.task, stored.layer, stored.kind, round_)
    return run_rows(services, session, other), array


def _newest(services: Services, session: Session, run: Run, stored: StoredArray) -> StoredArray | None:
    query = select(func.max(MaskRow.task)).where(
        MaskRow.run_id == run.id,
        MaskRow.layer == stored.layer,
        MaskRow.of == stored.kind,
        MaskRow.end_of_task,
    )
    task = session.scalar(query)
    return None if task is None else services.arrays.load(session, run, task, stored.layer, stored.kind)


def _unpruned(services: Services, session: Session, run: Run, stored: StoredArray) -> StoredArray | None:
    """The array of the same task's first pruning round."""
    if session.get(MaskRow, (run.id, stored.task, 1, stored.layer, stored.kind)) is None:
        return None
    return services.arrays.load(session, run, stored.task, stored.layer, stored.kind, 1)


def _by_task(
    services: Services, session: Session, run: Run, layer: str, kind: ArrayKind
) -> tuple[StoredArray, ...]:
    query = select(MaskRow.task, MaskRow.round).where(
        MaskRow.run_id == run.id, MaskRow.layer == layer, MaskRow.of == kind, MaskRow.end_of_task
    )
    ends = session.execute(query.order_by(MaskRow.task)).all()
    return tuple(services.arrays.load(session, run, end.task, layer, kind, end.round) for end in ends)


def _first_layer(session: Session, run: Run, kind: str) -> str | None:
    query = select(MaskRow.layer).where(MaskRow.run_id == run.id, MaskRow.of == kind).distinct()
    stored = set(session.scalars(query))
    planned = [layer["name"] for layer in run.plan.get("layers", []) if layer["name"] in stored]
    return planned[0] if planned else min(stored, default=None)


def _shown_task(session: Session, run: Run, layer: str, kind: str) -> int | None:
    """The newest task; of masks and owners the newest that was pruned: one that is not shows no change."""
    query = select(func.max(MaskRow.task)).where(
        MaskRow.run_id == run.id, MaskRow.layer == layer, MaskRow.of == kind
    )
    pruned = session.scalar(query.where(MaskRow.round > 0)) if kind in ("mask", "owner") else None
    return pruned if pruned is not None else session.scalar(query)


def _nothing_of_kind(session: Session, run: Run, kind: str) -> str:
    kinds = sorted(session.scalars(select(MaskRow.of).where(MaskRow.run_id == run.id).distinct()))
    if not kinds:
        return nothing_stored(run)
    return f"{run.strategy} stores no {kind}; there is {' and '.join(kinds)}."
