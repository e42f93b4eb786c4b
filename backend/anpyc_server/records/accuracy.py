"""The accuracy matrix from rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.metrics import measured, rows_done
from anpyc_queue.tables import EvaluationRow, Run

Matrix = list[list[float | None]]
MOST_TASKS_IN_A_LIST = 20


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
