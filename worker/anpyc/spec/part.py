"""What all parts of a specification have in common."""

from __future__ import annotations

from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Scenario = Literal["task", "domain", "class"]


class SpecPart(BaseModel):
    """Frozen, and strict about names: an unknown field is an error, not ignored."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        json_schema_serialization_defaults_required=True,
    )


def setting(title: str, unit: str = "", advanced: bool = False, **bounds: Any) -> Any:
    """A field with its title, unit and place in the form (``advanced`` ones are folded away)."""
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if advanced:
        extra["advanced"] = True
    return Field(title=title, json_schema_extra=extra or None, **bounds)


def refuse(field: str, message: str) -> NoReturn:
    raise PydanticCustomError("spec", "{message}", {"field": field, "message": message})
