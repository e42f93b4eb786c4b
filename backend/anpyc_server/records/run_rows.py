"""Rows of the list as JSON. That of an ended run is written once and kept: only an edit changes it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import LRUCache
from sqlalchemy import select
from sqlalchemy.orm import Session, defer, selectinload

from anpyc import strict_json
from anpyc_queue.tables import TERMINAL, Run
from anpyc_server.records.accuracy import accuracy_matrices
from anpyc_server.records.run_view import QueueView, row

_KEPT_ROWS = 20_000
"""About 20 MB."""

Stamp = tuple[Any, ...]


class RowCache:
    """The rows of ended runs that were asked for last. Safe to share between threads."""

    def __init__(self, rows: int = _KEPT_ROWS) -> None:
        self._kept: LRUCache[str, tuple[Stamp, bytes]] = LRUCache(rows)
        self._lock = threading.Lock()

    def find(self, stamps: dict[str, Stamp]) -> dict[str, bytes]:
        """Those rows that still stand."""
        with self._lock:
            kept = {run_id: self._kept.get(run_id) for run_id in stamps}
        return {
            run_id: known[1]
            for run_id, known in kept.items()
            if known is not None and known[0] == stamps[run_id]
        }

    def keep(self, run_id: str, stamp: Stamp, encoded: bytes) -> None:
        """Remember a row that nothing but an edit changes."""
        with self._lock:
            self._kept[run_id] = (stamp, encoded)


def encoded_rows(session: Session, cache: RowCache, run_ids: Sequence[str], full: bool) -> list[bytes]:
    """The runs as they stand in a list, in this order; with their specifications if ``full``."""
    if full:
        return list(_written(session, run_ids, full=True).values())
    # Deleting a run takes it from its clones, which are not touched otherwise.
    query = select(Run.id, Run.updated_at, Run.version, Run.token, Run.parent_id, Run.status)
    looked_up = {row.id: row for row in session.execute(query.where(Run.id.in_(run_ids)))}
    stamps = {run_id: tuple(looked_up[run_id]) for run_id in run_ids}
    encoded = cache.find(stamps)
    missing = [run_id for run_id in run_ids if run_id not in encoded]
    for run_id, content in _written(session, missing, full=False).items():
        encoded[run_id] = content
        if looked_up[run_id].status in TERMINAL:
            cache.keep(run_id, stamps[run_id], content)
    return [encoded[run_id] for run_id in run_ids]


EMPTY = b'"values":{}'


def with_values(encoded: bytes, values: Mapping[str, Any]) -> bytes:
    """The row with what it was asked for besides."""
    return encoded.replace(EMPTY, b'"values":%b' % strict_json.encode(values), 1) if values else encoded


NO_LABEL = b'"label":""'


def with_label(encoded: bytes, label: str) -> bytes:
    """The row with what it is called among others: that may change while the run itself does not."""
    return encoded.replace(NO_LABEL, b'"label":%b' % strict_json.encode(label), 1) if label else encoded


def _written(session: Session, run_ids: Sequence[str], *, full: bool) -> dict[str, bytes]:
    """The rows by id, in this order, with one look at the queue."""
    if not run_ids:
        return {}
    query = select(Run).where(Run.id.in_(run_ids))
    query = query.options(defer(Run.environment), selectinload(Run.attempts))
    runs = {run.id: run for run in session.scalars(query)}
    matrices = accuracy_matrices(session, list(runs.values()))
    queue = QueueView(session)
    return {
        run_id: strict_json.encode(row(runs[run_id], queue, matrices.get(run_id), full=full))
        for run_id in run_ids
    }
