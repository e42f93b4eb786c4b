"""Notifications: rules, where they go, and what was and is to be sent"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notification_rules",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("project_id", sa.String(26), sa.ForeignKey("projects.id", ondelete="CASCADE")),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("forgetting", sa.Double()),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("shown", sa.String(300), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(60)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_notification_rules_project_id", "notification_rules", ["project_id"])
    rule = sa.ForeignKey("notification_rules.id", ondelete="CASCADE")
    op.create_table(
        "notification_addresses",
        sa.Column("rule_id", sa.String(26), rule, primary_key=True),
        sa.Column("address", sa.Text(), nullable=False),
    )
    rule = sa.ForeignKey("notification_rules.id", ondelete="CASCADE")
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("rule_id", sa.String(26), rule, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(26)),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_deliveries_event", "deliveries", ["rule_id", "key"], unique=True)
    op.create_index("ix_deliveries_due", "deliveries", ["status", "next_try_at"])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("notification_addresses")
    op.drop_table("notification_rules")
