"""What columns of a comparison are called where there is little room."""

from __future__ import annotations

from typing import cast

import pytest

from anpyc_server.figures.columns import Members, shortened
from anpyc_server.records.counting import CountedRuns


def _titled(title: str) -> Members:
    return Members(title, title, "", cast("CountedRuns", None), 0)


@pytest.mark.parametrize(
    ("titles", "short"),
    [
        (["ANPyC on permuted digits", "EWC on permuted digits"], ["ANPyC", "EWC"]),
        (["ANPyC · 30 epochs", "EWC · 60 epochs"], ["ANPyC · 30 epochs", "EWC · 60 epochs"]),
        (["λ 10 · pruned 70 %", "λ 30 · pruned 70 %"], ["10", "30"]),
        (["EWC · pruned 70 %", "MAS · pruned 50 %"], ["EWC · pruned 70 %", "MAS · pruned 50 %"]),
        (["ANPyC · 30 epochs", "EWC · 30 epochs"], ["ANPyC", "EWC"]),
    ],
)
def test_what_all_end_with_is_left_out_but_no_unit_of_a_number(titles: list[str], short: list[str]) -> None:
    assert shortened([_titled(title) for title in titles]) == short
