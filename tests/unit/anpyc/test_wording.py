"""Counts, lists and sizes in words."""

from __future__ import annotations

import pytest

from anpyc.wording import listed, plural, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_200, "1.2 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_a_size_has_the_unit_that_suits_it(count: float, text: str) -> None:
    assert size(count) == text


def test_one_is_singular_and_long_lists_are_cut() -> None:
    assert (plural(1, "task"), plural(1_200, "epoch")) == ("1 task", "1,200 epochs")
    assert listed(["a", "b", "c"], 2) == "a, b, … (3 in all)"
