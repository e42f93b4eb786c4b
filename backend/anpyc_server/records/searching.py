"""The mathematics of a search: what to try next, and whether to go on. Optuna's, asked and told.

Optuna keeps nothing: for each question a study in memory is made from the trials in the database, and the
sampler is seeded by the search's seed and the number of the trial that is asked for. So a search goes on the
same after any restart (decision 25).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from math import isfinite
from typing import Any, Literal

from anpyc_server.errors import Invalid

INSTALL = (
    "Searching needs Optuna, which is not installed on the server: `pip install 'anpyc-dashboard[search]'`."
)

Sampler = Literal["tpe", "random"]
Objective = Literal["average_accuracy", "forgetting"]
Pruner = Literal["median", "none"]
TrialStatus = Literal["running", "complete", "pruned", "failed"]


@dataclass(frozen=True)
class Range:
    """Where a field's values are taken from: numbers from low to high, or choices."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Tried:
    """A trial as it stands."""

    number: int
    parameters: Mapping[str, Any]
    status: TrialStatus
    value: float | None = None
    reports: Mapping[int, float] = field(default_factory=dict)
    """The objective after each task."""


@dataclass(frozen=True)
class Searching:
    """How a search goes about it."""

    space: Mapping[str, Range]
    sampler: Sampler
    objective: Objective
    pruner: Pruner
    seed: int
    first: int
    """Trials that are tried at random before the sampler learns from them, and before one is pruned."""
    warmup: int
    """Tasks after which none is pruned yet."""


def require_optuna() -> None:
    """:raises Invalid: with how to install it, where it is not."""
    if find_spec("optuna") is None:
        raise Invalid.at("sampler", INSTALL)


def suggestion(searching: Searching, tried: Sequence[Tried], number: int) -> dict[str, Any]:
    """The settings of trial ``number``, given those before it: the same for the same history."""

    study = _study(searching, tried, _sampler(searching, number))
    distributions = {name: _distribution(each) for name, each in searching.space.items()}
    asked = study.ask(distributions)
    return dict(asked.params)


def falls_behind(searching: Searching, tried: Sequence[Tried], trial: Tried) -> bool:
    """Whether the trial is worse, after its newest task, than the median of the others after that task."""
    import optuna

    if searching.pruner == "none" or not trial.reports:
        return False
    others = [each for each in tried if each.number != trial.number]
    study = _study(searching, others, optuna.samplers.RandomSampler(seed=0))
    pruner = optuna.pruners.MedianPruner(n_startup_trials=searching.first, n_warmup_steps=searching.warmup)
    # Optuna compares the best of a trial's reports; an average over more and more tasks falls as it goes.
    newest = max(trial.reports)
    alone = replace(trial, reports={newest: trial.reports[newest]})
    return bool(pruner.prune(study, _frozen(searching, alone)))


def importances(searching: Searching, tried: Sequence[Tried]) -> dict[str, float]:
    """How much each setting decides, as shares; empty while too few trials are complete."""
    import optuna

    complete = [each for each in tried if each.status == "complete"]
    if len(complete) < 4 or len({each.value for each in complete}) < 2:
        return {}
    study = _study(searching, complete, optuna.samplers.RandomSampler(seed=0))
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    except (ValueError, RuntimeError, ZeroDivisionError):  # nothing can be told from these trials
        return {}
    return {name: value for name, value in found.items() if isfinite(value)}


def best(searching: Searching, tried: Sequence[Tried]) -> Tried | None:
    """The complete trial with the best value; of equals the first."""
    complete = [each for each in tried if each.status == "complete" and each.value is not None]
    sign = 1 if searching.objective == "forgetting" else -1
    return min(complete, key=lambda each: (sign * (each.value or 0.0), each.number), default=None)


def _study(searching: Searching, tried: Sequence[Tried], sampler: Any) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    forgetting = searching.objective == "forgetting"
    direction: Literal["minimize", "maximize"] = "minimize" if forgetting else "maximize"
    study = optuna.create_study(direction=direction, sampler=sampler)
    study.add_trials([_frozen(searching, each) for each in tried])
    return study


def _sampler(searching: Searching, number: int) -> Any:
    import optuna

    seed = (searching.seed * 1_000_003 + number) % 2**32
    if searching.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=searching.first)


def _frozen(searching: Searching, trial: Tried) -> Any:
    import optuna

    states = optuna.trial.TrialState
    state = {
        "running": states.RUNNING,
        "complete": states.COMPLETE,
        "pruned": states.PRUNED,
        "failed": states.FAIL,
    }[trial.status]
    return optuna.trial.create_trial(
        state=state,
        value=trial.value if trial.status == "complete" else None,
        params=dict(trial.parameters),
        distributions={name: _distribution(searching.space[name]) for name in trial.parameters},
        intermediate_values={int(task): value for task, value in trial.reports.items()},
    )


def _distribution(place: Range) -> Any:
    import optuna

    if place.choices:
        return optuna.distributions.CategoricalDistribution(place.choices)
    assert place.low is not None  # noqa: S101 - a range has ends where it has no choices
    assert place.high is not None  # noqa: S101
    if place.whole:
        return optuna.distributions.IntDistribution(int(place.low), int(place.high), log=place.log)
    return optuna.distributions.FloatDistribution(place.low, place.high, log=place.log)
