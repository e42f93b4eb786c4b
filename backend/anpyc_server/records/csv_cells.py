"""Values as cells of a CSV file."""

from __future__ import annotations

from typing import Any

from anpyc import strict_json

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> Any:
    """Lists and objects as JSON; text that a spreadsheet would take for a formula is made harmless."""
    made = flat(value)
    return f"'{made}" if isinstance(made, str) and made[:1] in _FORMULA else made


def flat(value: Any) -> Any:
    """Lists and objects as JSON."""
    return strict_json.dumps(value) if isinstance(value, (dict, list)) else value
