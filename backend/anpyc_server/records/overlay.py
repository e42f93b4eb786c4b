"""Specifications laid over others, and single fields changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anpyc_server.errors import Invalid


def merged(spec: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with ``changes`` laid over it part by part; a part of another kind replaces the whole part.

    :raises Invalid: when a part is no object.
    """
    result = dict(spec)
    for name, value in changes.items():
        old = result.get(name)
        if name in _PARTS and not isinstance(value, Mapping):
            raise Invalid.at(name, "This part of a specification is a JSON object.")
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            same_kind = value.get("kind", old.get("kind")) == old.get("kind")
            result[name] = merged(old, value) if same_kind else dict(value)
        else:
            result[name] = value
    return result


_PARTS = frozenset({"benchmark", "dataset", "model", "strategy", "training"})


def with_value(content: Mapping[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A complete specification with ``value`` at a dotted field; another kind of part brings its defaults.

    :raises Invalid: at the field, when there is none of that name.
    """
    return _with(content, field.split("."), value, field)


def _with(content: Mapping[str, Any], path: list[str], value: Any, field: str) -> dict[str, Any]:
    name, *rest = path
    if name not in content and (rest or len(path) == len(field.split("."))):
        raise Invalid.at(field, f"A specification has no field {field!r}.")
    if not rest:
        return {"kind": value} if name == "kind" else {**content, name: value}
    inner = content[name]
    if not isinstance(inner, Mapping):
        raise Invalid.at(field, f"A specification has no field {field!r}.")
    return {**content, name: _with(inner, rest, value, field)}
