"""Masks and the schedule of shares."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from anpyc.pruning import claimed, first_mask, percentile, percentile_among, percentile_of_sorted
from anpyc.pruning_schedule import pruning_rounds, share_pruned


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=50), st.floats(0, 100))
def test_percentile_is_numpys(values: list[float], q: float) -> None:
    ours = float(percentile(torch.tensor(values, dtype=torch.float64), q))
    assert ours == pytest.approx(np.percentile(values, q), rel=1e-9, abs=1e-9)


@given(
    st.lists(st.tuples(st.floats(-100, 100, width=32), st.booleans()), min_size=1, max_size=50),
    st.floats(0, 100),
)
def test_percentiles_among_some_are_numpys_with_and_without_a_gpu(
    values: list[tuple[float, bool]], q: float
) -> None:
    all_, chosen = torch.tensor([v for v, _ in values]), torch.tensor([c for _, c in values])
    picked = [v for v, c in values if c]
    expected = np.percentile(picked, q) if picked else np.inf
    for ours in (percentile_among(all_, chosen, q), percentile_of_sorted(all_, chosen, q)):
        assert float(ours) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_shares_follow_the_papers_sequence() -> None:
    shares = [share_pruned(task, 11, 50, 0.8) for task in range(11)]
    assert shares == [50, 40, 32, 25, 20, 16, 12, 9, 7, 5, 0]


def test_rounds_reach_the_share() -> None:
    assert pruning_rounds(50, 10) == (10, 20, 30, 40, 50)
    assert pruning_rounds(32, 10) == (10, 20, 30, 40)
    assert pruning_rounds(7, 10) == (10,)
    assert pruning_rounds(0, 10) == ()
    assert pruning_rounds(99, 60) == (60, 100)
    assert pruning_rounds(32, 10, exact=True) == (10, 20, 30, 32)
    assert pruning_rounds(50, 40, exact=True) == (40, 50)
    assert pruning_rounds(80, 40, exact=True) == (40, 80)
    assert pruning_rounds(7, 10, exact=True) == (7,)


def test_first_mask_never_keeps_what_has_no_importance() -> None:
    importance = torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0])
    assert first_mask(importance, 10).tolist() == [False, False, False, True, True]


def test_later_masks_free_only_what_was_free() -> None:
    previous = torch.tensor([True, False, False, False, False])
    importance = torch.tensor([0.0, 4.0, 1.0, 2.0, 3.0])
    assert (previous | claimed(importance, previous, 50)).tolist() == [True, True, False, False, True]


def test_a_later_task_claims_what_passes_its_threshold_whoever_holds_it() -> None:
    previous = torch.tensor([True, True, False, False, False, False])
    importance = torch.tensor([0.0, 9.0, 4.0, 1.0, 2.0, 3.0])
    assert claimed(importance, previous, 50).tolist() == [False, True, True, False, False, True]
    nothing_free = torch.ones(6, dtype=torch.bool)
    assert not claimed(importance, nothing_free, 50).any()
