"""Specifications of earlier runs say what has become a setting since, so that they mean what they meant"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ADDED: dict[tuple[str, str], dict[str, Any]] = {
    ("benchmark", "permuted"): {"seed": 0},
    ("benchmark", "split"): {"seed": None},
    ("strategy", "anpyc"): {"exact_share": False},
}
"""Part and kind → what every run did when there was no choice."""

_RUNS = sa.table(
    "runs", sa.column("id", sa.String), sa.column("spec", sa.JSON), sa.column("spec_hash", sa.String)
)


def upgrade() -> None:
    _rewrite(_with_added)


def downgrade() -> None:
    _rewrite(_without_added)


def _rewrite(change: Any) -> None:
    connection = op.get_bind()
    for run_id in connection.execute(sa.select(_RUNS.c.id)).scalars().all():
        spec = connection.execute(sa.select(_RUNS.c.spec).where(_RUNS.c.id == run_id)).scalar_one()
        changed = change(json.loads(spec) if isinstance(spec, str) else spec)
        if changed != spec:
            values = {"spec": changed, "spec_hash": _hash(changed)}
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run_id).values(values))


def _with_added(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _ADDED.get((name, part.get("kind", "")), {}) | part if isinstance(part, dict) else part
        for name, part in spec.items()
    }


def _without_added(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            field: value
            for field, value in part.items()
            if field not in _ADDED.get((name, part.get("kind", "")), {})
        }
        if isinstance(part, dict)
        else part
        for name, part in spec.items()
    }


def _hash(spec: dict[str, Any]) -> str:
    """Of the specification without name and seed, as runs are grouped by."""
    content = {name: value for name, value in spec.items() if name not in ("name", "seed")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
