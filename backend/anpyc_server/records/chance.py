"""Which tasks a run has hardly learnt: no better, or little better, than by guessing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from anpyc.catalog import DATASETS
from anpyc.metrics import measured

_HARDLY = 0.1
"""Of the way from guessing to perfect."""


def guessing(spec: Mapping[str, Any], task: int) -> float | None:
    """The accuracy of guessing on ``task`` when it was just learnt; None where its classes are unknown."""
    benchmark = spec.get("benchmark", {})
    if benchmark.get("kind") == "split":
        classes = int(benchmark["classes_per_task"])
        return 1 / (classes * (task + 1) if benchmark.get("scenario") == "class" else classes)
    if benchmark.get("kind") == "sequence":
        names = benchmark.get("datasets", ())
        name = names[task] if task < len(names) else None
    else:
        name = spec.get("dataset", {}).get("kind")
    # Of own images the catalogue knows limits only.
    return 1 / DATASETS[name].classes if name in DATASETS and name != "images" else None


def hardly_learnt(
    spec: Mapping[str, Any],
    matrix: Sequence[Sequence[float | None]],
    before_pruning: Sequence[float | None] = (),
) -> list[int]:
    """Tasks that were evaluated when just learnt, and stood at little more than guessing, before their own
    pruning as well as after it."""
    found = []
    for task, row in enumerate(matrix):
        chance = guessing(spec, task)
        before = before_pruning[task] if task < len(before_pruning) else None
        learnt = [value for value in (row[task], before) if measured(value)]
        if measured(row[task]) and chance is not None and max(learnt) < chance + _HARDLY * (1 - chance):
            found.append(task)
    return found
