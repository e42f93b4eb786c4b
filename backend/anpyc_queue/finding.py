"""What runs are found by: their settings by dotted path, kept once for each specification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import Run, SpecSettings
from anpyc_queue.upsert import upsert
from anpyc_queue.words import folded

Value = str | int | float | bool | None
_LONGEST = 1_000
"""Characters of a setting that are compared."""
_AT_ONCE = 500


def flattened(spec: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Value]]:
    """Dotted fields and their values; lists are written as text."""
    for name, value in spec.items():
        field = f"{path}{name}"
        if isinstance(value, Mapping):
            yield from flattened(value, f"{field}.")
        elif isinstance(value, (list, tuple)):
            yield field, ", ".join(str(item) for item in value)
        else:
            yield field, value


def settings_of(spec: Mapping[str, Any]) -> dict[str, Value]:
    """The settings that are set, name and seed apart, as they are compared."""
    return {
        path: folded(value)[:_LONGEST] if isinstance(value, str) else value
        for path, value in flattened(spec)
        if value is not None and path not in ("name", "seed")
    }


def keep_settings(session: Session, runs: Iterable[Run]) -> None:
    """Store the settings of these runs by the hash of their specification, where they are not there yet."""
    by_hash = {run.spec_hash: run.spec for run in runs}
    for start in range(0, len(by_hash), _AT_ONCE):
        hashes = list(by_hash)[start : start + _AT_ONCE]
        there = select(SpecSettings.spec_hash).where(SpecSettings.spec_hash.in_(hashes))
        missing = set(hashes).difference(session.scalars(there))
        rows = [
            {"spec_hash": each, "settings": settings_of(by_hash[each])} for each in hashes if each in missing
        ]
        if rows:
            upsert(session, SpecSettings, rows)


def forget_settings(session: Session, spec_hash: str) -> None:
    """Remove the settings of a specification that no run has any more."""
    left = session.scalar(select(func.count()).select_from(Run).where(Run.spec_hash == spec_hash))
    row = session.get(SpecSettings, spec_hash)
    if not left and row is not None:
        session.delete(row)
