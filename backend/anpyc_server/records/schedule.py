"""When a run prunes and how much, as its specification says before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from anpyc import strict_json
from anpyc.spec import STRATEGIES
from anpyc.spec.training import Training


@dataclass(frozen=True)
class PlannedRound:
    """One pruning round."""

    task: int
    round: int
    step: int
    """Epochs of the whole run done when it begins."""
    epochs: int
    """Of retraining after it."""
    share: float
    """Of what was free for the task, which the round leaves free or frees again."""
    free: float
    """Of all weights, about: what is free after it, if all that was free is dealt out in these shares."""


def planned_rounds(spec: Mapping[str, Any], tasks: int) -> tuple[PlannedRound, ...]:
    """All rounds of a run; none where its strategy prunes nothing, or its specification is of a version with
    other kinds."""
    parts = {name: spec.get(name, {}) for name in ("strategy", "training")}
    return _planned(strict_json.encode(parts), tasks)


@lru_cache(maxsize=256)
def _planned(parts: bytes, tasks: int) -> tuple[PlannedRound, ...]:
    try:
        wanted = strict_json.loads(parts)
        strategy, training = STRATEGIES.parse(wanted["strategy"]), Training.model_validate(wanted["training"])
    except (LookupError, ValidationError):
        return ()
    return tuple(_rounds(strategy, training.epochs_per_task, tasks))


def _rounds(strategy: Any, base: int, tasks: int) -> Iterator[PlannedRound]:
    step, left = 0, 1.0
    """Of all weights, those that the task may deal out: all for the first, then what is free."""
    for task in range(tasks):
        step += base
        shares = strategy.freed_by_round(task, tasks)
        for round_, (share, epochs) in enumerate(
            zip(shares, strategy.round_epochs(task, tasks), strict=True), 1
        ):
            yield PlannedRound(task, round_, step, epochs, share, left * share)
            step += epochs
        left *= shares[-1] if shares else 0.0
