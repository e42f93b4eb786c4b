"""What runs of sweeps are called within their sweep, for rows of the list."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import LRUCache
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import Run, SpecSettings
from anpyc_server.records.labels import settings_in_words, told_apart

_MOST_SETTINGS = 500
"""Specifications of a sweep that are told apart, the newest: more than one makes at once."""
_KEPT_SWEEPS = 300

Labels = Mapping[str, str]


def labels_in_sweeps(session: Session, run_ids: Sequence[str]) -> dict[str, str]:
    """The label of each of these runs that belongs to a sweep, among the runs of its sweep.

    A sweep is read again only when a run joined it or was deleted: rows of a list cost two look-ups.
    """
    of_runs = select(Run.id, Run.group_id).where(Run.id.in_(run_ids), Run.group_id.is_not(None))
    sweeps = {run_id: str(group_id) for run_id, group_id in session.execute(of_runs)}
    if not sweeps:
        return {}
    labels: dict[str, str] = {}
    for each in _labels_of(session, sorted(set(sweeps.values()))).values():
        labels |= each
    return {run_id: labels[run_id] for run_id in sweeps if run_id in labels}


def labels_of_sweep(session: Session, group_id: str) -> Labels:
    """Those of all runs of a sweep that are not deleted, the oldest first."""
    return _labels_of(session, [group_id])[group_id]


class _Kept:
    """By sweep. Its runs' ids are unique in the world, so that databases do not meet here."""

    def __init__(self) -> None:
        self._labels: LRUCache[str, tuple[Any, Labels]] = LRUCache(_KEPT_SWEEPS)
        self._lock = threading.Lock()

    def find(self, group_id: str, stamp: Any) -> Labels | None:
        with self._lock:
            known = self._labels.get(group_id)
        return known[1] if known is not None and known[0] == stamp else None

    def keep(self, group_id: str, stamp: Any, labels: Labels) -> None:
        with self._lock:
            self._labels[group_id] = (stamp, labels)


_kept = _Kept()


def _labels_of(session: Session, group_ids: Sequence[str]) -> dict[str, Labels]:
    stamps = _stamps(session, group_ids)
    found = {group_id: _kept.find(group_id, stamps.get(group_id)) for group_id in group_ids}
    missing = [group_id for group_id, labels in found.items() if labels is None]
    for group_id, labels in _read(session, missing).items():
        found[group_id] = labels
        _kept.keep(group_id, stamps.get(group_id), labels)
    return {group_id: labels or {} for group_id, labels in found.items()}


def _members() -> tuple[Any, ...]:
    # Both values are named, so that the index that begins with this column serves.
    return Run.archived.in_((False, True)), Run.deleted_at.is_(None)


def _stamps(session: Session, group_ids: Sequence[str]) -> dict[str, tuple[int, str, str]]:
    """What changes when a run joins a sweep, is deleted or restored."""
    query = select(Run.group_id, func.count(), func.min(Run.id), func.max(Run.id))
    query = query.where(Run.group_id.in_(group_ids), *_members()).group_by(Run.group_id)
    return {str(sweep): (count, first, last) for sweep, count, first, last in session.execute(query)}


def _read(session: Session, group_ids: Sequence[str]) -> dict[str, Labels]:
    if not group_ids:
        return {}
    query = select(Run.group_id, Run.id, Run.spec_hash, Run.seed)
    members: dict[str, list[Any]] = {group_id: [] for group_id in group_ids}
    for row in session.execute(query.where(Run.group_id.in_(group_ids), *_members()).order_by(Run.id)):
        members[row.group_id].append(row)
    hashes = {group_id: _newest_hashes(rows) for group_id, rows in members.items()}
    settings = _settings(session, sorted({each for of_sweep in hashes.values() for each in of_sweep}))
    found: dict[str, Labels] = {}
    for group_id, rows in members.items():
        told = settings_in_words({each: settings[each] for each in hashes[group_id] if each in settings})
        found[group_id] = told_apart(
            # Not by their names: those of a sweep say the same at more length, and may change.
            [(row.id, told.get(row.spec_hash, ""), row.seed, "") for row in rows]
        )
    return found


def _newest_hashes(rows: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(row.spec_hash for row in rows))[-_MOST_SETTINGS:]


def _settings(session: Session, hashes: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = defaultdict(dict)
    for start in range(0, len(hashes), _MOST_SETTINGS):
        wanted = hashes[start : start + _MOST_SETTINGS]
        query = select(SpecSettings.spec_hash, SpecSettings.settings)
        found |= {row[0]: row[1] for row in session.execute(query.where(SpecSettings.spec_hash.in_(wanted)))}
    return dict(found)
