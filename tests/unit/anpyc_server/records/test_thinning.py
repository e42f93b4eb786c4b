"""Thinning: bounded, steady as data grow, and every extreme stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpyc_server.records.thinning import kept, task_starts


def _curve(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return np.arange(1, length + 1), random.normal(size=length).cumsum()


@pytest.mark.parametrize("length", [1, 5, 100, 101, 1_000, 54_321])
def test_it_keeps_no_more_than_asked_and_all_of_a_short_curve(length: int) -> None:
    steps, values = _curve(length)
    chosen = kept(steps, values, 100)
    assert chosen.sum() <= 102
    if length <= 100:
        assert chosen.all()
    else:
        assert chosen.sum() > 40


@given(st.integers(2, 3_000), st.integers(0, 50), st.integers(10, 200))
@settings(max_examples=40, deadline=None)
def test_first_last_highest_and_lowest_stay(length: int, seed: int, points: int) -> None:
    steps, values = _curve(length, seed)
    chosen = kept(steps, values, points)
    assert chosen[0]
    assert chosen[-1]
    assert chosen[values.argmax()]
    assert chosen[values.argmin()]


@given(st.integers(500, 4_000), st.integers(1, 600), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_a_point_that_was_left_out_never_comes_back(length: int, more: int, seed: int) -> None:
    steps, values = _curve(length + more, seed)
    before = kept(steps[:length], values[:length], 200)
    after = kept(steps, values, 200)[:length]
    last_bucket = 64  # the bucket that was still filling, and the first and last point, may change
    assert not (after & ~before)[: length - last_bucket].any()


def test_a_single_spike_among_a_million_stays() -> None:
    steps = np.arange(1_000_000)
    values = np.zeros(1_000_000)
    values[654_321] = -1.0
    chosen = kept(steps, values, 500)
    assert chosen[654_321]
    assert chosen.sum() < 600


def test_marked_points_and_what_is_not_a_number_stay() -> None:
    steps, values = _curve(1_000)
    values[[17, 500]] = np.nan, np.inf
    marked = np.zeros(1_000, dtype=bool)
    marked[[3, 333]] = True
    chosen = kept(steps, values, 50, marked)
    assert chosen[[3, 17, 333, 500]].all()


def test_the_first_epoch_of_every_task_and_round() -> None:
    tasks, rounds = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])
    assert task_starts(tasks, rounds).tolist() == [True, False, True, True, False]
