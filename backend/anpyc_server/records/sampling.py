"""What to try next, and what not to go on with: Optuna, asked anew each time with the trials that we keep.

It is loaded when it is first asked for, which takes a second; nothing of it is kept between two questions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

Sampler = Literal["bayesian", "random"]

FIRST_AT_RANDOM = 10
"""Trials before those that are known tell where to look."""


@dataclass(frozen=True)
class Tried:
    """A trial so far."""

    parameters: Mapping[str, Any]
    status: str
    """running, complete, pruned or failed."""
    value: float | None
    reports: Mapping[int, float]
    """The objective after each task."""


@dataclass(frozen=True)
class Space:
    """What is searched, in which way."""

    fields: Mapping[str, Mapping[str, Any]]
    """By dotted field ``{"low", "high", "log", "whole"}`` or ``{"choices"}``."""
    sampler: Sampler
    seed: int


def next_parameters(space: Space, tried: Sequence[Tried]) -> dict[str, Any]:
    """The same for the same trials: each draw has a seed of its own, made from the search's.

    :raises ImportError: when Optuna is not installed.
    """
    trial = _study(space, tried).ask(_distributions(space))
    return {field: trial.params[field] for field in space.fields}


def is_hopeless(space: Space, tried: Sequence[Tried], number: int, startup: int) -> bool:
    """Whether the trial of this number is below the median of the others after as many tasks.

    Optuna's pruner judges a trial by its best report so far. An average over ever more tasks falls as it
    goes, so the pruner is shown the newest alone.

    :param startup: trials that have to be complete first.
    :raises ImportError: when Optuna is not installed.
    """
    from optuna.pruners import MedianPruner

    judged = tried[number]
    newest = max(judged.reports)
    others = [each for place, each in enumerate(tried) if place != number]
    study = _study(space, [*others, replace(judged, reports={newest: judged.reports[newest]})])
    pruner = MedianPruner(n_startup_trials=startup)
    return bool(pruner.prune(study, study.get_trials(deepcopy=False)[-1]))


def _study(space: Space, tried: Sequence[Tried]) -> Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = _seed(space.seed, len(tried))
    sampler: optuna.samplers.BaseSampler
    if space.sampler == "random":
        sampler = optuna.samplers.RandomSampler(seed=seed)
    else:
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=FIRST_AT_RANDOM)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.add_trials([_frozen(space, each) for each in tried])
    return study


def _seed(seed: int, number: int) -> int:
    """Far apart for neighbouring searches and trials."""
    return int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "big")


def _frozen(space: Space, tried: Tried) -> FrozenTrial:
    from optuna.trial import TrialState, create_trial

    states = {
        "running": TrialState.RUNNING,
        "complete": TrialState.COMPLETE,
        "pruned": TrialState.PRUNED,
        "failed": TrialState.FAIL,
    }
    return create_trial(
        state=states[tried.status],
        value=tried.value if tried.status == "complete" else None,
        params=dict(tried.parameters),
        distributions=_distributions(space),
        intermediate_values=dict(tried.reports),
    )


def _distributions(space: Space) -> dict[str, BaseDistribution]:
    return {field: _distribution(about) for field, about in space.fields.items()}


def _distribution(about: Mapping[str, Any]) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if "choices" in about:
        return CategoricalDistribution(about["choices"])
    if about["whole"]:
        return IntDistribution(int(about["low"]), int(about["high"]), log=about["log"])
    return FloatDistribution(about["low"], about["high"], log=about["log"])
