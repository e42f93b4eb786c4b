"""What all parts of a specification have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
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


def without_control_characters(text: str) -> str:
    """The text without blanks around it. Tabs, line ends and NUL are refused: lists show one line, and
    PostgreSQL keeps no NUL."""
    kept = text.strip()
    if any(ord(character) < 32 or ord(character) == 127 for character in kept):
        raise PydanticCustomError("control_characters", "Leave out control characters such as line ends")
    return kept


Line = Annotated[str, AfterValidator(without_control_characters)]
"""Text of one line."""
