"""What the dotted fields of a specification are called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from anpyc.spec import RunSpec


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
