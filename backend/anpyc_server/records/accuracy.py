"""The accuracy matrix from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc.metrics import average_accuracy_by_task, measured, rows_done
from anpyc_queue.tables import EvaluationRow, Run

Matrix = list[list[float | None]]
MOST_TASKS_IN_A_LIST = 20
MOST_POINTS_OF_A_CURVE = 20
T = TypeVar("T")


def accuracy_matrix(session: Session, run: Run) -> Matrix:
    """Row i: accuracies after task i; None where not measured, also for tasks still to come."""
    query = select(EvaluationRow.task, EvaluationRow.on_task, EvaluationRow.accuracy).where(
        EvaluationRow.run_id == run.id, EvaluationRow.end_of_task
    )
    return matrix_of([(row.task, row.on_task, row.accuracy) for row in session.execute(query)], tasks_of(run))


def accuracy_matrices(
    session: Session, runs: Sequence[Run], most_tasks: float = MOST_TASKS_IN_A_LIST
) -> dict[str, Matrix]:
    """The matrices of several runs in one query; those of more tasks are left out."""
    wanted = {run.id: tasks_of(run) for run in runs if tasks_of(run) <= most_tasks}
    query = select(
        EvaluationRow.run_id, EvaluationRow.task, EvaluationRow.on_task, EvaluationRow.accuracy
    ).where(EvaluationRow.run_id.in_(wanted), EvaluationRow.end_of_task)
    cells: dict[str, list[tuple[int, int, float]]] = {run_id: [] for run_id in wanted}
    for row in session.execute(query):
        cells[row.run_id].append((row.task, row.on_task, row.accuracy))
    return {run_id: matrix_of(cells[run_id], tasks) for run_id, tasks in wanted.items()}


def average_curves(
    session: Session, runs: Sequence[Run], matrices: Mapping[str, Matrix]
) -> dict[str, list[float]]:
    """The average accuracy after each task learnt, of long runs after some of them: what a sparkline shows.

    :param matrices: those that are known; of other runs no more cells are read than are needed.
    """
    curves = {run_id: _some(average_accuracy_by_task(matrix)) for run_id, matrix in matrices.items()}
    by_length: dict[int, list[str]] = {}
    for run in runs:
        if run.id not in matrices:
            by_length.setdefault(tasks_of(run), []).append(run.id)
    for tasks, run_ids in by_length.items():
        found = _averages(session, run_ids, _some(range(tasks)))
        curves |= {run_id: found.get(run_id, []) for run_id in run_ids}
    return {run_id: [round(value, 4) for value in curve] for run_id, curve in curves.items()}


def _averages(session: Session, run_ids: Sequence[str], tasks: Sequence[int]) -> dict[str, list[float]]:
    """After these tasks, as far as they have been learnt."""
    of_learnt = EvaluationRow.on_task <= EvaluationRow.task
    query = (
        select(EvaluationRow.run_id, EvaluationRow.task, func.avg(EvaluationRow.accuracy).label("average"))
        .where(
            EvaluationRow.run_id.in_(run_ids),
            EvaluationRow.task.in_(tasks),
            EvaluationRow.end_of_task,
            of_learnt,
        )
        .group_by(EvaluationRow.run_id, EvaluationRow.task)
        .having(func.count(EvaluationRow.accuracy) == EvaluationRow.task + 1)
        .order_by(EvaluationRow.run_id, EvaluationRow.task)
    )
    found: dict[str, list[float]] = {}
    for row in session.execute(query):
        if measured(row.average):
            found.setdefault(row.run_id, []).append(row.average)
    return found


def _some(items: Sequence[T]) -> list[T]:
    """All of them, or so many evenly spread ones, the first and the last among them."""
    if len(items) <= MOST_POINTS_OF_A_CURVE:
        return list(items)
    step = (len(items) - 1) / (MOST_POINTS_OF_A_CURVE - 1)
    return [items[round(place * step)] for place in range(MOST_POINTS_OF_A_CURVE)]


def matrix_of(cells: list[tuple[int, int, float]], tasks: int) -> Matrix:
    """(after task, on task, accuracy) as a square of at least ``tasks``."""
    size = max([tasks, *(max(row, column) + 1 for row, column, _ in cells)])
    matrix: Matrix = [[None] * size for _ in range(size)]
    for row, column, accuracy in cells:
        matrix[row][column] = accuracy if measured(accuracy) else None
    return matrix


def before_pruning(run: Run, matrix: Matrix) -> list[float | None]:
    """By task: accuracy at the end of its base training, where it was pruned after that and is learnt."""
    known = list(run.before_pruning[: rows_done(matrix)])
    return known + [None] * (len(matrix) - len(known))


def tasks_of(run: Run) -> int:
    """How many tasks the run has: by its plan, before that by its specification."""
    benchmark = run.spec.get("benchmark", {})
    return int(run.plan.get("tasks") or benchmark.get("tasks") or len(benchmark.get("datasets", ())))


def newest_accuracy(session: Session, run_id: str) -> dict[int, float]:
    """By task, at the newest evaluation."""
    newest = select(EvaluationRow.step).where(EvaluationRow.run_id == run_id)
    step = session.scalar(newest.order_by(EvaluationRow.step.desc()).limit(1))
    if step is None:
        return {}
    query = select(EvaluationRow.on_task, EvaluationRow.accuracy).where(
        EvaluationRow.run_id == run_id, EvaluationRow.step == step
    )
    return {row.on_task: row.accuracy for row in session.execute(query)}
