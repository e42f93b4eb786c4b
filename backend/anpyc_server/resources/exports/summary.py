"""What came out of a run as two small tables: its metrics, and what each task gained and lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from anpyc.measures import MEASURES, known
from anpyc.metrics import (
    backward_transfer_by_task,
    forgetting_by_task,
    measured,
    pruning_loss_by_task,
    rows_done,
)
from anpyc_queue.tables import Run
from anpyc_server.records.accuracy import accuracy_matrix, before_pruning
from anpyc_server.records.joint import JointRuns

METRICS = ("metric", "value", "higher_is_better", "note")
SHARES = ("before_pruning", "learnt", "pruning_loss", "newest", "forgetting", "backward_transfer", "joint")
TASKS = ("task", *SHARES, "title")
"""Of each task learnt: its accuracy before its own pruning and when it was learnt, what pruning took, its
accuracy now, what it lost since best and what changed since learnt; what joint training learnt it to; and
what the task is called, such as the names of its classes."""

Rows = Sequence[Sequence[Any]]


def metrics_of(session: Session, run: Run) -> Rows:
    """The metrics that are known, as shares; a loss is positive when something was lost."""
    joint = JointRuns(session)
    reference = joint.reference(run)
    values = known(joint.metrics(run, accuracy_matrix(session, run)))
    return [
        (
            name,
            value,
            MEASURES[name].higher_is_better,
            f"against {reference.words}" if reference and name == "intransigence" else "",
        )
        for name, value in values.items()
    ]


def tasks_of(session: Session, run: Run) -> Rows:
    """A row per task that has been learnt; None where a number is not defined."""
    matrix = accuracy_matrix(session, run)
    before, done = before_pruning(run, matrix), rows_done(matrix)
    pruned, reference = pruning_loss_by_task(matrix, before), JointRuns(session).reference(run)
    forgotten, changed = forgetting_by_task(matrix), backward_transfer_by_task(matrix)
    joint = list(reference.diagonal) if reference else []
    titles = run.plan.get("task_titles", [])
    return [
        (
            task,
            before[task],
            matrix[task][task],
            pruned.get(task),
            matrix[done - 1][task],
            forgotten[task] if task < done - 1 else None,
            changed[task] if task < done - 1 else None,
            joint[task] if task < len(joint) and measured(joint[task]) else None,
            titles[task] if task < len(titles) else "",
        )
        for task in range(done)
    ]
