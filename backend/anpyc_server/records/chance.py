"""Which tasks a run has hardly learnt: no better, or little better, than by guessing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from anpyc import strict_json
from anpyc.metrics import measured
from anpyc.spec import BENCHMARKS, DATASETS

_HARDLY = 0.1
"""Of the way from guessing to perfect."""


def guessing(spec: Mapping[str, Any]) -> Callable[[int], float | None]:
    """By task, the accuracy of guessing when it was just learnt; None where its classes are not known, or the
    specification is of a version with other kinds."""
    if "benchmark" not in spec or "dataset" not in spec:
        return _unknown
    return _guessing(strict_json.encode([spec["benchmark"], spec["dataset"]]))


@lru_cache(maxsize=1_000)
def _guessing(parts: bytes) -> Callable[[int], float | None]:
    """Runs of one list mostly share benchmark and data set, and parsing them takes its time."""
    try:
        wanted_benchmark, wanted_dataset = strict_json.loads(parts)
        benchmark, dataset = BENCHMARKS.parse(wanted_benchmark), DATASETS.parse(wanted_dataset)
    except (LookupError, ValidationError):
        return _unknown
    classes = [source.known_classes() for source in benchmark.sources(dataset)]
    return lambda task: benchmark.chance(task, classes[benchmark.source_of(task, len(classes))])


def _unknown(_task: int) -> None:
    return None


def hardly_learnt(
    spec: Mapping[str, Any],
    matrix: Sequence[Sequence[float | None]],
    before_pruning: Sequence[float | None] = (),
) -> list[int]:
    """Tasks that were evaluated when just learnt, and stood at little more than guessing, before their own
    pruning as well as after it."""
    tasks = []
    chance_of = guessing(spec)
    for task, row in enumerate(matrix):
        chance = chance_of(task)
        before = before_pruning[task] if task < len(before_pruning) else None
        learnt = [value for value in (row[task], before) if measured(value)]
        if measured(row[task]) and chance is not None and max(learnt) < chance + _HARDLY * (1 - chance):
            tasks.append(task)
    return tasks
