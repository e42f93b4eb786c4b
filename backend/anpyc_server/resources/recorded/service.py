"""Reading what a run recorded."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from fastapi import Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from anpyc.strict_json import not_finite
from anpyc_queue.artifacts import STATE, TENSORS, ArtifactFiles
from anpyc_queue.system import Sample, fewer, samples
from anpyc_queue.tables import LOG, LayerRow
from anpyc_queue.tables import Artifact as ArtifactRow
from anpyc_queue.tables import LogLine as LogRow
from anpyc_server.errors import Missing
from anpyc_server.records.accuracy import accuracy_matrix, before_pruning
from anpyc_server.records.joint import JointRuns
from anpyc_server.records.lookup import find_run, require_run
from anpyc_server.records.run_schemas import RunMetrics
from anpyc_server.records.series import Evaluations
from anpyc_server.records.system_sentence import system_sentence
from anpyc_server.resources.recorded.schemas import (
    Accuracy,
    Artifact,
    Artifacts,
    CurvePoint,
    EpochPoint,
    LayerStatistics,
    Level,
    LogLine,
    LogPage,
    Metrics,
    System,
    SystemStretch,
)
from anpyc_server.services import Services

if TYPE_CHECKING:
    from anpyc_server.records.thinning import Chosen

_LEVELS = ("debug", "info", "warning", "error")


def accuracy(services: Services, run_id: str, points: int) -> Accuracy:
    """The matrix and the curve."""
    with services.database.read() as session:
        run = find_run(session, run_id)
        matrix = accuracy_matrix(session, run)
        evaluations = services.series.evaluations(session, run)
    chosen = _curve_points(evaluations, points)
    return Accuracy.model_construct(
        matrix=matrix,
        before_pruning=before_pruning(run, matrix),
        tasks=len(matrix),
        curve=_curve(evaluations, chosen),
        thinned=not bool(chosen.all()),
    )


def metrics(services: Services, run_id: str, points: int) -> Metrics:
    """The metrics and the epochs."""
    from anpyc_server.records.thinning import kept, task_starts

    with services.database.read() as session:
        run = find_run(session, run_id)
        epochs = services.series.epochs(session, run)
        known = JointRuns(session).metrics(run, accuracy_matrix(session, run))
    chosen = kept(epochs.step, epochs.loss, points, task_starts(epochs.task, epochs.round))
    names = [part.name for part in fields(epochs)]
    columns = [getattr(epochs, name)[chosen].tolist() for name in names]
    rows = (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))
    # Numbers that are not finite are written as null, and named.
    items = [EpochPoint.model_construct(**row, not_finite=not_finite(row)) for row in rows]
    return Metrics.model_construct(
        metrics=RunMetrics.model_validate(known), epochs=items, thinned=not bool(chosen.all())
    )


def layers(services: Services, run_id: str) -> list[LayerStatistics]:
    """Statistics of every tensor after every round."""
    with services.database.read() as session:
        require_run(session, run_id)
        query = select(LayerRow).where(LayerRow.run_id == run_id)
        rows = session.scalars(
            query.order_by(LayerRow.task, LayerRow.round, LayerRow.step, LayerRow.layer)
        ).all()
    return [_layer(row) for row in rows]


def _layer(row: LayerRow) -> LayerStatistics:
    columns = {name: getattr(row, name) for name in LayerStatistics.model_fields if hasattr(row, name)}
    return LayerStatistics(**columns, not_finite=not_finite(columns))


def system(services: Services, run_id: str, points: int) -> System:
    """What its process took."""
    with services.database.read() as session:
        require_run(session, run_id)
        kept = samples(session, run_id)
    items = [_stretch(sample) for sample in fewer(kept, points)]
    return System(
        items=items,
        together=kept[-1].together if kept else 1,
        gpu=any(sample.usage.gpu_use is not None for sample in kept),
        sentence=system_sentence(kept),
    )


def _stretch(sample: Sample) -> SystemStretch:
    return SystemStretch(
        attempt=sample.attempt,
        at=sample.at,
        measurements=sample.measurements,
        files=sample.files,
        **asdict(sample.usage),
    )


def log(
    services: Services, run_id: str, *, after: int, level: Level | None, text: str, limit: int, tail: bool
) -> LogPage:
    """Lines past ``after``, or with ``tail`` the last of them."""
    query = select(LogRow).where(LogRow.run_id == run_id, LogRow.line > after)
    if level is not None:
        query = query.where(LogRow.level.in_(_LEVELS[_LEVELS.index(level) :]))
    if text:
        query = query.where(LogRow.text.icontains(text, autoescape=True))
    query = query.order_by(LogRow.line.desc() if tail else LogRow.line.asc()).limit(limit + 1)
    with services.database.read() as session:
        run = find_run(session, run_id)
        rows = list(session.scalars(query))
    more = len(rows) > limit and not tail
    shown = rows[:limit]
    if tail:
        shown.reverse()
    items = [LogLine.model_validate(row, from_attributes=True) for row in shown]
    return LogPage(
        items=items,
        next=items[-1].line if more else None,
        pruned=run.first_line - 1,
        pruned_at=run.pruned_at(LOG),
    )


def artifacts(services: Services, run_id: str) -> Artifacts:
    """The run's files, the newest first."""
    with services.database.read() as session:
        require_run(session, run_id)
        query = select(ArtifactRow).where(ArtifactRow.run_id == run_id).order_by(ArtifactRow.id.desc())
        rows = session.scalars(query).all()
    return Artifacts(items=[Artifact.model_validate(row, from_attributes=True) for row in rows])


def download(services: Services, run_id: str, artifact_id: str, part: str) -> Response:
    """A file of the run, block by block.

    :raises Missing: when the run has no such file, or its store has lost it.
    """
    with services.database.read() as session:
        require_run(session, run_id)
        row = session.get(ArtifactRow, artifact_id)
        if row is None or row.run_id != run_id:
            raise Missing("The run has no such file. A newer checkpoint may have taken its place.")
        url, name = row.url, row.name
    if part == "tensors":
        url, name = (text.removesuffix(STATE).removesuffix(TENSORS) + TENSORS for text in (url, name))
    try:
        stored = ArtifactFiles(services.settings.artifacts).open(url)
    except FileNotFoundError:
        raise Missing(
            f"{name} is not in the artifact store any more. A newer checkpoint may have taken its place."
        ) from None
    return StreamingResponse(
        stored.blocks,
        media_type="application/json" if url.endswith(STATE) else "application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(stored.size),
        },
    )


def _curve_points(evaluations: Evaluations, points: int) -> Chosen:
    """Whole evaluations: one stays when it is an extreme on any task."""
    import numpy as np

    from anpyc_server.records.thinning import kept

    tasks = np.unique(evaluations.on_task)
    per_task = max(10, 2 * points // max(1, len(tasks)))
    steps_kept = [evaluations.step[evaluations.end_of_task]]
    for task in tasks:
        own = evaluations.on_task == task
        steps = evaluations.step[own]
        steps_kept.append(steps[kept(steps, evaluations.accuracy[own], per_task)])
    wanted = np.unique(np.concatenate(steps_kept))
    return np.isin(evaluations.step, wanted)


def _curve(evaluations: Evaluations, chosen: Chosen) -> list[CurvePoint]:
    curve: list[CurvePoint] = []
    columns = (
        evaluations.step, evaluations.task, evaluations.round,
        evaluations.end_of_task, evaluations.on_task, evaluations.accuracy,
    )  # fmt: skip
    newest: int | None = None
    for step, task, round_, end_of_task, on_task, value in zip(
        *(column[chosen].tolist() for column in columns), strict=True
    ):
        if step != newest:
            newest = step
            curve.append(
                CurvePoint.model_construct(
                    step=step, task=task, round=round_, accuracy={}, end_of_task=end_of_task
                )
            )
        curve[-1].accuracy[str(on_task)] = value
    return curve
