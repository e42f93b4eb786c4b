"""Tokens by name, sessions of browsers, and who has changed what"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("may_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment, nullable=True),
    )
    op.create_table(
        "browser_sessions",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column(
            "token_id", sa.String(26), sa.ForeignKey("access_tokens.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column("generation", sa.String(64), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
    )
    op.create_index("ix_browser_sessions_token_id", "browser_sessions", ["token_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("generation", sa.String(64), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.String(60), nullable=True),
        sa.Column("what", sa.String(24), nullable=False),
        sa.Column("run_id", sa.String(26), nullable=True),
        sa.Column("subject", sa.String(200), nullable=False),
    )
    op.create_index("ix_audit_entries_run_id", "audit_entries", ["run_id"])


def downgrade() -> None:
    op.drop_table("audit_entries")
    op.drop_table("sign_in_links")
    op.drop_table("browser_sessions")
    op.drop_table("access_tokens")
