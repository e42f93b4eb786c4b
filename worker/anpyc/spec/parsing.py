"""Reading a specification, and saying in words what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from anpyc.spec.run import RunSpec


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a specification. ``field`` is a dotted path, "" for the whole."""

    field: str
    message: str


class SpecError(ValueError):
    """The specification cannot be run as it is; ``problems`` says why, field by field."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.field or 'specification'}: {p.message}" for p in problems))


def parse_spec(data: Mapping[str, Any]) -> RunSpec:
    """The specification in ``data``. What is left out has its default, the kind of a part included.

    :raises SpecError: with every problem found, each at its field.
    """
    try:
        return RunSpec.model_validate(_with_kinds(data))
    except ValidationError as error:
        raise SpecError([_problem(e) for e in error.errors(include_url=False)]) from None


_PARTS = ("benchmark", "dataset", "model", "strategy", "training")


def _with_kinds(data: Mapping[str, Any]) -> Any:
    """``{"strategy": {"lam": 3}}`` means the default strategy with another λ."""
    if not isinstance(data, Mapping):
        return data
    filled = dict(data)
    for part in _PARTS:
        given = filled.get(part)
        if isinstance(given, Mapping) and "kind" not in given:
            filled[part] = {"kind": RunSpec.model_fields[part].default.kind, **given}
    return filled


def _problem(error: Any) -> Problem:
    context = error.get("ctx") or {}
    if "field" in context:
        return Problem(context["field"], context["message"])
    path = _path_without_union_tags(error["loc"])
    field = ".".join(path)
    if error["type"] == "extra_forbidden":
        return Problem(field, f"There is no field called {path[-1]!r}. Remove it or correct its spelling.")
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        expected = str(context.get("expected_tags", "")).replace("'", "")
        return Problem(f"{field}.kind", f"Choose one of: {expected}." if expected else "Give a `kind`.")
    if error["type"] == "missing":
        return Problem(field, "This field is required.")
    return Problem(field, f"{error['msg']}.")


def _path_without_union_tags(location: tuple[int | str, ...]) -> list[str]:
    """pydantic puts the union's tag after the part's name; a person's path has no such step."""
    path = [str(step) for step in location]
    if len(path) > 1 and path[0] in _PARTS and path[0] != "training":
        del path[1]
    if path[:2] == ["training", "schedule"] and len(path) > 2:
        del path[2]
    return path
