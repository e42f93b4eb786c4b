"""What each run takes is kept with it, and when something of it was pruned"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_SIZES = ["file_bytes", "mask_bytes", "log_bytes", "row_bytes"]
_ADDED = [*_SIZES, "first_line", "pruned"]
_ROWS = {"evaluations": 110, "epochs": 130, "layers": 420, "masks": 250, "events": 190, "what_if_points": 110}
"""As in anpyc_queue.sizes when this was written: bytes of one row, about, with its indexes."""
_OF_A_LINE = 110


def upgrade() -> None:
    for name in _SIZES:
        op.add_column("runs", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("first_line", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("runs", sa.Column("pruned", sa.JSON(), nullable=False, server_default="{}"))
    op.execute(f"UPDATE runs SET {', '.join(f'{name} = {query}' for name, query in _filled().items())}")  # noqa: S608
    op.create_index("ix_runs_sizes", "runs", ["deleted_at", *_SIZES, "first_line", "next_line", "id"])
    op.create_index("ix_artifacts_sizes", "artifacts", ["run_id", "kind", "size"])
    op.drop_index("ix_artifacts_run_id", "artifacts")


def _filled() -> dict[str, str]:
    """The lengths of masks are read without the masks."""
    rows = [f"{size} * {_of_run(table, 'count(*)')}" for table, size in _ROWS.items()]
    return {
        "file_bytes": _of_run("artifacts", "coalesce(sum(size), 0)"),
        "mask_bytes": _of_run("masks", "coalesce(sum(length(data)), 0)"),
        "log_bytes": _of_run("log_lines", f"coalesce(sum({_OF_A_LINE} + length(text)), 0)"),
        "row_bytes": " + ".join(rows),
    }


def _of_run(table: str, what: str) -> str:
    return f"(SELECT {what} FROM {table} WHERE {table}.run_id = runs.id)"  # noqa: S608 - names of our own


def downgrade() -> None:
    op.create_index("ix_artifacts_run_id", "artifacts", ["run_id"])
    op.drop_index("ix_artifacts_sizes", "artifacts")
    op.drop_index("ix_runs_sizes", "runs")
    with op.batch_alter_table("runs") as batch_op:
        for name in _ADDED:
            batch_op.drop_column(name)
