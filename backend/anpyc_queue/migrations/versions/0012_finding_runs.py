"""Runs are searched in every script, and found by their settings"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_RUNS = sa.table(
    "runs",
    sa.column("id", sa.String),
    sa.column("name", sa.String),
    sa.column("tags", sa.JSON),
    sa.column("notes", sa.Text),
    sa.column("words", sa.Text),
    sa.column("spec", sa.JSON),
    sa.column("spec_hash", sa.String),
)
_AT_ONCE = 500
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def upgrade() -> None:
    op.add_column("runs", sa.Column("words", sa.Text(), nullable=False, server_default=""))
    table = op.create_table(
        "spec_settings",
        sa.Column("spec_hash", sa.String(64), primary_key=True),
        sa.Column("settings", sa.JSON(), nullable=False),
    )
    _keep_words()
    _keep_settings(table)
    if op.get_bind().dialect.name == "sqlite":
        _index(["archived", "id", "words", "status"])


def _index(columns: list[str]) -> None:
    op.drop_index("ix_runs_searched", "runs")
    there = sa.text("deleted_at IS NULL")
    op.create_index("ix_runs_searched", "runs", [*columns, "deleted_at"], sqlite_where=there)


def _keep_words() -> None:
    connection = op.get_bind()
    fill = sa.update(_RUNS).where(_RUNS.c.id == sa.bindparam("run")).values(words=sa.bindparam("found"))
    for ids in _batches(connection.scalars(sa.select(_RUNS.c.id)).all()):
        query = sa.select(_RUNS.c.id, _RUNS.c.name, _RUNS.c.tags, _RUNS.c.notes).where(_RUNS.c.id.in_(ids))
        rows = connection.execute(query).all()
        connection.execute(fill, [{"run": row.id, "found": _words(row)} for row in rows])


def _keep_settings(table: sa.Table) -> None:
    connection = op.get_bind()
    one_of_each = sa.select(sa.func.max(_RUNS.c.id)).group_by(_RUNS.c.spec_hash)
    for ids in _batches(connection.scalars(one_of_each).all()):
        query = sa.select(_RUNS.c.spec_hash, _RUNS.c.spec).where(_RUNS.c.id.in_(ids))
        rows = connection.execute(query).all()
        settings = [{"spec_hash": row.spec_hash, "settings": _settings(row.spec)} for row in rows]
        connection.execute(sa.insert(table), settings)


def _batches(ids: Any) -> Iterator[Any]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _words(row: Any) -> str:
    tags = "".join(f"\x1f{_plain(str(tag))}\x1f" for tag in _decoded(row.tags) or ())
    return f"{_plain(row.name)}\x1d{tags}\x1e{_plain(row.notes or '')}"


def _settings(spec: Any) -> dict[str, Any]:
    found = _flattened(_decoded(spec) or {}, "")
    return {
        path: _folded(value)[:1_000] if isinstance(value, str) else value
        for path, value in found
        if value is not None and path not in ("name", "seed")
    }


def _flattened(spec: dict[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, value in spec.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{path}{name}.")
        elif isinstance(value, list):
            yield f"{path}{name}", ", ".join(str(item) for item in value)
        else:
            yield f"{path}{name}", value


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _plain(text: str) -> str:
    return _CONTROLS.sub(" ", _folded(text))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _index(["archived", "id", "name", "tags", "notes", "status"])
    op.drop_table("spec_settings")
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("words")
