"""Runs told apart by what differs among them: ``λ 100 · pruned 70 % · seed 2``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from anpyc_queue.finding import flattened
from anpyc_queue.tables import Run
from anpyc_server.records.differences import kind_beside, varying
from anpyc_server.records.settings import (
    default_settings,
    described,
    in_lower_case,
    kind_label,
    variants,
    words_of,
    written,
    written_apart,
)

BETWEEN = " · "
LONGEST = 90
"""Characters of what tells settings apart, where so many are enough; twice as many at most."""
_LONGEST_PART = 48
_VARIANT = "strategy.variant"
"""Beside the fields of a specification: which named settings of a method these are."""

_DEFAULT = "default"
_MANY = 4
"""So many settings of a method are told by the name of a variant instead."""

Settings = Mapping[str, Any]
"""By dotted path, as :func:`anpyc_queue.finding.flattened` gives them."""


class Labelled(Protocol):
    """What of a run its label is made from."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def spec(self) -> Mapping[str, Any]: ...
    @property
    def spec_hash(self) -> str: ...


@dataclass(frozen=True)
class Label:
    """What a run is called among others."""

    short: str
    """What tells it apart, in the field's short words; no other of the set has it."""
    spec: Mapping[str, Any]

    @cached_property
    def full(self) -> str:
        """All of its settings, a line for each part."""
        return in_full(self.spec)


def labels(runs: Iterable[Labelled]) -> dict[str, Label]:
    """The label of each run among these, by id.

    Settings that differ come first, then the seed where seeds differ. Runs that differ in neither are called
    by their names; what is left alike is numbered by age, and the oldest keeps its label.
    """
    by_age = sorted(runs, key=lambda run: run.id)
    told = settings_in_words({run.spec_hash: dict(flattened(run.spec)) for run in by_age})
    short = told_apart([(run.id, told[run.spec_hash], run.seed, run.name) for run in by_age])
    return {run.id: Label(short[run.id], run.spec) for run in by_age}


def told_apart(runs: Sequence[tuple[str, str, int, str]]) -> dict[str, str]:
    """Of id, settings in words, seed and name of each run, the oldest first: its label by id."""
    with_seed = len({seed for _, _, seed, _ in runs}) > 1
    names = {name for *_, name in runs}
    if not with_seed and not any(settings for _, settings, *_ in runs):
        alone = len(names) == len(runs)
        found = {key: name if alone else f"seed {seed}" for key, _, seed, name in runs}
    else:
        found = {
            key: joined(settings, f"seed {seed}" if with_seed else "") or f"seed {seed}"
            for key, settings, seed, _ in runs
        }
    return _numbered(found)


def is_named_by_hand(run: Run) -> bool:
    """Whether somebody named it: not after its method, and not after what a sweep varies."""
    made = f"{run.strategy} on {run.benchmark} {run.dataset}"
    if run.name == made or run.name.startswith(f"{made}, "):
        return False
    return run.group_id is None or "=" not in run.name.rpartition(", ")[2]


def settings_in_words(settings: Mapping[str, Settings]) -> dict[str, str]:
    """In what each of several settings differs from the others; empty where there is but one.

    Where that is long, what is not needed to tell them apart is left out.
    """
    with_variants = {key: {**each, _VARIANT: _variant(each)} for key, each in settings.items()}
    columns = [_column(field, with_variants) for field in _told_fields(list(with_variants.values()))]
    for column in reversed(columns):
        if max((len(each) for each in _joined(settings, columns)), default=0) <= LONGEST:
            break
        rest = [each for each in columns if each is not column]
        if len(set(_joined(settings, rest))) == len(set(_joined(settings, columns))):
            columns = rest
    return dict(zip(settings, (_cut(text, 2 * LONGEST) for text in _joined(settings, columns)), strict=True))


def joined(*parts: str) -> str:
    """Parts of a label as one; an empty one is left out."""
    return BETWEEN.join(filter(None, parts))


def in_full(spec: Mapping[str, Any]) -> str:
    """Every setting with its title and unit, a line for each part of the specification."""
    lines: dict[str, list[str]] = defaultdict(list)
    settings = dict(flattened(spec))
    for field, value in settings.items():
        part = field.partition(".")[0] if "." in field else ""
        if field == f"{part}.kind":
            lines[part].insert(
                0, " ".join(filter(None, (kind_label(part, str(value)), _named(settings, part))))
            )
        elif field.endswith(".kind"):
            lines[part].append(_kind_in_words(field.rpartition(".")[0], value))
        elif field != "name":
            words = words_of(field, settings.get(kind_beside(field) or ""))
            unit = f" {words.unit}" if words.unit and value is not None else ""
            lines[part].append(f"{in_lower_case(words.title)} {written(value)}{unit}")
    rest = lines.pop("", [])
    told = [f"{described().get(part, (part, ''))[0]}: {', '.join(words)}" for part, words in lines.items()]
    return "\n".join([*told, *([BETWEEN.join(rest)] if rest else [])])


def _named(settings: Settings, part: str) -> str:
    variant = _variant(settings) if part == "strategy" else ""
    return "" if variant == _DEFAULT else variant


def _variant(settings: Settings) -> str:
    """The named settings of its method that these are, the most particular ones of several: ``as published``.

    Empty where they have no name, and where the method has no named settings.
    """
    kind = str(settings.get("strategy.kind"))
    named = variants(kind)
    if not named:
        return ""
    found = [
        (len(values), name)
        for name, values in {**named, _DEFAULT: default_settings("strategy", kind)}.items()
        if all(settings.get(f"strategy.{field}") == value for field, value in values.items())
    ]
    return max(found)[1] if found else ""


def _told_fields(settings: Sequence[Settings]) -> list[str]:
    """Those that differ; the name of a variant in place of much that it stands for."""
    fields = varying(settings)
    replaced = [field for field in fields if field.startswith("strategy.") and not _leads(field)]
    if _VARIANT not in fields or len(replaced) < _MANY:
        return [field for field in fields if field != _VARIANT]
    alike: dict[Any, list[Settings]] = defaultdict(list)
    for each in settings:
        alike[each.get("strategy.kind"), each[_VARIANT]].append(each)
    within = {field for these in alike.values() for field in varying(these)}
    told = [field for field in fields if field in within or field not in replaced]
    return sorted(told, key=lambda field: (field != "strategy.kind", field != _VARIANT))


def _leads(field: str) -> bool:
    return field in ("strategy.kind", _VARIANT)


def _column(field: str, settings: Mapping[str, Settings]) -> dict[str, str]:
    """A field of each of the settings in words; empty where it does not differ among those of the same kind,
    or there is no such field."""
    if field.endswith(".kind"):
        part = field.rpartition(".")[0]
        return {key: _kind_in_words(part, each.get(field)) for key, each in settings.items()}
    kind = kind_beside(field)
    by_kind: dict[Any, list[str]] = defaultdict(list)
    for key, each in settings.items():
        by_kind[each.get(kind) if kind else None].append(key)
    words = written_apart(each.get(field) for each in settings.values())
    column = dict.fromkeys(settings, "")
    for of_kind, keys in by_kind.items():
        if len({settings[key].get(field) for key in keys}) > 1:
            for key in keys:
                value = settings[key].get(field)
                told = (
                    (value or "other settings")
                    if field == _VARIANT
                    else words_of(field, of_kind).around(value, words[value])
                )
                column[key] = _cut(told, _LONGEST_PART)
    return column


def _kind_in_words(part: str, kind: Any) -> str:
    if kind is None:
        return ""
    return kind_label(part, str(kind)) if "." not in part else f"{words_of(part).called} {kind}"


def _joined(settings: Iterable[str], columns: Sequence[Mapping[str, str]]) -> list[str]:
    return [joined(*(column[key] for column in columns)) for key in settings]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _numbered(found: Mapping[str, str]) -> dict[str, str]:
    """With a number behind what an older run is called already."""
    again: Counter[str] = Counter()
    numbered = {}
    for key, label in found.items():
        again[label] += 1
        numbered[key] = label if again[label] == 1 else f"{label}{BETWEEN}#{again[label]}"
    return numbered
