"""Attempts have a table; those of earlier jobs are told from their events and columns"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Row

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CAUSES = {
    "worker lost": "worker_lost",
    "training process lost": "process_lost",
    "worker stopped": "released",
    "continued": "resumed",
}
_ENDED = ("succeeded", "failed", "cancelled")
_TIME = sa.DateTime(timezone=True)


def _jobs(name: str, *more: sa.ColumnClause[Any]) -> sa.TableClause:
    columns = {"id": sa.String, "status": sa.String, "attempt": sa.Integer, "worker_id": sa.String}
    times = [sa.column(column, _TIME) for column in ("started_at", "finished_at")]
    return sa.table(name, *(sa.column(*column) for column in columns.items()), *times, *more)


_RUNS = _jobs("runs", sa.column("recovery", sa.JSON))
_WHAT_IFS = _jobs("what_ifs")
_EVENTS = sa.table(
    "events",
    sa.column("run_id", sa.String),
    sa.column("seq", sa.Integer),
    sa.column("kind", sa.String),
    sa.column("data", sa.JSON),
    sa.column("at", _TIME),
)


def upgrade() -> None:
    attempts = op.create_table(
        "attempts",
        sa.Column("job_kind", sa.String(length=8), nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("worker_id", sa.String(length=64), nullable=True),
        sa.Column("begun_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("ending", sa.String(length=16), nullable=True),
        sa.Column("from_step", sa.Integer(), nullable=True),
        sa.Column("from_task", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("job_kind", "job_id", "number"),
    )
    connection = op.get_bind()
    found: list[dict[str, Any]] = []
    for run in connection.execute(sa.select(_RUNS)).all():
        told = sa.select(_EVENTS).where(
            _EVENTS.c.run_id == run.id, _EVENTS.c.kind.in_(("queued", "started", "requeued", *_ENDED))
        )
        events = connection.execute(told.order_by(_EVENTS.c.seq)).all()
        if sum(event.kind == "started" for event in events) == run.attempt:
            rows = _from_events(events)
        else:
            rows = _from_columns(run)
        found += [_EMPTY | row | {"job_kind": "run", "job_id": run.id} for row in rows]
    for job in connection.execute(sa.select(_WHAT_IFS)).all():
        row = _newest(job, job.started_at)
        found.append(_EMPTY | row | {"job_kind": "what_if", "job_id": job.id})
    if found:
        op.bulk_insert(attempts, found)
    with op.batch_alter_table("runs") as batch_op:
        batch_op.drop_column("recovery")


_EMPTY: dict[str, Any] = {
    "cause": "submitted",
    "worker_id": None,
    "begun_at": None,
    "ended_at": None,
    "ending": None,
    "from_step": None,
    "from_task": None,
}


def _from_events(events: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """Each from the event that queued it to the one that ended it."""
    rows: list[dict[str, Any]] = []
    for event in events:
        data = _parsed(event.data)
        if event.kind == "queued":
            if rows and "begun_at" not in rows[-1]:  # cancelled while it waited, and resumed
                rows.pop()
            cause = "resumed" if data.get("resumed") else "submitted"
            rows.append({"number": len(rows) + 1, "cause": cause})
        elif event.kind == "started":
            rows[-1] |= {"worker_id": data.get("worker"), "begun_at": event.at}
            if data.get("step"):
                rows[-1] |= {"from_step": data["step"], "from_task": data.get("task")}
        else:
            ending = event.kind if event.kind in _ENDED else _loss(data)
            rows[-1] |= {"ended_at": event.at, "ending": ending}
            if event.kind == "requeued":
                rows.append({"number": len(rows) + 1, "cause": ending})
    return rows


def _loss(data: dict[str, Any]) -> str:
    reason = str(data.get("reason", ""))
    if reason.startswith("The worker was lost"):
        return "worker_lost"
    return "process_lost" if reason.startswith("The training process") else "released"


def _from_columns(run: Row[Any]) -> list[dict[str, Any]]:
    """All earlier attempts as one, and the newest."""
    again = _parsed(run.recovery)
    if not again or run.started_at is None:
        return [_newest(run, run.started_at)]
    first = {"number": 1, "begun_at": run.started_at}
    first["ended_at"] = run.started_at + timedelta(seconds=again.get("seconds") or 0)
    since = datetime.fromisoformat(again["since"]) if "since" in again else None
    newest = _newest(run, since) | {"cause": _CAUSES.get(again.get("what", ""), "process_lost")}
    newest["number"] = max(2, newest["number"])
    return [first, newest | {"from_task": again.get("task")}]


def _newest(job: Row[Any], begun_at: datetime | None) -> dict[str, Any]:
    """The attempt under way, or the last; of a job that waits, the one that is still to begin."""
    if job.status == "queued":
        return {"number": job.attempt + 1}
    row = {"number": max(1, job.attempt), "worker_id": job.worker_id, "begun_at": begun_at}
    if job.status in _ENDED:
        row |= {"ended_at": job.finished_at, "ending": job.status}
    return row


def _parsed(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else dict(value or {})


def downgrade() -> None:
    """How later attempts came about is not told back: the newest counts as the first."""
    with op.batch_alter_table("runs") as batch_op:
        batch_op.add_column(sa.Column("recovery", sa.JSON(), nullable=False, server_default="{}"))
    op.drop_table("attempts")
