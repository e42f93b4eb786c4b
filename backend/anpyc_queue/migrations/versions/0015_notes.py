"""Notes on groups, figures and comparisons; what was made from a run is found"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("figure", sa.String(60), primary_key=True),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.String(26), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(60), nullable=True),
    )
    op.create_index("ix_notes_run_id", "notes", ["run_id"])
    op.create_index("ix_runs_parent", "runs", ["parent_id", "deleted_at"])


def downgrade() -> None:
    op.drop_index("ix_runs_parent", "runs")
    op.drop_table("notes")
