"""Cells of CSV files that a spreadsheet reads as what they are."""

from __future__ import annotations

from typing import Any


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula has a ``'`` before it."""
    starts = ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if isinstance(value, str) and value.startswith(starts) else value
