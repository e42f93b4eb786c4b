"""Identifiers of runs and all that belongs to them: ULIDs, which sort by time of creation."""

from __future__ import annotations

from ulid import ULID


def new_id() -> str:
    """A fresh one, of 26 characters; those of one process and one millisecond sort in order, too."""
    return str(ULID())
