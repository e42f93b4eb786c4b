"""What-if jobs and their points"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "what_ifs",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("task", sa.SmallInteger(), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("ranked_by", sa.String(length=12), nullable=True),
        sa.Column("images", sa.Integer(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("idempotency_key"),
    )
    with op.batch_alter_table("what_ifs") as batch_op:
        batch_op.create_index("ix_what_ifs_run_id", ["run_id"])
        batch_op.create_index("ix_what_ifs_status_created", ["status", "created_at"])
    op.create_table(
        "what_if_points",
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("task", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("permille", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("on_task", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=False),
        sa.Column("zeros", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "task", "permille", "on_task"),
    )


def downgrade() -> None:
    op.drop_table("what_if_points")
    op.drop_table("what_ifs")
