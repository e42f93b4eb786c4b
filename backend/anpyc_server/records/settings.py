"""A specification as dotted fields, and what each is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from anpyc.spec import RunSpec

Value = str | int | float | bool | None


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


@lru_cache(maxsize=1)
def described() -> dict[str, tuple[str, str]]:
    """Title and unit of every field, from the specification's own schema."""
    schema = RunSpec.model_json_schema()
    descriptions: dict[str, tuple[str, str]] = {}
    _describe(schema, schema["$defs"], "", descriptions)
    return descriptions


def _describe(
    part: Mapping[str, Any], parts: Mapping[str, Any], path: str, descriptions: dict[str, tuple[str, str]]
) -> None:
    for name, field in part.get("properties", {}).items():
        descriptions.setdefault(f"{path}{name}", (field.get("title", name), field.get("unit", "")))
        for option in [*field.get("oneOf", []), field]:
            if "$ref" in option:
                _describe(parts[option["$ref"].rpartition("/")[2]], parts, f"{path}{name}.", descriptions)
