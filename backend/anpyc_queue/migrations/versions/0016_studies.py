"""Waiting runs have a priority and a place; studies and searches are kept"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those that wait already have the same place and go on in the order of their ids, which is that of time.
    op.add_column("runs", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("place", sa.BigInteger(), nullable=False, server_default="0"))
    waiting = sa.text("status = 'queued'")
    op.create_index(
        "ix_runs_waiting",
        "runs",
        ["priority", "place", "id", "device", "status"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "studies",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("project_id", sa.String(26), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=True, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "study_runs",
        sa.Column("study_id", sa.String(26), primary_key=True),
        sa.Column("run_id", sa.String(26), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("reused", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_study_runs_run", "study_runs", ["run_id"])
    op.create_table(
        "searches",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("project_id", sa.String(26), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("by", sa.String(60), nullable=True),
        sa.Column("idempotency_key", sa.String(200), nullable=True, unique=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_searches_status", "searches", ["status"])
    op.create_table(
        "trials",
        sa.Column(
            "search_id", sa.String(26), sa.ForeignKey("searches.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.String(26), sa.ForeignKey("runs.id", ondelete="SET NULL"), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("reports", sa.JSON(), nullable=False),
    )
    op.create_index("ix_trials_run", "trials", ["run_id"])


def downgrade() -> None:
    for table in ("trials", "searches", "study_runs", "studies"):
        op.drop_table(table)
    op.drop_index("ix_runs_waiting", "runs")
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("place")
        batch_op.drop_column("priority")
