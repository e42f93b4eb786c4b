"""The rows that ``make bench`` writes into the page of benchmarks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "__main__.py"


@pytest.fixture(scope="module")
def bench() -> Any:
    spec = importlib.util.spec_from_file_location("bench_main", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rows_take_the_place_of_earlier_ones_and_leave_the_rest(bench: Any) -> None:
    page = f"# Before\n{bench.BEGIN}\n{bench.END}\n## After\n"
    page = bench.with_rows(page, "training", ["| epoch | 0.9 | ≤ 1.1 |"], "quiet")
    page = bench.with_rows(page, "lists", ["| list | 50 ms | |"], "quiet")
    page = bench.with_rows(page, "training", ["| epoch | 0.8 | ≤ 1.1 |"], "busy")
    assert page.count("### training") == page.count("### lists") == 1
    assert "| epoch | 0.8 | ≤ 1.1 |" in page
    assert "0.9" not in page
    assert "| list | 50 ms | |" in page
    assert page.startswith("# Before\n")
    assert page.endswith("\n## After\n")


def test_a_page_without_a_place_for_rows_is_refused(bench: Any) -> None:
    with pytest.raises(ValueError, match="needs the lines"):
        bench.with_rows("# Before\n", "training", [], "quiet")


def test_the_real_page_has_a_place_and_the_told_benchmarks_are_there(bench: Any) -> None:
    assert bench.with_rows(bench.PAGE.read_text(), "nothing", ["| a | 1 | |"], "quiet")
    assert all((SCRIPT.parent / f"{name}.py").is_file() for name in bench.TOLD)
