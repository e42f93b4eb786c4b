"""Metrics over the runs of a group: mean and deviation over seeds, a range over settings."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from anpyc_server.groups.counted import Counted
from anpyc_server.groups.schemas import Spread

METRICS = (
    "average_accuracy",
    "forgetting",
    "backward_transfer",
    "forward_transfer",
    "learning_accuracy",
    "intransigence",
    "pruning_loss",
    "capacity_free",
)
"""What groups give mean and spread of."""


def spreads(counting: Counted) -> dict[str, Spread]:
    """Each metric over the runs that know it."""
    found = ((name, spread_of(counting, metric(counting, name))) for name in METRICS)
    return {name: one for name, one in found if one is not None}


def metric(counting: Counted, name: str) -> list[float | None]:
    """A metric of each run that counts."""
    return [run.metrics.get(name) for run in counting.runs]


def spread_of(counting: Counted, values: Sequence[float | None]) -> Spread | None:
    """One number of each run that counts, over seeds or over settings; None where no run knows it."""
    known: dict[str, list[float]] = {}
    for run, value in zip(counting.runs, values, strict=True):
        if value is not None:
            known.setdefault(run.spec_hash, []).append(value)
    if not known:
        return None
    if counting.over == "settings":
        means = [fmean(of_setting) for of_setting in known.values()]
        n = sum(len(of_setting) for of_setting in known.values())
        return Spread(mean=fmean(means), std=None, n=n, low=min(means), high=max(means))
    (over_seeds,) = known.values()
    return spread(over_seeds)


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation of runs that differ in the seed alone."""
    return Spread(
        mean=fmean(values),
        std=stdev(values) if len(values) > 1 else None,
        n=len(values),
        low=min(values),
        high=max(values),
    )
