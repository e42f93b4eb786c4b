"""What all parts of a specification have in common."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec

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


class KindPart(SpecPart):
    """A part of which there are several kinds. It knows all of its kind that can be known without torch, and
    names what carries it out."""

    label: ClassVar[str]
    """What the kind is called."""
    implementation: ClassVar[str | Callable[..., Any]]
    """What carries it out: a class or function, or ``module:name`` of one in a module that loads torch."""

    if TYPE_CHECKING:

        @property
        def kind(self) -> str: ...

    @classmethod
    def name_of_kind(cls) -> str:
        """The value of ``kind``."""
        return str(cls.model_fields["kind"].default)

    @classmethod
    def load_implementation(cls) -> Any:
        """The class or function itself."""
        if not isinstance(cls.implementation, str):
            return cls.implementation
        module, _, name = cls.implementation.partition(":")
        return getattr(import_module(module), name)

    def check(self, run: RunSpec) -> None:
        """Refuse what does not go together with the other parts of ``run``; see :func:`refuse`."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if "label" in vars(cls):
            handler.resolve_ref_schema(schema)["title"] = cls.label
        return schema


def setting(title: str, unit: str = "", advanced: bool = False, short: str = "", **bounds: Any) -> Any:
    """A field with its title, unit and place in the form (``advanced`` ones are folded away).

    ``short`` is what it is called where runs are told apart, such as ``pruned``: value and unit follow, or
    the value stands in place of ``{}``. Without it the title is."""
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if short:
        extra["short"] = short
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


def without_nul(text: str) -> str:
    """The text. PostgreSQL keeps no NUL."""
    if "\0" in text:
        raise PydanticCustomError("control_characters", "Leave out the NUL character")
    return text


Line = Annotated[str, AfterValidator(without_control_characters)]
"""Text of one line."""
