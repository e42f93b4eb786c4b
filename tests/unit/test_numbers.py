"""*What the numbers mean* leaves none out: each that is computed, stored or exported has its place."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from anpyc.measures import MEASURES
from anpyc.metrics import summarise
from anpyc.recording import EpochResult, LayerStatistics
from anpyc_server.records.finding.fields import IN_COLUMNS as SORTED
from anpyc_server.records.run_schemas import RunMetrics
from anpyc_server.resources.exports.service import header

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "numbers.md").read_text()
WHOLE = [[0.9, 0.2], [0.8, 0.9]]
COMPUTED = summarise(WHOLE, untrained=[0.1, 0.1], joint=[0.9, 0.9])


def _anchors() -> set[str]:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "name",
    sorted({*COMPUTED, *RunMetrics.model_fields, *SORTED, *MEASURES}),
)
def test_every_metric_has_a_heading_that_its_mark_leads_to(name: str) -> None:
    assert name.replace("_", "-") in _anchors()
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    "name",
    sorted({part.name for kind in (LayerStatistics, EpochResult) for part in fields(kind)}),
)
def test_every_field_that_training_reports_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("table", ["evaluations", "epochs", "layers", "tasks", "metrics"])
def test_every_column_of_a_file_stands_with_its_unit(table: str) -> None:
    (row,) = re.findall(rf"^\| `{table}` \| (.+) \|$", PAGE, re.MULTILINE)
    assert row.split(", ") == [f"`{column}`" for column in header(table)]


@pytest.mark.parametrize(
    "anchor",
    ["average-accuracy", "forgetting", "backward-transfer", "forward-transfer", "learning-accuracy",
     "intransigence", "pruning-loss", "capacity-free", "owner", "overlap", "capacity-left", "weight-norm",
     "loss", "penalty", "progress", "time", "chance", "spread", "group-mean", "interval", "told-apart",
     "more-seeds", "skewness",
     "kurtosis", "importance"],
)  # fmt: skip
def test_the_places_that_are_linked_to_stay(anchor: str) -> None:
    assert anchor in _anchors()


def test_readme_and_guide_lead_to_it() -> None:
    assert "(docs/numbers.md)" in (DOCS.parent / "README.md").read_text()
    assert "(numbers.md)" in (DOCS / "guide.md").read_text()
