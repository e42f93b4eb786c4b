"""What the runs of a group differ in, in words: ``λ 1, 3, 10 · seeds 0–2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anpyc_queue.finding import flattened
from anpyc_queue.tables import Run
from anpyc_server.records.settings import described

_MOST_WRITTEN = 6
_BETWEEN_WORDS = " ,;:·_(-"


@dataclass(frozen=True)
class Difference:
    """A setting and its values, in order."""

    field: str
    title: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        words = [written(value) for value in self.values]
        if len(words) <= _MOST_WRITTEN:
            return f"{self.title} {', '.join(words)}"
        span = f"{words[0]}–{words[-1]}, " if _are_numbers(self.values) else ""
        return f"{self.title} {span}{len(words)} values"


def differences(runs: Sequence[Run]) -> list[Difference]:
    """The settings in which the runs differ, name and seed apart.

    Kinds come first; what follows from their choice, such as a method's own default, is not told besides.
    """
    oldest_first = sorted(runs, key=lambda run: run.id)
    specs = [dict(flattened(run.spec)) for run in {run.spec_hash: run for run in oldest_first}.values()]
    fields = sorted(
        dict.fromkeys(field for spec in specs for field in spec),
        key=lambda field: not field.endswith(".kind"),
    )
    return [
        Difference(field, _title(field), _ordered(spec[field] for spec in specs if field in spec))
        for field in fields
        if field not in ("name", "seed") and _varies(field, specs)
    ]


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
    """Whether the field differs among the runs that made the same choices around it."""
    part = field.rpartition(".")[0]
    kind = f"{part}.kind" if part and field != f"{part}.kind" else None
    by_kind: dict[Any, set[Any]] = {}
    for spec in specs:
        if field in spec:
            by_kind.setdefault(spec.get(kind) if kind else None, set()).add(spec[field])
    return any(len(values) > 1 for values in by_kind.values())


def _title(field: str) -> str:
    """As the form names it; a part's kind by the part."""
    part, _, name = field.rpartition(".")
    if name == "kind":
        return part.rpartition(".")[2]
    title = described().get(field, (field, ""))[0]
    return title[0].lower() + title[1:] if title[1:2].islower() else title


def _ordered(values: Any) -> tuple[Any, ...]:
    distinct = tuple(dict.fromkeys(values))
    return tuple(sorted(distinct)) if _are_numbers(distinct) else distinct


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)


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
