"""Specifications of earlier runs say which images were tested on between tasks: all"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ADDED = "evaluate_images"

_RUNS = sa.table("runs", sa.column("id", sa.String), sa.column("spec", sa.JSON))


def upgrade() -> None:
    _rewrite(lambda training: {_ADDED: None} | training)


def downgrade() -> None:
    _rewrite(lambda training: {name: value for name, value in training.items() if name != _ADDED})


def _rewrite(change: Any) -> None:
    connection = op.get_bind()
    for run_id in connection.execute(sa.select(_RUNS.c.id)).scalars().all():
        stored = connection.execute(sa.select(_RUNS.c.spec).where(_RUNS.c.id == run_id)).scalar_one()
        spec = json.loads(stored) if isinstance(stored, str) else stored
        if not isinstance(spec.get("training"), dict):
            continue
        changed = spec | {"training": change(spec["training"])}
        if changed != spec:
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run_id).values(spec=changed))
