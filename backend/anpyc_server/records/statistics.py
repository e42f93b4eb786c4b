"""What several seeds say of a metric, and whether they tell two methods apart. Numbers alone: no database.

- Interval of a mean and the paired test: Student (1908), "The probable error of a mean".
- Where no seeds are shared: Welch (1947), "The generalization of 'Student's' problem when several different
  population variances are involved".
- Several comparisons: Holm (1979), "A simple sequentially rejective multiple test procedure".
- Effect size: Cohen (1988), d of the differences (d_z), with the correction for few values of Hedges (1981);
  without pairs as Delacre et al. (2021) give it for Welch's test.
- How many more seeds: power of the t-test by the noncentral t distribution, Cohen (1988).

The quantiles are scipy's, which is imported when something is first tested: the server starts without it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, isnan, lgamma, sqrt
from statistics import fmean
from typing import Literal

LEVEL = 0.95
"""Of every interval."""
ALPHA = 0.05
"""A difference holds when chance alone would give one as large less often than this."""
POWER = 0.8
"""How likely a difference as large as the one seen is to be told, with as many seeds as are advised."""
MOST_MORE = 50
"""More seeds than these are not advised: that many are needed where there is next to no difference."""
BEGINNING = 5
"""Seeds to begin with, where there are too few to say anything."""
_SAME = 1e-9
"""Shares that differ by less are the same number, rounded differently."""
_FEWEST_CONSTANT = 3
"""Seeds that must agree before a metric counts as one that does not depend on the seed."""

Test = Literal["paired", "welch", "sign", "constant", "none"]


@dataclass(frozen=True)
class Mean:
    """A metric over n seeds."""

    mean: float
    std: float | None
    """Sample standard deviation; None of one."""
    n: int
    low: float | None
    """Of the 95 % interval of the mean; None of one."""
    high: float | None


@dataclass(frozen=True)
class Difference:
    """What one method has more than another; negative where it has less."""

    mean: float
    low: float | None
    """Of the 95 % interval; None where there is none."""
    high: float | None
    test: Test
    """``paired``: t-test of the differences over shared seeds. ``welch``: of two sets without shared seeds.
    ``sign``: all differences are equal and not 0, so that their spread says nothing. ``constant``: neither
    depends on the seed. ``none``: too few seeds."""
    n: int
    """Shared seeds; without any, those of the method."""
    n_other: int
    """Shared seeds; without any, those of the other method."""
    p: float | None
    """Two-sided; None where nothing was tested."""
    effect: float | None
    """Standardised difference, corrected for few seeds; of pairs the differences are its unit."""

    @property
    def is_paired(self) -> bool:
        """Whether it is over seeds that both have."""
        return self.test != "welch"


@dataclass(frozen=True)
class Adjusted:
    """A p-value among several."""

    p: float
    factor: int
    """What it was multiplied by at its step, or would have been."""


@dataclass(frozen=True)
class More:
    """How many more seeds would tell two methods apart."""

    seeds: int
    """At most :data:`MOST_MORE`."""
    is_estimate: bool
    """False where there are too few to estimate: the number is a beginning."""
    is_beyond: bool = False
    """More would be needed than are advised."""


def mean_of(values: Sequence[float]) -> Mean:
    """Mean, sample standard deviation and 95 % interval of at least one value."""
    mean, std = fmean(values), deviation(values)
    low, high = _interval(mean, None if std is None else std / sqrt(len(values)), len(values) - 1)
    return Mean(mean, std, len(values), low, high)


def deviation(values: Sequence[float]) -> float | None:
    """The sample standard deviation; 0 of values that rounding alone tells apart, None of fewer than two."""
    if len(values) < 2:
        return None
    if max(values) - min(values) <= _SAME:
        return 0.0
    mean = fmean(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def compared(own: Mapping[int, float], other: Mapping[int, float]) -> Difference | None:
    """One method against another, each by seed: over the seeds that both have, or without pairs where they
    share fewer than two and each has two. None where one of them has no value."""
    if not own or not other:
        return None
    shared = sorted(own.keys() & other.keys())
    if len(shared) >= 2:
        return _paired([own[seed] for seed in shared], [other[seed] for seed in shared])
    if len(own) >= 2 and len(other) >= 2:
        return _unpaired(list(own.values()), list(other.values()))
    if shared:
        (seed,) = shared
        return Difference(own[seed] - other[seed], None, None, "none", 1, 1, None, None)
    difference = fmean(own.values()) - fmean(other.values())
    return Difference(difference, None, None, "none", 0, 0, None, None)


def holm(p_values: Sequence[float | None]) -> list[Adjusted | None]:
    """Each p-value allowed for the others: so adjusted, fewer than one family in twenty without any true
    difference shows one. None stays None and does not count."""
    places = sorted(
        (place for place, p in enumerate(p_values) if p is not None), key=lambda place: p_values[place] or 0.0
    )
    adjusted: list[Adjusted | None] = [None] * len(p_values)
    largest = 0.0
    for step, place in enumerate(places):
        factor = len(places) - step
        largest = max(largest, min(1.0, factor * (p_values[place] or 0.0)))
        adjusted[place] = Adjusted(largest, factor)
    return adjusted


def more_seeds(difference: Difference, factor: int = 1) -> More | None:
    """How many more shared seeds would tell a difference as large as this one, with a power of 80 %, by the
    t-test of pairs (without pairs, that of two sets). None where seeds change nothing.

    :param factor: what Holm's procedure multiplies the p-value by.
    """
    have = min(difference.n, difference.n_other)
    alpha = ALPHA / factor
    if difference.test == "constant" or (difference.test == "sign" and abs(difference.mean) <= _SAME):
        return None
    if difference.test == "none" or have < 3:
        return More(max(1, BEGINNING - have), is_estimate=False)
    if difference.test == "sign":
        return _up_to(have, lambda n: _sign_p(n) <= alpha)
    effect = abs(difference.effect or 0.0)
    power = _power_of_pairs if difference.is_paired else _power_of_sets
    return _up_to(have, lambda n: power(n, effect, alpha) >= POWER)


def hedges(freedom: float) -> float:
    """What makes Cohen's d of few values unbiased: 0.564 with 2 degrees of freedom, 0.923 with 10."""
    if freedom <= 1:
        return 0.0
    return exp(lgamma(freedom / 2) - lgamma((freedom - 1) / 2)) / sqrt(freedom / 2)


def _paired(own: Sequence[float], other: Sequence[float]) -> Difference:
    differences = [one - another for one, another in zip(own, other, strict=True)]
    n, mean, std = len(differences), fmean(differences), deviation(differences)
    assert std is not None  # noqa: S101 - there are two at least
    if std == 0:
        constant = n >= _FEWEST_CONSTANT and deviation(own) == 0 and deviation(other) == 0
        return Difference(
            mean if abs(mean) > _SAME else 0.0,
            None,
            None,
            "constant" if constant else "sign",
            n,
            n,
            None if constant else _sign_p(n) if abs(mean) > _SAME else 1.0,
            None,
        )
    error = std / sqrt(n)
    low, high = _interval(mean, error, n - 1)
    effect = hedges(n - 1) * mean / std if n > 2 else None
    return Difference(mean, low, high, "paired", n, n, _p(mean / error, n - 1), effect)


def _unpaired(own: Sequence[float], other: Sequence[float]) -> Difference:
    """Welch's test: the two need not vary alike."""
    n, m = len(own), len(other)
    mean = fmean(own) - fmean(other)
    one, another = (deviation(own) or 0.0) ** 2, (deviation(other) or 0.0) ** 2
    error = sqrt(one / n + another / m)
    if error == 0:
        constant = min(n, m) >= _FEWEST_CONSTANT
        return Difference(mean, None, None, "constant" if constant else "none", n, m, None, None)
    freedom = error**4 / ((one / n) ** 2 / (n - 1) + (another / m) ** 2 / (m - 1))
    low, high = _interval(mean, error, freedom)
    of_effect = (n - 1) * (m - 1) * (one + another) ** 2 / ((m - 1) * one**2 + (n - 1) * another**2)
    effect = hedges(of_effect) * mean / sqrt((one + another) / 2) if of_effect > 1 else None
    return Difference(mean, low, high, "welch", n, m, _p(mean / error, freedom), effect)


def _interval(mean: float, error: float | None, freedom: float) -> tuple[float | None, float | None]:
    if error is None:
        return None, None
    half = _quantile(1 - (1 - LEVEL) / 2, freedom) * error if error else 0.0
    return mean - half, mean + half


def _quantile(share: float, freedom: float) -> float:
    """Of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def _p(t: float, freedom: float) -> float:
    """Two-sided."""
    from scipy.special import stdtr

    return min(1.0, 2 * float(stdtr(freedom, -abs(t))))


def _sign_p(n: int) -> float:
    """Of n differences that all have the same sign."""
    return min(1.0, 2.0 ** (1 - n))


def _power_of_pairs(n: int, effect: float, alpha: float) -> float:
    return _power(effect * sqrt(n), n - 1, alpha)


def _power_of_sets(n: int, effect: float, alpha: float) -> float:
    """Two of n each."""
    return _power(effect * sqrt(n / 2), 2 * n - 2, alpha)


def _power(shift: float, freedom: float, alpha: float) -> float:
    """Of the two-sided t-test whose t is shifted so far; the far tail is next to nothing where it matters."""
    from scipy.special import nctdtr

    edge = _quantile(1 - alpha / 2, freedom)
    missed = float(nctdtr(freedom, shift, edge))
    return 1 - missed if not isnan(missed) else float(shift > edge)


def _up_to(have: int, is_enough: Callable[[int], bool]) -> More:
    """The fewest more seeds that are enough, at least one; above ten in steps of five, as it is a guess."""
    numbers = range(1, MOST_MORE + 1)
    place = bisect_left(numbers, True, key=lambda more: is_enough(have + more))
    if place == len(numbers):
        return More(MOST_MORE, is_estimate=True, is_beyond=True)
    more = numbers[place]
    return More(more if more <= 10 else -(-more // 5) * 5, is_estimate=True)
