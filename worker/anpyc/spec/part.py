"""What all parts of a specification have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NoReturn, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec

Scenario = Literal["task", "domain", "class"]


class Plain(BaseModel):
    """Never reads true as 1 nor 0 as false. A number as text is read: YAML takes ``1e-3`` for text."""

    @model_validator(mode="before")
    @classmethod
    def _truth_is_no_number(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        wrong = [
            InitErrorDetails(type=error, loc=(field,), input=data[field])
            for field, wanted in _types_of(cls).items()
            if field in data and (error := _mistaken(data[field], wanted))
        ]
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return data


def _mistaken(value: Any, wanted: frozenset[Any]) -> PydanticCustomError | None:
    each = value if isinstance(value, (list, tuple)) else (value,)
    if bool not in wanted and any(isinstance(one, bool) for one in each):
        return PydanticCustomError("number", "Give a number, not true or false")
    if bool in wanted and not isinstance(value, bool) and type(value) not in wanted:
        return PydanticCustomError("truth", "Give true or false")
    return None


@cache
def _types_of(model: type[BaseModel]) -> dict[str, frozenset[Any]]:
    """Of each field for a number or a truth value, all that its annotation is made of."""
    types = {name: frozenset(_parts(field.annotation)) for name, field in model.model_fields.items()}
    return {
        name: wanted for name, wanted in types.items() if wanted & {bool, int, float} and Any not in wanted
    }


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


class SpecPart(Plain):
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
