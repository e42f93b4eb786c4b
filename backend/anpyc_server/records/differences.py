"""What the runs of a group differ in, in words: ``λ 1, 3, 10 · seeds 0–2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anpyc_queue.finding import flattened
from anpyc_queue.tables import Run
from anpyc_server.records.settings import in_lower_case, kind_label, words_of, written_apart

_MOST_WRITTEN = 6
_BETWEEN_WORDS = " ,;:·_(-"
_PARTS = ("strategy", "training", "benchmark", "dataset", "model")
"""In the order in which their differences are told."""


@dataclass(frozen=True)
class Difference:
    """A setting and its values, in order."""

    field: str
    title: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        words = self._words()
        if len(words) > _MOST_WRITTEN:
            span = f"{words[0]}–{words[-1]}, " if _are_numbers(self.values) else ""
            return f"{self.called} {span}{len(words)} values"
        if self.field.endswith(".kind"):
            return ", ".join(words)
        return words_of(self.field).around(self.values[0], ", ".join(words))

    @property
    def called(self) -> str:
        """In short."""
        return self.title if self.field.endswith(".kind") else words_of(self.field).called

    def _words(self) -> list[str]:
        part, _, name = self.field.rpartition(".")
        if name == "kind":
            return [kind_label(part, str(value)) for value in self.values]
        return list(written_apart(self.values).values())


def differences(runs: Sequence[Run]) -> list[Difference]:
    """The settings in which the runs differ, name and seed apart.

    Kinds come first; what follows from their choice, such as a method's own default, is not told besides.
    """
    oldest_first = sorted(runs, key=lambda run: run.id)
    specs = [dict(flattened(run.spec)) for run in {run.spec_hash: run for run in oldest_first}.values()]
    return [
        Difference(field, _title(field), _ordered(spec[field] for spec in specs if field in spec))
        for field in varying(specs)
    ]


def varying(specs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The dotted fields in which settings differ, name and seed apart; kinds come first, then the method's.

    A setting that is left out is not set: :class:`anpyc_queue.tables.SpecSettings` leaves it out.
    """
    fields = dict.fromkeys(field for spec in specs for field in spec if field not in ("name", "seed"))
    return sorted((field for field in fields if _varies(field, specs)), key=_place)


def kind_beside(field: str) -> str | None:
    """The field with the kind of the part that a field belongs to: ``strategy.kind`` of ``strategy.lam``."""
    part, _, name = field.rpartition(".")
    return f"{part}.kind" if part and name != "kind" else None


def _place(field: str) -> tuple[bool, int]:
    part = field.partition(".")[0]
    return not field.endswith(".kind"), _PARTS.index(part) if part in _PARTS else len(_PARTS)


def in_words(differences: Sequence[Difference], runs: Sequence[Run]) -> str:
    """All of them and the seeds."""
    return " · ".join(
        [*(str(difference) for difference in differences), seeds_in_words({run.seed for run in runs})]
    )


def seeds_in_words(seeds: set[int]) -> str:
    """``seed 3``, ``seeds 0–2``, ``seeds 0, 4, 7``, ``12 seeds``."""
    ordered = sorted(seeds)
    if len(ordered) == 1:
        return f"seed {ordered[0]}"
    if ordered[-1] - ordered[0] == len(ordered) - 1 and len(ordered) > 2:
        return f"seeds {ordered[0]}–{ordered[-1]}"
    if len(ordered) > _MOST_WRITTEN:
        return f"{len(ordered)} seeds"
    return f"seeds {', '.join(str(seed) for seed in ordered)}"


def shared_name(names: Sequence[str]) -> str:
    """Whole words that all names begin with; empty where they share none."""
    shared = _common_beginning(names)
    if any(len(name) > len(shared) and name[len(shared)] not in _BETWEEN_WORDS for name in names):
        while shared and shared[-1] not in _BETWEEN_WORDS:
            shared = shared[:-1]
    shared = shared.rstrip(_BETWEEN_WORDS).removesuffix("seed").removesuffix("seed=")
    shared = shared.rstrip(f"{_BETWEEN_WORDS}=")
    return shared if len(shared) >= 3 else ""


def title_of(key: str, runs: Sequence[Run]) -> str:
    """What the runs' names begin with, or the newest's name; of a sweep what its runs differ in."""
    shared = shared_name([run.name for run in runs])
    if not key.startswith("sweep:"):
        return shared or runs[0].name
    varied = differences(runs)
    words = in_words(varied, runs)
    return words if varied or not shared else f"{shared} · {words}"


def _common_beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    length = next(
        (place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
    )
    return first[:length]


def _varies(field: str, specs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the field differs among those that made the same choices around it."""
    kind = kind_beside(field)
    by_kind: dict[Any, set[Any]] = {}
    for spec in specs:
        by_kind.setdefault(spec.get(kind) if kind else None, set()).add(spec.get(field))
    return any(len(values) > 1 for values in by_kind.values())


def _title(field: str) -> str:
    """As the form names it; a part's kind by the part."""
    part, _, name = field.rpartition(".")
    return part.rpartition(".")[2] if name == "kind" else in_lower_case(words_of(field).title)


def _ordered(values: Any) -> tuple[Any, ...]:
    distinct = tuple(dict.fromkeys(values))
    return tuple(sorted(distinct)) if _are_numbers(distinct) else distinct


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
