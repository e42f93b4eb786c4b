"""What each task stood at before its own pruning; of earlier runs from their evaluations"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DIAGONAL = """
    SELECT ended.run_id, ended.task, ended.accuracy AS after_pruning, based.accuracy AS before_pruning
    FROM evaluations AS ended
    JOIN evaluations AS based
      ON based.run_id = ended.run_id AND based.task = ended.task AND based.on_task = ended.task
     AND based.round = 0
     AND based.step = (SELECT max(step) FROM epochs
                       WHERE epochs.run_id = ended.run_id AND epochs.task = ended.task AND epochs.round = 0)
    WHERE ended.end_of_task AND ended.on_task = ended.task AND ended.round > 0
    ORDER BY ended.run_id, ended.task
"""
"""The evaluation that closed a task's base training, beside the one that closed the task. Where a task was
not retrained after pruning, both have the same step and the first was not kept: nothing is known then."""


def upgrade() -> None:
    with op.batch_alter_table("runs") as batch_op:
        batch_op.add_column(sa.Column("before_pruning", sa.JSON(), nullable=False, server_default="[]"))
    connection = op.get_bind()
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for row in connection.execute(sa.text(_DIAGONAL)):
        found.setdefault(row.run_id, {})[row.task] = (row.before_pruning, row.after_pruning)
    runs = sa.table(
        "runs",
        sa.column("id", sa.String),
        sa.column("before_pruning", sa.JSON),
        sa.column("metrics", sa.JSON),
    )
    for run_id, tasks in found.items():
        metrics = connection.execute(sa.select(runs.c.metrics).where(runs.c.id == run_id)).scalar_one()
        metrics = json.loads(metrics) if isinstance(metrics, str) else dict(metrics or {})
        if "average_accuracy" in metrics:
            metrics["pruning_loss"] = sum(before - after for before, after in tasks.values()) / len(tasks)
        values = [tasks[task][0] if task in tasks else None for task in range(max(tasks) + 1)]
        changed = sa.update(runs).where(runs.c.id == run_id).values(before_pruning=values, metrics=metrics)
        connection.execute(changed)


def downgrade() -> None:
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("before_pruning")
