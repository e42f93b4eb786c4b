"""Intervals, tests, effect sizes and numbers of seeds, against published values and scipy's."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from anpyc.measures import MEASURES
from anpyc_server.records.statistics import (
    MOST_MORE,
    Adjusted,
    Difference,
    compared,
    hedges,
    holm,
    mean_of,
    more_seeds,
)
from anpyc_server.records.verdicts import Verdict, p_value

# Hours of sleep gained by ten patients with two drugs (Cushny and Peebles 1905), as in Student (1908).
ONE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
OTHER = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def _seeded(values: list[float], first: int = 0) -> dict[int, float]:
    return {first + place: value for place, value in enumerate(values)}


def _shared(effect: float, n: int) -> Difference:
    return Difference(effect, effect - 1, effect + 1, "paired", n, n, 0.2, effect)


# --- means --------------------------------------------------------------------------------------------------


def test_a_mean_has_its_interval() -> None:
    mean = mean_of(ONE)
    assert (mean.mean, mean.n) == (pytest.approx(0.75), 10)
    assert mean.std == pytest.approx(1.789010, abs=1e-6)
    assert (mean.low, mean.high) == (pytest.approx(-0.529780, abs=1e-6), pytest.approx(2.029780, abs=1e-6))


def test_one_value_has_no_spread_and_equal_ones_have_none_either() -> None:
    assert mean_of([0.9]) == mean_of([0.9]).__class__(0.9, None, 1, None, None)
    equal = mean_of([0.1 + 0.2, 0.3, 0.3])
    assert (equal.std, equal.high - equal.low) == (0, 0)  # type: ignore[operator]


# --- two methods --------------------------------------------------------------------------------------------


def test_pairs_are_tested_by_their_differences() -> None:
    difference = compared(_seeded(OTHER), _seeded(ONE))
    assert difference is not None
    assert (difference.test, difference.n, difference.n_other) == ("paired", 10, 10)
    assert difference.mean == pytest.approx(1.58)
    assert (difference.low, difference.high) == (
        pytest.approx(0.70011, abs=1e-5),
        pytest.approx(2.45989, abs=1e-5),
    )
    assert difference.p == pytest.approx(0.002833, abs=1e-6)
    assert difference.effect == pytest.approx(1.28456 * 0.91387, abs=1e-4)


def test_without_shared_seeds_variances_need_not_be_equal() -> None:
    difference = compared(_seeded(ONE), _seeded(OTHER, first=100))
    assert difference is not None
    assert (difference.test, difference.n, difference.n_other) == ("welch", 10, 10)
    assert (difference.low, difference.high) == (
        pytest.approx(-3.365483, abs=1e-6),
        pytest.approx(0.205483, abs=1e-6),
    )
    assert difference.p == pytest.approx(0.079394, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True),
    st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True),
)
def test_as_scipy_has_it(one: list[int], other: list[int]) -> None:
    own, against = np.array(one) / 1000, np.array(other) / 1000
    unpaired = compared(_seeded(list(own)), _seeded(list(against), first=50))
    expected = stats.ttest_ind(own, against, equal_var=False)
    assert unpaired is not None
    assert unpaired.p == pytest.approx(expected.pvalue, abs=1e-9)
    n = min(len(own), len(against))
    if n < 2 or np.ptp(own[:n] - against[:n]) < 1e-6:
        return
    paired = compared(_seeded(list(own[:n])), _seeded(list(against[:n])))
    expected = stats.ttest_rel(own[:n], against[:n])
    assert paired is not None
    assert paired.p == pytest.approx(expected.pvalue, abs=1e-9)
    interval = expected.confidence_interval(0.95)
    assert (paired.low, paired.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_only_shared_seeds_make_pairs() -> None:
    difference = compared({0: 0.9, 1: 0.8, 2: 0.5}, {1: 0.7, 2: 0.45, 7: 0.1})
    assert difference is not None
    assert (difference.test, difference.n, difference.mean) == ("paired", 2, pytest.approx(0.075))


@pytest.mark.parametrize(
    ("own", "other", "n"), [({0: 0.9}, {0: 0.8}, 1), ({0: 0.9}, {1: 0.8}, 0), ({0: 0.9, 1: 0.8}, {2: 0.7}, 0)]
)
def test_too_few_seeds_are_not_tested(own: dict[int, float], other: dict[int, float], n: int) -> None:
    difference = compared(own, other)
    assert difference is not None
    assert (difference.test, difference.n, difference.p, difference.low) == ("none", n, None, None)


def test_nobody_is_compared_with_nothing() -> None:
    assert compared({}, {0: 0.5}) is None


def test_equal_differences_are_told_by_their_sign() -> None:
    """Their standard deviation is 0, which would make any of them certain."""
    own, other = {seed: 0.8 + seed / 100 for seed in range(5)}, {seed: 0.79 + seed / 100 for seed in range(5)}
    difference = compared(own, other)
    assert difference is not None
    assert (difference.test, difference.p) == ("sign", 2 / 2**5)


def test_what_no_seed_changes_needs_no_test() -> None:
    difference = compared(dict.fromkeys(range(3), 0.26), dict.fromkeys(range(3), 0.0))
    assert difference is not None
    assert (difference.test, difference.p, difference.mean) == ("constant", None, 0.26)
    assert more_seeds(difference) is None


# --- several comparisons ------------------------------------------------------------------------------------


def test_several_comparisons_are_allowed_for() -> None:
    adjusted = holm([0.01, 0.04, None, 0.03, 0.005])
    assert [None if one is None else pytest.approx(one.p) for one in adjusted] == [
        0.03,
        0.06,
        None,
        0.06,
        0.02,
    ]
    assert [None if one is None else one.factor for one in adjusted] == [3, 1, None, 2, 4]
    assert holm([]) == []
    assert holm([0.7, 0.9]) == [Adjusted(1.0, 2), Adjusted(1.0, 1)]


# --- effect sizes and numbers of seeds ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freedom", "factor"), [(2, 0.5642), (3, 0.7236), (9, 0.9139), (10, 0.9228), (50, 0.9849)]
)
def test_the_correction_is_that_of_hedges(freedom: int, factor: float) -> None:
    """Table 1 of Hedges (1981)."""
    assert hedges(freedom) == pytest.approx(factor, abs=1e-4)


@pytest.mark.parametrize(("effect", "needed"), [(0.5, 34), (0.8, 15), (1.0, 10), (1.5, 6)])
def test_so_many_pairs_have_a_power_of_80_percent(effect: float, needed: int) -> None:
    """Two-sided at 0.05, as the usual programs for power have it."""
    more = more_seeds(_shared(effect, 3))
    assert more is not None
    missing = needed - 3
    assert more.seeds == (missing if missing <= 10 else 5 * -(-missing // 5))
    assert more.is_estimate


@pytest.mark.parametrize(("effect", "needed"), [(0.8, 26), (1.0, 17), (1.2, 12)])
def test_so_many_of_each_have_it_without_pairs(effect: float, needed: int) -> None:
    """Cohen (1988), table 2.4.1."""
    more = more_seeds(Difference(effect, -1, 1, "welch", 3, 4, 0.2, effect))
    assert more is not None
    missing = needed - 3
    assert more.seeds == (missing if missing <= 10 else 5 * -(-missing // 5))


def test_power_is_what_it_says() -> None:
    """In simulation: of tests with as many seeds as are advised, some four in five tell the difference."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(1.0, 1.0, size=(4_000, 10))
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / sqrt(10))
    assert 0.78 < (np.abs(t) > stats.t.ppf(0.975, 9)).mean() < 0.83


def test_several_comparisons_need_more_seeds() -> None:
    alone, among = more_seeds(_shared(1.0, 3)), more_seeds(_shared(1.0, 3), factor=10)
    assert alone is not None
    assert among is not None
    assert alone.seeds < among.seeds


def test_next_to_no_difference_is_beyond_reach() -> None:
    for effect in (0.0, 0.001, 0.3):
        more = more_seeds(_shared(effect, 3))
        assert more is not None
        assert (more.seeds, more.is_beyond) == (MOST_MORE, True)
    assert more_seeds(_shared(1000.0, 3)) is not None


@pytest.mark.parametrize(("n", "more"), [(0, 5), (1, 4), (2, 3)])
def test_too_few_seeds_are_no_ground_for_an_estimate(n: int, more: int) -> None:
    test = "paired" if n == 2 else "none"
    advice = more_seeds(Difference(0.02, None, None, test, n, n, None, None))  # type: ignore[arg-type]
    assert advice is not None
    assert (advice.seeds, advice.is_estimate) == (more, False)


# --- in words -----------------------------------------------------------------------------------------------


def _said(
    own: dict[int, float], other: dict[int, float], name: str = "average_accuracy", family: int = 1
) -> Verdict:
    difference = compared(own, other)
    assert difference is not None
    adjusted = holm([difference.p, *[0.9] * (family - 1)])[0]
    more = more_seeds(difference, adjusted.factor if adjusted else 1)
    return Verdict("ANPyC", "EWC", name, MEASURES[name], difference, adjusted, more)


GOOD = {0: 0.961, 1: 0.953, 2: 0.969, 3: 0.958, 4: 0.964}
BAD = {0: 0.939, 1: 0.942, 2: 0.941, 3: 0.944, 4: 0.937}


def test_who_is_ahead_is_said_where_it_holds() -> None:
    verdict = _said(GOOD, BAD)
    assert verdict.outcome == "ahead"
    assert verdict.sentence == (
        "ANPyC is ahead of EWC by 2.0 points (95 % 1.1 to 3.0, 5 shared seeds, d = 2.1)."
    )
    other = _said(BAD, GOOD)
    assert other.outcome == "behind"
    assert other.sentence == "EWC is ahead of ANPyC by 2.0 points (95 % 1.1 to 3.0, 5 shared seeds, d = 2.1)."


def test_less_forgetting_is_ahead() -> None:
    verdict = _said(BAD, GOOD, "forgetting")
    assert verdict.outcome == "ahead"
    assert verdict.sentence.startswith("Forgetting: ANPyC is ahead of EWC by 2.0 points (95 % 1.1 to 3.0,")


def test_what_does_not_hold_is_not_told_apart() -> None:
    verdict = _said({0: 0.96, 1: 0.95, 2: 0.97}, {0: 0.94, 1: 0.955, 2: 0.95})
    assert verdict.outcome == "not_told_apart"
    assert verdict.sentence == (
        "ANPyC and EWC are not told apart by 3 shared seeds (1.2 points, 95 % −2.4 to 4.8); "
        "about 40 more would."
    )


def test_what_holds_alone_need_not_hold_among_many() -> None:
    own, other = {0: 0.961, 1: 0.953, 2: 0.969, 3: 0.958}, {0: 0.949, 1: 0.949, 2: 0.951, 3: 0.949}
    alone, among = _said(own, other), _said(own, other, family=5)
    assert (alone.outcome, among.outcome) == ("ahead", "not_told_apart")
    assert "after Holm’s correction p = " in among.sentence


def test_seeds_that_are_not_shared_are_said_not_to_be() -> None:
    verdict = _said(GOOD, {seed + 50: value for seed, value in BAD.items()})
    assert ", 5 and 5 seeds, not paired, d = " in verdict.sentence


def test_one_shared_seed_is_only_a_beginning() -> None:
    verdict = _said({0: 0.96}, {0: 0.94})
    assert verdict.outcome == "untested"
    assert (
        verdict.sentence
        == "One shared seed does not tell ANPyC and EWC apart (2.0 points); 4 more are a beginning."
    )
    assert _said({0: 0.96}, {1: 0.94}).sentence == (
        "So few seeds do not tell ANPyC and EWC apart (2.0 points); 5 more are a beginning."
    )


def test_equal_differences_are_said_to_be() -> None:
    verdict = _said(GOOD, {seed: value - 0.02 for seed, value in GOOD.items()})
    assert verdict.sentence == (
        "ANPyC and EWC are not told apart by 5 shared seeds (2.0 points, the same on each); "
        "about 1 more would."
    )


def test_equal_results_are_level() -> None:
    verdict = _said(GOOD, GOOD)
    assert verdict.outcome == "level"
    assert verdict.sentence == "ANPyC and EWC are the same on each of 5 shared seeds."


def test_what_no_seed_changes_is_told_as_such() -> None:
    verdict = _said(dict.fromkeys(range(3), 0.26), dict.fromkeys(range(3), 0.0), "capacity_free")
    assert verdict.sentence == "Free weights: ANPyC is ahead of EWC by 26.0 points, the same on every seed."


def test_a_p_value_is_not_rounded_across_the_bound() -> None:
    assert [p_value(p) for p in (0.0004, 0.0049, 0.0312, 0.0499, 0.0502, 0.3)] == [
        "p < 0.001", "p = 0.0049", "p = 0.03", "p = 0.050", "p = 0.05", "p = 0.30",
    ]  # fmt: skip
