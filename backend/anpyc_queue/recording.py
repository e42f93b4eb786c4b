"""What training reports, as rows: a batch is written whole or not at all, and once however often it is sent.

The holder's token fences it: after a takeover nothing of the old holder comes in. Every row has a natural key
and is replaced by itself when it comes again. Events carry these keys, not the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy.orm import Session

from anpyc.recording import EpochResult, Evaluation, LayerStatistics, MaskSnapshot, Plan
from anpyc_queue import events, sizes
from anpyc_queue.arrays import ARRAY_KINDS, encode
from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.jobs import Claim, checkpoints, claimed_job, set_metrics
from anpyc_queue.notifications.outbox import tell_of_forgetting
from anpyc_queue.tables import (
    CHECKPOINT,
    OUTCOME,
    Artifact,
    Base,
    EpochRow,
    EvaluationRow,
    LayerRow,
    LogLine,
    MaskRow,
    Run,
)
from anpyc_queue.upsert import upsert

CHECKPOINTS_KEPT = 2
_TENSOR = ("task", "round", "layer")
"""What rows of one tensor after one round are found by."""


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

    def compress(self) -> None:
        """Turn the masks into rows, which takes its time, before a transaction begins."""
        rows = (row for step, snapshot in self.masks for row in _mask_rows(step, snapshot))
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


def write(session: Session, claim: Claim, batch: Batch) -> list[str]:
    """Write the batch and its events, unless that was done before.

    Answers the addresses of checkpoints that a newer one replaces, for their files to be deleted.

    :raises Stale: when the run is not held under this claim any more.
    """
    run: Run = claimed_job(session, claim)
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
        tell_of_forgetting(session, run)
    _outcomes(session, run, batch.outcomes)
    run.updated_at = now(session)
    return [] if batch.checkpoint is None else _checkpoint(session, run, batch.checkpoint)


def _plan(session: Session, run: Run, plan: Plan) -> None:
    values = _values(plan) | {"layers": [_values(layer) for layer in plan.layers]}
    run.environment = dict(values.pop("environment"))
    run.plan = values
    events.append(session, run, "plan")


def _epochs(session: Session, run: Run, results: Sequence[EpochResult]) -> None:
    if not results:
        return
    _upsert(session, run, EpochRow, map(_values, results))
    sizes.add_rows(run, EpochRow, len(results))
    newest = results[-1]
    run.progress = newest.progress
    run.position = {name: getattr(newest, name) for name in ("task", "round", "epoch", "step")}
    run.position["tasks"] = run.plan.get("tasks")
    events.append(session, run, "epoch", _keys(results, "step"))


def _evaluations(session: Session, run: Run, evaluations: Sequence[Evaluation]) -> None:
    if not evaluations:
        return
    rows = (
        _values(evaluation) | {"on_task": on_task, "accuracy": accuracy}
        for evaluation in evaluations
        for on_task, accuracy in evaluation.accuracy.items()
    )
    _upsert(session, run, EvaluationRow, rows)
    sizes.add_rows(run, EvaluationRow, sum(len(evaluation.accuracy) for evaluation in evaluations))
    run.before_pruning = before_pruning(run.before_pruning, evaluations)
    events.append(session, run, "evaluation", _keys(evaluations, "step"))


def before_pruning(known: Sequence[float | None], evaluations: Iterable[Evaluation]) -> list[float | None]:
    """``known``, brought up to date: each task's accuracy in its base training; None once it ended there."""
    values = list(known)
    for evaluation in evaluations:
        if evaluation.round == 0:
            task = evaluation.task
            values += [None] * (task + 1 - len(values))
            values[task] = None if evaluation.end_of_task else evaluation.accuracy.get(task)
    return values


def _layers(session: Session, run: Run, layers: Sequence[tuple[int, LayerStatistics]]) -> None:
    if not layers:
        return
    _upsert(session, run, LayerRow, ({"step": step} | _values(statistics) for step, statistics in layers))
    sizes.add_rows(run, LayerRow, len(layers))
    events.append(session, run, "layers", _keys([statistics for _, statistics in layers], *_TENSOR))


def _masks(session: Session, run: Run, batch: Batch) -> None:
    if not batch.masks:
        return
    if not batch.compressed:
        batch.compress()
    _upsert(session, run, MaskRow, batch.compressed)
    sizes.add_masks(run, (len(row["data"]) for row in batch.compressed))
    events.append(session, run, "masks", _keys([snapshot for _, snapshot in batch.masks], *_TENSOR))


def _mask_rows(step: int, snapshot: MaskSnapshot) -> Iterable[dict[str, Any]]:
    for kind in ARRAY_KINDS:
        array = getattr(snapshot, kind)
        if array is not None:
            more = {"of": kind, "step": step, "shape": list(array.shape), "data": encode(array, kind)}
            yield _values(snapshot) | more


def _lines(session: Session, run: Run, lines: Sequence[tuple[str, str]]) -> None:
    if not lines:
        return
    moment = now(session)
    first = run.next_line
    run.next_line = first + len(lines)
    rows = [
        {"line": number, "level": level, "attempt": run.attempt, "text": text, "at": moment}
        for number, (level, text) in enumerate(lines, first)
    ]
    _upsert(session, run, LogLine, rows)
    sizes.add_lines(run, (text for _, text in lines))
    events.append(session, run, "log", {"items": [{"line": row["line"]} for row in rows]}, at=moment)


def _outcomes(session: Session, run: Run, outcomes: Sequence[SavedOutcome]) -> None:
    for saved in outcomes:
        _add_artifact(session, run, OUTCOME, saved, {"task": saved.task, "step": saved.step})
    if outcomes:
        sizes.weigh_files(session, run)
        events.append(session, run, "outcome", _keys(outcomes, "task"))


def _checkpoint(session: Session, run: Run, saved: SavedCheckpoint) -> list[str]:
    details = {"task": saved.task, "round": saved.round, "step": saved.step}
    _add_artifact(session, run, CHECKPOINT, saved, details)
    session.flush()
    replaced = checkpoints(session, run.id)[CHECKPOINTS_KEPT:]
    for artifact in replaced:
        session.delete(artifact)
    sizes.weigh_files(session, run)
    return [artifact.url for artifact in replaced]


def _add_artifact(session: Session, run: Run, kind: str, saved: SavedFile, details: dict[str, int]) -> None:
    columns = {part.name: getattr(saved, part.name) for part in fields(SavedFile) if part.name != "task"}
    artifact = Artifact(
        id=new_id(), run_id=run.id, kind=kind, details=details, created_at=now(session), **columns
    )
    session.add(artifact)


def _keys(reports: Iterable[Any], *names: str) -> dict[str, list[dict[str, Any]]]:
    """What an event carries: by what the rows of these reports are found."""
    return {"items": [{name: getattr(report, name) for name in names} for report in reports]}


def _values(report: Any) -> dict[str, Any]:
    """A report's fields as they go into rows, by name."""
    return {part.name: _plain(getattr(report, part.name)) for part in fields(report)}


def _plain(value: Any) -> Any:
    """What JSON can hold: tuples are lists, keys are text."""
    if isinstance(value, tuple):
        return list(value)
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else value


def _upsert(session: Session, run: Run, table: type[Base], items: Iterable[Mapping[str, Any]]) -> None:
    """Those values that the table has columns for, as rows of the run."""
    columns = [column.name for column in table.__table__.columns if column.name != "run_id"]
    upsert(session, table, [{"run_id": run.id} | {name: item[name] for name in columns} for item in items])
