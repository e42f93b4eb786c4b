"""Who has changed what. An entry is part of the transaction that it tells of.

``by`` is the name of a token or session, ``local`` for a command on the machine, None where no token is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import AuditEntry, Run

What = Literal[
    "submitted", "cancelled", "resumed", "edited", "deleted", "restored", "what_if", "what_if_cancelled",
    "drained", "undrained", "token_made", "token_revoked", "session_ended", "pruned",
    "moved", "noted", "project_made", "project_edited", "project_deleted", "view_made", "view_edited",
    "view_deleted",
]  # fmt: skip


def record(
    session: Session, what: What, by: str | None, *, run_id: str | None = None, subject: str = ""
) -> None:
    """Add that ``by`` has done this, to a run or to whatever ``subject`` names."""
    session.add(_entry(now(session), what, by, run_id, subject))


def record_runs(session: Session, what: What, by: str | None, runs: Iterable[Run]) -> None:
    """Add that ``by`` has done this to each of these runs."""
    moment = now(session)
    session.add_all(_entry(moment, what, by, run.id, run.name) for run in runs)


def record_moved(session: Session, by: str | None, names: Mapping[str, str], project: str) -> None:
    """Add that ``by`` has moved these runs, names by id, into the project of this name."""
    moment = now(session)
    session.add_all(
        _entry(moment, "moved", by, run_id, f"{name[:120]} to {project}") for run_id, name in names.items()
    )


def of_run(session: Session, run_id: str) -> Sequence[AuditEntry]:
    """All that was done to a run, the oldest first."""
    query = select(AuditEntry).where(AuditEntry.run_id == run_id).order_by(AuditEntry.id)
    return session.scalars(query).all()


def newest(session: Session, limit: int) -> Sequence[AuditEntry]:
    """What was done last, the newest first."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)).all()


def _entry(at: datetime, what: What, by: str | None, run_id: str | None, subject: str) -> AuditEntry:
    return AuditEntry(id=new_id(), at=at, by=by, what=what, run_id=run_id, subject=subject[:200])
