"""Metrics over the runs of a group: mean and deviation over seeds, a range over settings."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, sqrt
from statistics import fmean

from anpyc.measures import MEASURES, known
from anpyc_server.records.counting import CountedRuns
from anpyc_server.schemas import Answer


class Spread(Answer):
    """A metric over the runs that know it; of those that differ in nothing, one counts."""

    mean: float
    """Of a group over settings: of the settings' means."""
    std: float | None
    """Sample standard deviation over seeds. Null for a single run, and for runs of several settings."""
    n: int
    """Runs that differ."""
    low: float
    """Of the runs; of a group over settings, of the settings' means."""
    high: float


def spreads(counting: CountedRuns) -> dict[str, Spread]:
    """Each metric over the runs that know it."""
    metrics = [known(run.metrics) for run in counting.runs]
    measured = ((name, spread_of(counting, [run.get(name) for run in metrics])) for name in MEASURES)
    return {name: spread for name, spread in measured if spread is not None}


def metric(counting: CountedRuns, name: str) -> list[float | None]:
    """A metric of each run that counts."""
    return [known(run.metrics).get(name) for run in counting.runs]


def spread_of(counting: CountedRuns, values: Sequence[float | None]) -> Spread | None:
    """One number of each run that counts, over seeds or over settings; None where no run knows it."""
    by_setting: dict[str, list[float]] = {}
    for run, value in zip(counting.runs, values, strict=True):
        if value is not None:
            by_setting.setdefault(run.spec_hash, []).append(value)
    if not by_setting:
        return None
    if counting.over == "settings":
        means = [fmean(of_setting) for of_setting in by_setting.values()]
        n = sum(len(of_setting) for of_setting in by_setting.values())
        return Spread(mean=fmean(means), std=None, n=n, low=min(means), high=max(means))
    (over_seeds,) = by_setting.values()
    return spread(over_seeds)


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation of runs that differ in the seed alone."""
    mean = fmean(values)
    return Spread(
        mean=mean,
        std=sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))
        if len(values) > 1
        else None,
        n=len(values),
        low=min(values),
        high=max(values),
    )
