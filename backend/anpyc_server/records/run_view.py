"""Rows of runs as answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.measures import MEASURES, known
from anpyc_queue import audit, sizes
from anpyc_queue.engine import now
from anpyc_queue.jobs import cannot_resume, trained_seconds
from anpyc_queue.queue import waiting_order, waiting_reason
from anpyc_queue.tables import CHECKPOINT, OUTCOME, QUEUED, RUNNING, Run
from anpyc_queue.workers import WorkerStatus, worker_statuses
from anpyc_server.records.accuracy import (
    Matrix,
    accuracy_matrices,
    accuracy_matrix,
    average_curves,
    before_pruning,
    newest_accuracy,
)
from anpyc_server.records.changes import changes, in_words
from anpyc_server.records.joint import JointRuns, Reference
from anpyc_server.records.labels import in_full
from anpyc_server.records.pruning_cost import cost_in_words, dearest
from anpyc_server.records.run_schemas import (
    Deed,
    JointReference,
    KeyNumber,
    Parent,
    Position,
    RunAnswer,
    RunError,
    RunMetrics,
    RunPlan,
    RunSize,
    RunSummary,
)
from anpyc_server.records.sentences import sentence, state_sentence
from anpyc_server.records.sweep_labels import labels_in_sweeps


class QueueView:
    """The queue at one moment: who waits where, and who could take a run. Looked up when first asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.moment = now(session)

    @cached_property
    def _positions(self) -> dict[str, int]:
        waiting = select(Run.id).where(Run.status == QUEUED).order_by(*waiting_order())
        return {run_id: place for place, run_id in enumerate(self._session.scalars(waiting), 1)}

    @cached_property
    def _online(self) -> list[WorkerStatus]:
        return [status for status in worker_statuses(self._session) if status.online]

    def reason(self, run: Run) -> str | None:
        """What a queued run waits for; None for any other."""
        if run.status != QUEUED:
            return None
        return waiting_reason(run.device, self._positions.get(run.id, 1), self._online)


def row(
    run: Run, queue: QueueView, matrix: Matrix | None, curve: Sequence[float], *, full: bool
) -> dict[str, Any]:
    """The run as it stands in a list: the fields of :class:`RunSummary` as plain data."""
    return _shared(run, queue) | {
        "spec": run.spec if full else None,
        "position": {name: run.position.get(name) for name in Position.model_fields},
        "metrics": dict.fromkeys(RunMetrics.model_fields) | run.metrics,
        "accuracy_curve": curve,
        "sentence": sentence(run, matrix),
        "error": _error(run, False),
    }


def detailed(session: Session, run: Run, queue: QueueView) -> RunAnswer:
    """The run as it stands on its own page."""
    matrix = accuracy_matrix(session, run)
    newest = (
        newest_accuracy(session, run.id)
        if not any(value is not None for row in matrix for value in row)
        else {}
    )
    cost = dearest(session, run, matrix, before_pruning(run, matrix))
    joint = JointRuns(session)
    metrics, reference = joint.metrics(run, matrix), joint.reference(run)
    return RunAnswer.model_construct(
        **_typed(run, queue) | {"metrics": RunMetrics.model_validate(metrics), "label": _label(session, run)},
        settings=in_full(run.spec),
        parent=_parent(session, run),
        accuracy_curve=average_curves(session, [run], {run.id: matrix})[run.id],
        key_numbers=key_numbers(metrics, reference),
        joint_reference=(
            JointReference(run_ids=list(reference.run_ids), words=reference.words) if reference else None
        ),
        sentence=sentence(run, matrix, newest, cost_in_words(cost) if cost else ""),
        error=_typed_error(run, True),
        plan=RunPlan.model_validate(run.plan),
        environment=run.environment,
        size=_size(session, run),
        cannot_resume=cannot_resume(session, run),
        checkpoints_pruned_at=run.pruned_at(CHECKPOINT),
        outcomes_pruned_at=run.pruned_at(OUTCOME),
        history=[Deed(at=each.at, by=each.by, what=each.what) for each in audit.of_run(session, run.id)],
        last_seq=run.next_seq - 1,
    )


def _label(session: Session, run: Run) -> str:
    return labels_in_sweeps(session, [run.id]).get(run.id, "")


def _parent(session: Session, run: Run) -> Parent | None:
    parent = session.get(Run, run.parent_id) if run.parent_id else None
    if parent is None or parent.deleted_at is not None:
        return None
    return Parent(id=parent.id, name=parent.name, changes=in_words(changes(parent.spec, run.spec)))


def key_numbers(metrics: Mapping[str, Any], reference: Reference | None) -> list[KeyNumber]:
    """All metrics, as they are written."""
    values = known(metrics)
    notes = {"intransigence": f"Against {reference.words}."} if reference else {}
    return [
        KeyNumber(
            name=name,
            title=measure.short or measure.title,
            text=measure.write(values[name]) if name in values else None,
            note=notes.get(name, "") if name in values else "",
        )
        for name, measure in MEASURES.items()
    ]


def summaries(session: Session, runs: Sequence[Run]) -> list[RunSummary]:
    """Several runs with their specifications, with one look at the queue."""
    queue = QueueView(session)
    matrices = accuracy_matrices(session, runs)
    curves = average_curves(session, runs, matrices)
    labels = labels_in_sweeps(session, [run.id for run in runs])
    return [
        RunSummary.model_construct(
            **_typed(run, queue) | {"label": labels.get(run.id, "")},
            accuracy_curve=curves[run.id],
            sentence=sentence(run, matrices.get(run.id)),
            error=_typed_error(run, False),
        )
        for run in runs
    ]


def _typed(run: Run, queue: QueueView) -> dict[str, Any]:
    return _shared(run, queue) | {
        "spec": run.spec,
        "position": Position.model_validate(_known(run.position, Position)),
        "metrics": RunMetrics.model_validate(run.metrics),
    }


def _shared(run: Run, queue: QueueView) -> dict[str, Any]:
    seconds = trained_seconds(run, queue.moment)
    return {
        "id": run.id,
        "name": run.name,
        "label": "",
        "notes": run.notes,
        "tags": run.tags,
        "archived": run.archived,
        "version": run.version,
        "status": run.status,
        "progress": run.progress,
        "attempt": run.attempt,
        "state_sentence": state_sentence(run, queue.reason(run)),
        "strategy": run.strategy,
        "benchmark": run.benchmark,
        "dataset": run.dataset,
        "seed": run.seed,
        "device": run.device,
        "spec_hash": run.spec_hash,
        "worker": run.worker_id,
        "cancel_requested": run.cancel_requested,
        "values": {},
        "project_id": run.project_id,
        "group_id": run.group_id,
        "parent_id": run.parent_id,
        "parent_relation": run.parent_relation,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "updated_at": run.updated_at,
        "seconds": seconds,
        "seconds_left": _left(run, seconds),
        "bytes": run.bytes,
    }


def _size(session: Session, run: Run) -> RunSize:
    files = {kind: size for kind, (_, size) in sizes.files(session, run.id).items()}
    checkpoints, outcomes = files.pop(CHECKPOINT, 0), files.pop(OUTCOME, 0)
    return RunSize(
        checkpoints=checkpoints,
        outcomes=outcomes,
        other_files=sum(files.values()),
        masks=run.mask_bytes,
        log=run.log_bytes,
        rows=run.row_bytes,
    )


def _left(run: Run, seconds: float | None) -> float | None:
    if run.status != RUNNING or seconds is None or run.progress < 0.01:
        return None
    return seconds * (1 - run.progress) / run.progress


def _error(run: Run, whole: bool) -> dict[str, Any] | None:
    if run.error is None:
        return None
    traceback = run.error.get("traceback") if whole else None
    return {
        "code": run.error.get("code", ""),
        "message": run.error.get("message", ""),
        "traceback": traceback,
    }


def _typed_error(run: Run, whole: bool) -> RunError | None:
    error = _error(run, whole)
    return None if error is None else RunError.model_construct(**error)


def _known(data: Mapping[str, Any], model: type[Position]) -> dict[str, Any]:
    return {name: data[name] for name in model.model_fields if name in data}
