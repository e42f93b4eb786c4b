"""Removing deleted runs for good: rows some at a time, so that nobody waits long, and then files."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from anpyc_queue import jobs
from anpyc_queue.artifacts import ArtifactFiles
from anpyc_queue.engine import Database, now
from anpyc_queue.tables import (
    Base,
    EpochRow,
    EvaluationRow,
    Event,
    LayerRow,
    LogLine,
    MaskRow,
    Run,
    SystemSample,
    WhatIfPoint,
)

log = logging.getLogger(__name__)

UNDO = timedelta(minutes=10)
"""How long a deletion can be undone."""
AT_ONCE = 5_000
"""Rows that one transaction deletes, so that SQLite's one lock is held for a fraction of a second."""
_MASK = 50
"""As many rows of numbers take about as long as one mask."""
_MANY: tuple[type[Base], ...] = (
    MaskRow, EvaluationRow, EpochRow, LayerRow, LogLine, Event, WhatIfPoint, SystemSample,
)  # fmt: skip
"""What a run may have many rows of."""


def remove_deleted(database: Database, artifacts_url: str) -> int:
    """Remove the runs whose deletion can no longer be undone. Answers how many."""
    with database.read() as session:
        before = now(session) - UNDO
        run_ids = session.scalars(select(Run.id).where(Run.deleted_at < before)).all()
    for run_id in run_ids:
        addresses = remove(database, run_id, before)
        if addresses is not None:
            store = ArtifactFiles(artifacts_url)
            remove_files(store, addresses)
            store.remove_folder(run_id)
    return len(run_ids)


def remove(database: Database, run_id: str, before: datetime) -> list[str] | None:
    """Remove the rows of a run that was deleted by ``before``; from the first piece on it cannot be restored.
    Answers where its files lie; None where it was restored, or removed by somebody else, meanwhile."""
    while True:
        with database.write() as session:
            run = session.get(Run, run_id, with_for_update=True)
            if run is None or run.deleted_at is None or run.deleted_at > before:
                return None
            run.deleted_at = min(run.deleted_at, now(session) - UNDO - timedelta(seconds=1))
            if _has_removed_all(session, run_id):
                return jobs.remove(session, run_id)


def remove_files(store: ArtifactFiles, addresses: Iterable[str]) -> list[str]:
    """Delete files whose rows are gone already. One that cannot be deleted is reported, and answered."""
    left = []
    for address in addresses:
        try:
            store.delete(address)
        except Exception:  # each kind of store has errors of its own
            log.warning("The file %s could not be removed", address, exc_info=True)
            left.append(address)
    return left


def _has_removed_all(session: Session, run_id: str) -> bool:
    """Delete as many rows of the run as one transaction may."""
    left = AT_ONCE
    for model in _MANY:
        table, weight = model.__table__, _MASK if model is MaskRow else 1
        some = select(*table.primary_key).where(table.c.run_id == run_id).limit(max(1, left // weight))
        gone = delete(table).where(tuple_(*table.primary_key).in_(some))  # type: ignore[arg-type]
        left -= weight * session.execute(gone).rowcount  # type: ignore[attr-defined]
        if left <= 0:
            return False
    return True
