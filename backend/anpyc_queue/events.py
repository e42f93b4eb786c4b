"""A run's events, numbered without gaps inside the transaction that writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue import sizes
from anpyc_queue.engine import now
from anpyc_queue.tables import Event, Run


def append(
    session: Session,
    run: Run,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    at: datetime | None = None,
) -> int:
    """Add an event and return its number. This transaction must hold the lock on the run's row."""
    moment = at or now(session)
    seq = run.next_seq
    run.next_seq = seq + 1
    sizes.add_rows(run, Event, 1)
    run.updated_at = moment
    session.add(Event(run_id=run.id, seq=seq, kind=kind, data=dict(data or {}), at=moment))
    return seq


def events_after(session: Session, run_id: str, seq: int, limit: int = 500) -> Sequence[Event]:
    """At most ``limit`` events of the run past number ``seq``, in order."""
    query = select(Event).where(Event.run_id == run_id, Event.seq > seq).order_by(Event.seq).limit(limit)
    return session.scalars(query).all()
