"""A specification as dotted fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Value = str | int | float | bool | None


def flattened(spec: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Value]]:
    """Dotted fields and their values; lists are written as text."""
    for name, value in spec.items():
        field = f"{path}{name}"
        if isinstance(value, Mapping):
            yield from flattened(value, f"{field}.")
        elif isinstance(value, (list, tuple)):
            yield field, ", ".join(str(one) for one in value)
        else:
            yield field, value
