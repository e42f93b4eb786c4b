"""JSON as its standard has it. Python's own writes Infinity and NaN, which other parsers refuse.

A number that is not finite becomes null; where that matters, :func:`not_finite` says beside it what it was.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

_READER = json.JSONDecoder(parse_constant=lambda _: None)


def dumps(
    value: Any,
    *,
    indent: int | None = None,
    ensure_ascii: bool = True,
    default: Callable[[Any], Any] | None = None,
) -> str:
    """The value as JSON."""
    try:
        return json.dumps(value, indent=indent, ensure_ascii=ensure_ascii, default=default, allow_nan=False)
    except ValueError:
        cleaned = _finite(value)
    return json.dumps(cleaned, indent=indent, ensure_ascii=ensure_ascii, default=default, allow_nan=False)


def loads(content: str | bytes) -> Any:
    """What JSON holds, also such as Python's own writer once made: its infinities and NaN become None."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:  # it knows the standard alone
        return _READER.decode(content if isinstance(content, str) else bytes(content).decode())


def encode(value: Any) -> bytes:
    """The value as compact JSON in UTF-8; moments are written as the interface writes them."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def not_finite(row: Mapping[str, Any]) -> dict[str, str]:
    """The row's numbers that are not finite, by field, in words: ``inf``, ``-inf``, ``nan``."""
    return {name: str(value) for name, value in row.items() if _is_not_finite(value)}


def _is_not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if _is_not_finite(value) else value
