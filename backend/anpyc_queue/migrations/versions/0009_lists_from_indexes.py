"""Lists and groups are read from indexes; what is free, which they are sorted by, is a column"""

import json
import math
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_GROUPED = [
    "seed", "id", "status", "average_accuracy", "forgetting", "capacity_free",
    "strategy", "benchmark", "dataset", "name",
]  # fmt: skip
_INDEXES = {
    "ix_runs_listed": ["archived", "id", "status", "strategy", "benchmark", "dataset"],
    "ix_runs_by_status": ["archived", "status", "id"],
    "ix_runs_by_strategy": ["archived", "strategy", "id", "status"],
    "ix_runs_of_kind": ["strategy", "status", "benchmark", "dataset", "id"],
    "ix_runs_by_name": ["archived", "name", "id", "status"],
    "ix_runs_by_accuracy": ["archived", "average_accuracy", "id", "status"],
    "ix_runs_by_forgetting": ["archived", "forgetting", "id", "status"],
    "ix_runs_by_capacity": ["archived", "capacity_free", "id", "status"],
    "ix_runs_of_setting": ["archived", "spec_hash", *_GROUPED],
    "ix_runs_of_sweep": ["archived", "group_id", "spec_hash", *_GROUPED],
}
_OF_SQLITE = {"ix_runs_searched": ["archived", "id", "name", "tags", "notes", "status"]}
_RUNS = sa.table(
    "runs",
    sa.column("id", sa.String),
    sa.column("metrics", sa.JSON),
    sa.column("average_accuracy", sa.Double),
    sa.column("forgetting", sa.Double),
    sa.column("capacity_free", sa.Double),
)
_AT_ONCE = 1_000


def upgrade() -> None:
    op.add_column("runs", sa.Column("capacity_free", sa.Double(), nullable=True))
    connection = op.get_bind()
    known = connection.execute(sa.select(_RUNS.c.id, _RUNS.c.metrics)).all()
    fill = (
        sa.update(_RUNS).where(_RUNS.c.id == sa.bindparam("run")).values(capacity_free=sa.bindparam("free"))
    )
    filled = [{"run": row.id, "free": _free(row.metrics)} for row in known]
    filled = [row for row in filled if row["free"] is not None]
    for start in range(0, len(filled), _AT_ONCE):
        connection.execute(fill, filled[start : start + _AT_ONCE])
    if connection.dialect.name == "postgresql":  # SQLite has no such number: it stored null
        for name in ("average_accuracy", "forgetting"):
            column = _RUNS.c[name]
            not_finite = column.in_([math.nan, math.inf, -math.inf])
            connection.execute(sa.update(_RUNS).where(not_finite).values({name: None}))
    op.drop_index("ix_runs_archived_created", "runs")
    there = sa.text("deleted_at IS NULL")
    for name, columns in _indexes().items():
        op.create_index(name, "runs", [*columns, "deleted_at"], sqlite_where=there, postgresql_where=there)


def _indexes() -> dict[str, list[str]]:
    """PostgreSQL has no index of long texts; it reads the table by several processes at once."""
    return _INDEXES | (_OF_SQLITE if op.get_bind().dialect.name == "sqlite" else {})


def _free(metrics: Any) -> float | None:
    known = json.loads(metrics) if isinstance(metrics, str) else metrics
    value = (known or {}).get("capacity_free")
    return value if value is not None and math.isfinite(value) else None


def downgrade() -> None:
    for name in _indexes():
        op.drop_index(name, "runs")
    op.create_index("ix_runs_archived_created", "runs", ["archived", "created_at"])
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("capacity_free")
