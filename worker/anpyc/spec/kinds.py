"""The kinds of one part of a specification: an explicit list that can be added to.

The union that a specification is parsed with, the form's JSON Schema and every look-up are made from it, so
that a kind is listed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from anpyc.spec.part import KindPart

Part = TypeVar("Part", bound=KindPart)


class UnknownKind(LookupError):
    """There is no such kind; the message lists those there are."""


class Kinds(Mapping[str, type[Part]], Generic[Part]):
    """By the value of ``kind``. As metadata of an annotation it makes the union of all kinds."""

    def __init__(self, part: str, base: type[Part], *kinds: type[Part]) -> None:
        self.part = part
        """The field of a specification that they are kinds of."""
        self.base = base
        self._kinds: dict[str, type[Part]] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, kind: type[Part]) -> None:
        """:raises ValueError: if another kind has its name."""
        name = kind.name_of_kind()
        if self._kinds.setdefault(name, kind) is not kind:
            raise ValueError(f"There is a {self.part} of kind {name!r} already; choose another name.")

    def remove(self, kind: type[Part]) -> None:
        """:raises KeyError: if it was not added."""
        del self._kinds[kind.name_of_kind()]

    def parse(self, data: Mapping[str, Any]) -> Part:
        """The part in ``data``, alone.

        :raises UnknownKind: if there is no such kind.
        :raises pydantic.ValidationError: if one of its fields is wrong."""
        return self[data["kind"]].model_validate(data)

    def __getitem__(self, name: str) -> type[Part]:
        """:raises UnknownKind: if there is no such kind."""
        if name not in self._kinds:
            raise UnknownKind(f"There is no {self.part} of kind {name!r}. There are: {', '.join(self)}.")
        return self._kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __hash__(self) -> int:
        return id(self)

    def __get_pydantic_core_schema__(self, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        union: Any = reduce(or_, self._kinds.values())
        return handler.generate_schema(Annotated[union, Field(discriminator="kind")])
