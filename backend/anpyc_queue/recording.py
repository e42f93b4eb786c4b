"""What training reports, as rows: a batch is written whole or not at all, and once however often it is sent.

The holder's token fences it: after a takeover nothing of the old holder comes in. Every row has a natural key
and is replaced by itself when it comes again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy.orm import Session

from anpyc.recording import EpochResult, Evaluation, LayerStatistics, MaskSnapshot, Plan
from anpyc_queue import events
from anpyc_queue.arrays import encode
from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import CHECKPOINT, OUTCOME, Claim, checkpoints, held_run, set_metrics
from anpyc_queue.tables import Artifact, EpochRow, EvaluationRow, LayerRow, LogLine, MaskRow, Run
from anpyc_queue.upsert import upsert

CHECKPOINTS_KEPT = 2


@dataclass(frozen=True)
class SavedFile:
    """A file in the artifact store, still unknown to the database."""

    name: str
    url: str
    size: int
    sha256: str
    step: int
    task: int


@dataclass(frozen=True)
class SavedCheckpoint(SavedFile):
    """All that training goes on from."""

    round: int


@dataclass(frozen=True)
class SavedOutcome(SavedFile):
    """What was learnt when ``task`` ended."""


@dataclass
class Batch:
    """Reports gathered since the last batch, with the number of epochs done when each came."""

    number: int = 0
    """Counts from 1 within a claim, in the order of writing."""
    plan: Plan | None = None
    epochs: list[EpochResult] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    layers: list[tuple[int, LayerStatistics]] = field(default_factory=list)
    masks: list[tuple[int, MaskSnapshot]] = field(default_factory=list)
    compressed: list[dict[str, Any]] = field(default_factory=list)
    """Rows of the masks; see :meth:`compress`."""
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(level, text)"""
    metrics: Mapping[str, Any] | None = None
    """All that is known so far."""
    outcomes: list[SavedOutcome] = field(default_factory=list)
    checkpoint: SavedCheckpoint | None = None
    """Taken after everything in this and the earlier batches, or before the last of it; its file is there."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(getattr(self, part.name) for part in fields(self) if part.name != "number")

    def compress(self, run_id: str) -> None:
        """Turn the masks into rows, which takes its time, before a transaction begins."""
        rows = (row for step, snapshot in self.masks for row in _mask_rows(run_id, step, snapshot))
        self.compressed.extend(rows)

    def extend(self, later: Batch) -> None:
        """Add what was reported after this batch."""
        for part in fields(self):
            if part.name == "number":
                continue
            mine, theirs = getattr(self, part.name), getattr(later, part.name)
            if isinstance(mine, list):
                mine.extend(theirs)
            elif theirs is not None:
                setattr(self, part.name, theirs)


def write(session: Session, held: Claim, batch: Batch) -> list[str]:
    """Write the batch and its events, unless that was done before.

    Answers the addresses of checkpoints that a newer one replaces, for their files to be deleted.

    :raises Stale: when the run is not held under this claim any more.
    """
    run = held_run(session, held)
    if batch.number <= run.batch:
        return []
    run.batch = batch.number
    if batch.plan is not None:
        _plan(session, run, batch.plan)
    _epochs(session, run, batch.epochs)
    _evaluations(session, run, batch.evaluations)
    _layers(session, run, batch.layers)
    _masks(session, run, batch)
    _lines(session, run, batch.lines)
    if batch.metrics is not None:
        set_metrics(run, batch.metrics)
    _outcomes(session, run, batch.outcomes)
    run.updated_at = now(session)
    return [] if batch.checkpoint is None else _checkpoint(session, run, batch.checkpoint)


def _plan(session: Session, run: Run, plan: Plan) -> None:
    layers = [
        {
            "name": layer.name,
            "shape": list(layer.shape),
            "image_shape": None if layer.image_shape is None else list(layer.image_shape),
        }
        for layer in plan.layers
    ]
    run.plan = {
        "tasks": plan.tasks,
        "steps": plan.steps,
        "task_titles": list(plan.task_titles),
        "layers": layers,
    }
    run.environment = dict(plan.environment)
    events.append(session, run, "plan", run.plan)


def _epochs(session: Session, run: Run, results: Sequence[EpochResult]) -> None:
    if not results:
        return
    rows = [
        {
            "run_id": run.id,
            "step": result.step,
            "task": result.task,
            "round": result.round,
            "epoch": result.epoch,
            "loss": result.loss,
            "penalty": result.penalty,
            "learning_rate": result.learning_rate,
            "seconds": result.seconds,
        }
        for result in results
    ]
    upsert(session, EpochRow, rows)
    newest = results[-1]
    run.progress = newest.progress
    run.position = {
        "task": newest.task,
        "round": newest.round,
        "epoch": newest.epoch,
        "step": newest.step,
        "tasks": run.plan.get("tasks"),
    }
    items = [
        _without_run(row) | {"progress": result.progress} for row, result in zip(rows, results, strict=True)
    ]
    events.append(session, run, "epoch", {"items": items})


def _evaluations(session: Session, run: Run, evaluations: Sequence[Evaluation]) -> None:
    if not evaluations:
        return
    rows = [
        {
            "run_id": run.id,
            "step": evaluation.step,
            "on_task": on_task,
            "task": evaluation.task,
            "round": evaluation.round,
            "accuracy": accuracy,
            "end_of_task": evaluation.end_of_task,
        }
        for evaluation in evaluations
        for on_task, accuracy in evaluation.accuracy.items()
    ]
    upsert(session, EvaluationRow, rows)
    run.before_pruning = before_pruning(run.before_pruning, evaluations)
    items = [
        {
            "step": evaluation.step,
            "task": evaluation.task,
            "round": evaluation.round,
            "accuracy": {str(task): accuracy for task, accuracy in evaluation.accuracy.items()},
            "end_of_task": evaluation.end_of_task,
        }
        for evaluation in evaluations
    ]
    events.append(session, run, "evaluation", {"items": items})


def before_pruning(known: Sequence[float | None], evaluations: Iterable[Evaluation]) -> list[float | None]:
    """``known``, brought up to date: each task's accuracy in its base training; None once it ended there."""
    values = list(known)
    for of in evaluations:
        if of.round == 0:
            values += [None] * (of.task + 1 - len(values))
            values[of.task] = None if of.end_of_task else of.accuracy.get(of.task)
    return values


def _layers(session: Session, run: Run, layers: Sequence[tuple[int, LayerStatistics]]) -> None:
    if not layers:
        return
    rows = [
        {
            "run_id": run.id,
            "task": of.task,
            "round": of.round,
            "layer": of.layer,
            "step": step,
            "shape": list(of.shape),
            "total": of.total,
            "free": of.free,
            "consolidated": of.consolidated,
            "pruned": of.pruned,
            "reused": of.reused,
            "weight_norm": of.weight_norm,
            "quantiles": dict(of.quantiles),
            "skewness": of.skewness,
            "kurtosis": of.kurtosis,
            "end_of_task": of.end_of_task,
        }
        for step, of in layers
    ]
    upsert(session, LayerRow, rows)
    events.append(session, run, "layers", {"items": [_without_run(row) for row in rows]})


def _masks(session: Session, run: Run, batch: Batch) -> None:
    if not batch.masks:
        return
    if not batch.compressed:
        batch.compress(run.id)
    upsert(session, MaskRow, batch.compressed)
    items = [{"task": of.task, "round": of.round, "layer": of.layer} for _, of in batch.masks]
    events.append(session, run, "masks", {"items": items})


def _mask_rows(run_id: str, step: int, snapshot: MaskSnapshot) -> Iterable[dict[str, Any]]:
    arrays = {
        "mask": snapshot.mask,
        "importance": snapshot.importance,
        "owner": snapshot.owner,
        "weight": snapshot.weight,
    }
    for of, array in arrays.items():
        if array is not None:
            yield {
                "run_id": run_id,
                "task": snapshot.task,
                "round": snapshot.round,
                "layer": snapshot.layer,
                "of": of,
                "step": step,
                "end_of_task": snapshot.end_of_task,
                "shape": list(array.shape),
                "data": encode(array, of),  # type: ignore[arg-type]
            }


def _lines(session: Session, run: Run, lines: Sequence[tuple[str, str]]) -> None:
    if not lines:
        return
    moment = now(session)
    first = run.next_line
    run.next_line = first + len(lines)
    items = [
        {"line": number, "level": level, "attempt": run.attempt, "text": text}
        for number, (level, text) in enumerate(lines, first)
    ]
    upsert(session, LogLine, [item | {"run_id": run.id, "at": moment} for item in items])
    events.append(session, run, "log", {"items": items}, at=moment)


def _outcomes(session: Session, run: Run, outcomes: Sequence[SavedOutcome]) -> None:
    for saved in outcomes:
        _add_artifact(session, run, OUTCOME, saved, {"task": saved.task, "step": saved.step})
    if outcomes:
        events.append(session, run, "outcome", {"items": [{"task": saved.task} for saved in outcomes]})


def _checkpoint(session: Session, run: Run, saved: SavedCheckpoint) -> list[str]:
    details = {"task": saved.task, "round": saved.round, "step": saved.step}
    _add_artifact(session, run, CHECKPOINT, saved, details)
    session.flush()
    replaced = checkpoints(session, run.id)[CHECKPOINTS_KEPT:]
    for artifact in replaced:
        session.delete(artifact)
    return [artifact.url for artifact in replaced]


def _add_artifact(session: Session, run: Run, kind: str, saved: SavedFile, details: dict[str, int]) -> None:
    session.add(
        Artifact(
            id=new_id(),
            run_id=run.id,
            kind=kind,
            name=saved.name,
            url=saved.url,
            size=saved.size,
            sha256=saved.sha256,
            step=saved.step,
            details=details,
            created_at=now(session),
        )
    )


def _without_run(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "run_id"}
