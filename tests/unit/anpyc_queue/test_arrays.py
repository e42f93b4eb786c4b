from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from anpyc_queue.arrays import decode, encode

SHAPES = hnp.array_shapes(max_dims=4, max_side=7)


@given(hnp.arrays(np.bool_, SHAPES))
def test_a_mask_comes_back_bit_for_bit(mask: np.ndarray) -> None:
    assert np.array_equal(decode(encode(mask, "mask"), "mask", mask.shape), mask)


@given(hnp.arrays(np.int16, SHAPES))
def test_owners_come_back_as_they_were(owner: np.ndarray) -> None:
    assert np.array_equal(decode(encode(owner, "owner"), "owner", owner.shape), owner)


@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(2.0**-20, 2.0**20, width=32)))
def test_numbers_keep_three_digits_relative_to_the_largest(values: np.ndarray) -> None:
    back = decode(encode(values, "importance"), "importance", values.shape)
    assert back.dtype == np.float32
    assert np.allclose(back, values, rtol=1e-3, atol=4e-8 * np.abs(values).max())


def test_tiny_importances_are_not_rounded_to_nothing() -> None:
    values = np.array([3e-12, 1e-12, 0.0], np.float32)
    assert np.allclose(decode(encode(values, "importance"), "importance", (3,)), values, rtol=1e-3)


def test_a_mask_takes_less_than_a_bit_where_it_is_regular() -> None:
    assert len(encode(np.ones((512, 784), bool), "mask")) < 512 * 784 / 8 / 50


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        encode(np.array([1.0, bad], np.float32), "weight")
