"""What the answers of all resources have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WrapSerializer, WrapValidator

from anpyc.spec import RunSpec
from anpyc.spec.part import Plain


class Answer(BaseModel):
    """The base of every answer: fields with a default are always sent, so the client may rely on them."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True, use_attribute_docstrings=True, frozen=True
    )


class Request(Plain):
    """The base of every body that is not a specification: an unknown field is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class Problem(Answer):
    """One thing that is wrong with what was sent."""

    field: str
    """A dotted path; "" for the whole."""
    message: str


class PositionInText(Answer):
    """From and to which character, counted from 0."""

    start: int
    end: int


class ErrorBody(Answer):
    """What went wrong and what to do."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    code: str
    message: str
    field: str = ""
    """With status 422, and only then: the dotted path of the first problem; "" for the whole."""
    problems: list[Problem] = []
    """With status 422, and only then: every problem found."""
    position: PositionInText | None = None
    """Of a ``filter`` that cannot be understood: where in it."""


class ErrorAnswer(Answer):
    """The one shape of every error."""

    error: ErrorBody


# Without a declared return type, so that the schema stays that of a specification.
_UNTOUCHED: Any = lambda value, _handler: value  # noqa: E731

StoredSpec = Annotated[RunSpec, WrapValidator(_UNTOUCHED), WrapSerializer(_UNTOUCHED)]
"""A specification as it was stored: typed for the client, passed on as it is, so that one of an earlier
version never makes a list unreadable."""

Share = Annotated[float, Field(description="A share in [0, 1].")]
Moment = datetime
Cells = list[list[float | None]]
