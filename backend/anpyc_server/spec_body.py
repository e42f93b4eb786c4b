"""A run's specification as the body of a request, or a part of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from anpyc.spec import RunSpec, SpecError, parse_spec


def _parsed(value: Any) -> Any:
    if isinstance(value, RunSpec):
        return value
    if not isinstance(value, Mapping):
        problems = [{"field": "", "message": "A specification is a JSON object."}]
    else:
        try:
            return parse_spec(value)
        except SpecError as error:
            problems = [{"field": p.field, "message": p.message} for p in error.problems]
    raise PydanticCustomError(
        "specification", "The specification is wrong.", {"spec_problems": json.dumps(problems)}
    )


SpecBody = Annotated[RunSpec, BeforeValidator(_parsed)]
"""Parsed by :func:`anpyc.spec.parse_spec`, so that problems come at the same fields as everywhere."""
