"""Runs belong to projects"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UNSORTED = "0" * 26
_GROUPED = [
    "seed", "id", "status", "average_accuracy", "forgetting", "capacity_free",
    "strategy", "benchmark", "dataset", "name",
]  # fmt: skip
_LISTED = {
    "ix_runs_listed": ["archived", "id", "status", "strategy", "benchmark", "dataset"],
    "ix_runs_by_status": ["archived", "status", "id"],
    "ix_runs_by_strategy": ["archived", "strategy", "id", "status"],
    "ix_runs_of_kind": ["strategy", "status", "benchmark", "dataset", "id"],
    "ix_runs_by_name": ["archived", "name", "id", "status"],
    "ix_runs_by_accuracy": ["archived", "average_accuracy", "id", "status"],
    "ix_runs_by_forgetting": ["archived", "forgetting", "id", "status"],
    "ix_runs_by_capacity": ["archived", "capacity_free", "id", "status"],
    "ix_runs_searched": ["archived", "id", "words", "status"],
    "ix_runs_of_setting": ["archived", "spec_hash", *_GROUPED],
    "ix_runs_of_sweep": ["archived", "group_id", "spec_hash", *_GROUPED],
}
"""The indexes that lists and groups are read from: each knows the project, too."""


def upgrade() -> None:
    projects = op.create_table(
        "projects",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False, unique=True),
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    moment = datetime.now(UTC)
    row = {"id": _UNSORTED, "name": "Unsorted", "folded": "unsorted", "version": 1}
    op.bulk_insert(projects, [row | {"created_at": moment, "updated_at": moment}])
    # In SQL of its own, as Alembic would copy SQLite's whole table of runs for the sake of the key.
    op.execute(
        f"ALTER TABLE runs ADD COLUMN project_id VARCHAR(26) DEFAULT '{_UNSORTED}' NOT NULL "
        "REFERENCES projects (id)"
    )
    _index_anew(["project_id"])
    op.create_index("ix_runs_of_project", "runs", ["project_id", "deleted_at", "archived", "id", "status"])
    op.create_index("ix_runs_in_project", "runs", ["project_id", "deleted_at", "archived", "updated_at"])


def downgrade() -> None:
    op.drop_index("ix_runs_in_project", "runs")
    op.drop_index("ix_runs_of_project", "runs")
    _index_anew([])
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("project_id")
    op.drop_table("projects")


def _index_anew(added: list[str]) -> None:
    there = sa.text("deleted_at IS NULL")
    for name, columns in _LISTED.items():
        if name == "ix_runs_searched" and op.get_bind().dialect.name != "sqlite":
            continue
        op.drop_index(name, "runs")
        op.create_index(
            name, "runs", [*columns, *added, "deleted_at"], sqlite_where=there, postgresql_where=there
        )
