"""What a matrix of accuracies says about remembering and forgetting. No torch.

``R[i][j]`` is the accuracy on task j after task i, a share in [0, 1], tasks counted from 0; None where it was
not measured, and a value that is no number counts as not measured. Every function also takes the matrix of a
run that is still under way: rows that are not there yet are left out, and the last complete row stands for
the end."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from statistics import fmean
from typing import TypeGuard, cast

Matrix = Sequence[Sequence[float | None]]


def measured(value: float | None) -> TypeGuard[float]:
    """Whether there is a number."""
    return value is not None and isfinite(value)


def rows_done(matrix: Matrix) -> int:
    """How many tasks have been learnt: rows whose diagonal, and all before it, is measured."""
    done = 0
    for i, row in enumerate(matrix):
        begun = row[: i + 1]
        if len(row) <= i or None in begun or not isfinite(sum(cast("Sequence[float]", begun))):
            break
        done += 1
    return done


def average_accuracy(matrix: Matrix) -> float | None:
    """mean_j R[T−1][j] over the T tasks learnt."""
    done = rows_done(matrix)
    return fmean(_row(matrix, done - 1)) if done else None


def average_accuracy_by_task(matrix: Matrix) -> list[float]:
    """The average accuracy after each task, over the tasks learnt until then."""
    return [fmean(_row(matrix, i)) for i in range(rows_done(matrix))]


def learning_accuracy(matrix: Matrix) -> float | None:
    """mean_j R[j][j]: how well each task was learnt, before anything could be forgotten."""
    done = rows_done(matrix)
    return fmean(_learnt(matrix, j) for j in range(done)) if done else None


def backward_transfer(matrix: Matrix) -> float | None:
    """mean_{j<T−1} (R[T−1][j] − R[j][j]). Negative: later tasks cost earlier ones."""
    changes = backward_transfer_by_task(matrix)
    return fmean(changes) if changes else None


def backward_transfer_by_task(matrix: Matrix) -> list[float]:
    """R[T−1][j] − R[j][j] of each task but the last learnt."""
    done = rows_done(matrix)
    last = _row(matrix, done - 1) if done else []
    return [last[j] - _learnt(matrix, j) for j in range(done - 1)]


def forgetting(matrix: Matrix) -> float | None:
    """mean_{j<T−1} (max_{i<T−1} R[i][j] − R[T−1][j]) (Chaudhry et al. 2018)."""
    losses = forgetting_by_task(matrix)
    return fmean(losses) if losses else None


def forgetting_by_task(matrix: Matrix) -> list[float]:
    """How far each task but the last learnt has fallen from its best earlier accuracy."""
    done = rows_done(matrix)
    last = _row(matrix, done - 1) if done else []
    return [max(_column(matrix, j, done - 1)) - last[j] for j in range(done - 1)]


def forward_transfer(matrix: Matrix, untrained: Sequence[float | None]) -> float | None:
    """mean_{j>0} (R[j−1][j] − accuracy of the untrained network on j) (Lopez-Paz and Ranzato 2017).

    Needs accuracies above the diagonal, which are measured only where tasks share a head.
    """
    gains = []
    for j in range(1, rows_done(matrix)):
        before = matrix[j - 1][j] if len(matrix[j - 1]) > j else None
        start = untrained[j] if len(untrained) > j else None
        if not measured(before) or not measured(start):
            return None
        gains.append(before - start)
    return fmean(gains) if gains else None


def intransigence(matrix: Matrix, joint: Sequence[float | None]) -> float | None:
    """mean_j (R*[j][j] − R[j][j]) (Chaudhry et al. 2018). Positive: learnt worse than by joint training.

    :param joint: R*[j][j], the accuracy on task j of a network trained on tasks 0 … j together: the diagonal
        of a joint run, not its last row, which knows the later tasks as well.
    """
    gaps = []
    for j in range(rows_done(matrix)):
        reference = joint[j] if len(joint) > j else None
        if not measured(reference):
            return None
        gaps.append(reference - _learnt(matrix, j))
    return fmean(gaps) if gaps else None


def pruning_loss(matrix: Matrix, before: Sequence[float | None]) -> float | None:
    """mean_j (accuracy on task j before its own pruning − R[j][j]) over the pruned tasks."""
    losses = pruning_loss_by_task(matrix, before)
    return fmean(losses.values()) if losses else None


def pruning_loss_by_task(matrix: Matrix, before: Sequence[float | None]) -> dict[int, float]:
    """What its own pruning, retraining included, took from each pruned task that has been learnt.

    :param before: accuracy on task j at the end of its base training; None for a task that is not pruned.
    """
    tasks = range(min(rows_done(matrix), len(before)))
    return {j: value - _learnt(matrix, j) for j in tasks if measured(value := before[j])}


def summarise(
    matrix: Matrix,
    *,
    untrained: Sequence[float | None] | None = None,
    joint: Sequence[float | None] | None = None,
    before_pruning: Sequence[float | None] = (),
) -> dict[str, float]:
    """All metrics that the matrix, as far as it goes, allows; the others are absent."""
    values = {
        "average_accuracy": average_accuracy(matrix),
        "forgetting": forgetting(matrix),
        "backward_transfer": backward_transfer(matrix),
        "learning_accuracy": learning_accuracy(matrix),
        "forward_transfer": forward_transfer(matrix, untrained) if untrained is not None else None,
        "intransigence": intransigence(matrix, joint) if joint is not None else None,
        "pruning_loss": pruning_loss(matrix, before_pruning),
    }
    return {name: value for name, value in values.items() if value is not None}


def _row(matrix: Matrix, i: int) -> list[float]:
    """Row i up to its diagonal, all measured."""
    return list(cast("Sequence[float]", matrix[i][: i + 1]))


def _learnt(matrix: Matrix, j: int) -> float:
    """R[j][j], which is measured."""
    return cast("float", matrix[j][j])


def _column(matrix: Matrix, j: int, rows: int) -> list[float]:
    """What was measured on task j after each of the first ``rows`` tasks."""
    values = [row[j] for row in matrix[:rows] if len(row) > j]
    return [value for value in values if value is not None and isfinite(value)]
