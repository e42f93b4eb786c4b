"""The paper kit in a browser: figures as files, and reports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.axe import serious_problems
from serving import Server, Trainer, queued, spec

pytestmark = pytest.mark.e2e
POINTS_PER_MM = 72 / 25.4


@pytest.fixture(scope="module")
def run(shelf: Server) -> str:
    trainer = Trainer(shelf.database, queued(shelf.database, spec(name="Kept λ 3"))).train()
    trainer.finish()
    return trainer.claim.run_id


def test_a_figure_is_a_pdf_after_two_clicks(shelf_page: Page, run: str) -> None:
    page = shelf_page
    page.goto(f"/runs/{run}")
    figure = page.get_by_test_id("figure-forgetting_curve")
    figure.get_by_role("button", name=re.compile("export$")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_test_id("paper-preview").locator("img")).to_be_visible()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Download PDF").click()
    assert re.fullmatch(r"forgetting-curve_kept-lambda-3-\w{6}\.pdf", saved.value.suggested_filename)
    content = Path(saved.value.path()).read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/FontFile2" in content
    (width,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ", content)
    assert float(width) == pytest.approx(84 * POINTS_PER_MM, abs=0.05)
    assert serious_problems(page) == []


def test_what_was_chosen_is_remembered_and_is_what_the_server_writes(
    shelf: Server, shelf_page: Page, run: str
) -> None:
    page = shelf_page
    page.goto(f"/runs/{run}?tab=masks")
    figure = page.get_by_test_id("figure-mask_heatmap")
    figure.get_by_role("button", name=re.compile("export$")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radiogroup", name="Format").get_by_text("SVG").click()
    dialog.get_by_role("radiogroup", name="Width", exact=True).get_by_text("2 columns").click()
    preview = dialog.get_by_test_id("paper-preview").locator("img")
    expect(preview).to_have_attribute("style", re.compile("174mm"))
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Download SVG").click()
    text = Path(saved.value.path()).read_text()
    assert 'width="174mm"' in text
    page.keyboard.press("Escape")
    page.reload()
    figure.get_by_role("button", name=re.compile("export$")).click()
    expect(dialog.get_by_role("button", name="Download SVG")).to_be_visible()
    with page.expect_download() as numbers:
        dialog.get_by_role("radiogroup", name="Format").get_by_text("CSV").click()
        dialog.get_by_role("button", name="Download CSV").click()
    head = Path(numbers.value.path()).read_text().splitlines()[0]
    assert head.startswith("series,")
