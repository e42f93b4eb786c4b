"""What its own pruning cost a task, and how much of that retraining won back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc.metrics import measured, pruning_loss_by_task
from anpyc.recording import TESTED_BETWEEN_TASKS
from anpyc.wording import of_percent
from anpyc_queue.tables import EvaluationRow, LayerRow, Run
from anpyc_server.records.schedule import planned_rounds
from anpyc_server.wording import points, whole_percent

_NOTICEABLE = 0.0005
"""Changes below a twentieth of a point round to nothing."""


@dataclass(frozen=True)
class PruningCost:
    """Accuracy on one task: before its pruning, at the lowest measured in its rounds, at its end."""

    task: int
    share: float | None
    """Of what was free for it, what its last round freed; None where the plan is not known."""
    before: float
    lowest: float
    after: float


def dearest(
    session: Session, run: Run, matrix: Sequence[Sequence[float | None]], before: Sequence[float | None]
) -> PruningCost | None:
    """Of the task that lost most to its own pruning; where none lost anything, of the last that was pruned.
    None where nothing was pruned, or other images were tested in between than at the ends."""
    losses = pruning_loss_by_task(matrix, before)
    if not losses or run.environment.get(TESTED_BETWEEN_TASKS):
        return None
    task = max(losses, key=lambda each: losses[each])
    if losses[task] < _NOTICEABLE:
        task = max(losses)
    was, after = before[task], matrix[task][task]
    lowest = _lowest(session, run, task)
    if lowest is None or not measured(was) or not measured(after):
        return None
    shares = [each.share for each in planned_rounds(run.spec, len(matrix)) if each.task == task]
    return PruningCost(task, shares[-1] if shares else None, was, min(lowest, after), after)


def _lowest(session: Session, run: Run, task: int) -> float | None:
    """Among the task's rounds, found by their epochs: not all of a long run is read."""
    rounds = select(func.min(LayerRow.step), func.max(LayerRow.step)).where(
        LayerRow.run_id == run.id, LayerRow.task == task
    )
    first, last = session.execute(rounds).one()
    if first is None:
        return None
    return session.scalar(
        select(func.min(EvaluationRow.accuracy)).where(
            EvaluationRow.run_id == run.id,
            EvaluationRow.step.between(first, last),
            EvaluationRow.on_task == task,
            EvaluationRow.task == task,
            EvaluationRow.round > 0,
        )
    )


def cost_in_words(cost: PruningCost) -> str:
    """Such as ``Pruning task 3 to 70 % cost 1.2 points at its lowest, retraining won back 0.9 (93.9 → …).``
    Empty where it cost nothing."""
    lost, won = cost.before - cost.lowest, cost.after - cost.lowest
    if lost < _NOTICEABLE:
        return ""
    pruning = f"Pruning task {cost.task}" + (f" to {whole_percent(cost.share)}" if cost.share else "")
    if won < _NOTICEABLE:
        course = _course(cost.before, cost.after)
        return f"{pruning} cost {points(lost)}, retraining won nothing back ({course})."
    back = "all of it back" if won > lost - _NOTICEABLE else f"back {points(won).split(' ')[0]}"
    course = _course(cost.before, cost.lowest, cost.after)
    return f"{pruning} cost {points(lost)} at its lowest, retraining won {back} ({course})."


def _course(*accuracies: float) -> str:
    return " → ".join(of_percent(each) for each in accuracies) + " %"
