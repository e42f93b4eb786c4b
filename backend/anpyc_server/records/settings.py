"""What the dotted fields of a specification are called, and how their values are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from anpyc.spec import BENCHMARKS, DATASETS, MODELS, STRATEGIES, RunSpec

_ENOUGH, _ALL = 4, 17
"""Digits of a number that no person has typed, and of any."""


@dataclass(frozen=True)
class Words:
    """What a field is called."""

    title: str
    unit: str = ""
    short: str = ""
    """Where runs are told apart; with ``{}`` where the value stands, else before it. Empty: the title."""

    def around(self, value: Any, value_in_words: str) -> str:
        """``λ 100``, ``pruned 70 %``, ``30 epochs``."""
        if "{}" in self.short and value is not None:
            return self.short.replace("{}", value_in_words)
        unit = f" {self.unit}" if self.unit and _is_number(value) else ""
        return f"{self.called} {value_in_words}{unit}"

    @property
    def called(self) -> str:
        """In a sentence or before a value."""
        return self.short if self.short and "{}" not in self.short else in_lower_case(self.title)


def words_of(field: str, kind: object = None) -> Words:
    """Of a field, or of the one that this kind of its part has: ``strategy.lam`` is SI's c."""
    known = _words()
    return (
        known.get((field, kind if isinstance(kind, str) else None))
        or known.get((field, None))
        or Words(field)
    )


@lru_cache(maxsize=1)
def described() -> dict[str, tuple[str, str]]:
    """Title and unit of every field, from the specification's own schema."""
    return {field: (words.title, words.unit) for (field, kind), words in _words().items() if kind is None}


def kind_label(part: str, kind: str) -> str:
    """The published name of a kind of strategy, benchmark, data set or model: ``EWC``."""
    return str(getattr(_KINDS.get(part, {}).get(kind), "label", kind))


@lru_cache(maxsize=64)
def variants(strategy: str) -> dict[str, dict[str, Any]]:
    """Named settings of a strategy, such as ``as published``."""
    extra = getattr(STRATEGIES.get(strategy), "model_config", {}).get("json_schema_extra")
    named = extra.get("variants") if isinstance(extra, dict) else None
    return dict(named) if isinstance(named, dict) else {}


@lru_cache(maxsize=64)
def default_settings(part: str, kind: str) -> dict[str, Any]:
    """What a kind of strategy, benchmark, data set or model is set to by itself."""
    fields = getattr(_KINDS.get(part, {}).get(kind), "model_fields", {})
    return {name: field.default for name, field in fields.items()}


def written(value: Any) -> str:
    """A value of a setting among others: ``0.1``, ``on``, ``(400, 400)``."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return f"({text})" if ", " in text else text


def written_apart(values: Iterable[Any]) -> dict[Any, str]:
    """Values of one setting by themselves; numbers with as few digits as tell them apart.

    One that somebody typed keeps all of its digits, one that was drawn four or more. A choice is written as
    words: ``closed form``.
    """
    distinct = list(dict.fromkeys(values))
    for digits in range(_ENOUGH, _ALL):
        words = [_with_digits(value, digits) for value in distinct]
        if len(set(words)) == len(distinct):
            break
    return dict(zip(distinct, words, strict=True))


def in_lower_case(title: str) -> str:
    """A title as it stands within a sentence; an abbreviation or a symbol stays as it is."""
    return title[0].lower() + title[1:] if title[1:2].islower() else title


_KINDS: Mapping[str, Mapping[str, Any]] = {
    "strategy": STRATEGIES,
    "benchmark": BENCHMARKS,
    "dataset": DATASETS,
    "model": MODELS,
}


def _with_digits(value: Any, digits: int) -> str:
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else f"{value:.{digits}g}"
    return written(value.replace("_", " ") if isinstance(value, str) and "." not in value else value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@lru_cache(maxsize=1)
def _words() -> dict[tuple[str, str | None], Words]:
    schema = RunSpec.model_json_schema()
    found: dict[tuple[str, str | None], Words] = {}
    for field, kind, words in _described(schema, schema["$defs"], ""):
        found.setdefault((field, None), words)
        if kind is not None:
            found[field, kind] = words
    return found


def _described(
    part: Mapping[str, Any], parts: Mapping[str, Any], path: str
) -> Iterator[tuple[str, str | None, Words]]:
    fields = part.get("properties", {})
    kind = fields.get("kind", {}).get("const") if path else None
    for name, field in fields.items():
        words = Words(field.get("title", name), field.get("unit", ""), field.get("short", ""))
        yield f"{path}{name}", kind, words
        for option in [*field.get("oneOf", []), field]:
            if "$ref" in option:
                yield from _described(parts[option["$ref"].rpartition("/")[2]], parts, f"{path}{name}.")
