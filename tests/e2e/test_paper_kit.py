"""The paper kit in a browser: figures as files, and reports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.axe import serious_problems
from e2e.conftest import opened
from serving import Server, Trainer, ended, queued, spec

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


@pytest.fixture(scope="module")
def keys(shelf: Server) -> list[str]:
    """Two methods with three seeds each."""
    found = []
    for kind in ("anpyc", "ewc"):
        for seed in (1, 2, 3):
            wanted = spec(strategy={"kind": kind}, seed=seed, training={"epochs": 7})
            run_id = ended(shelf.database, wanted, 0.9 + seed / 100)
        found.append(f"spec:{shelf.get(f'/api/runs/{run_id}')['spec_hash']}")
    return found


def test_a_comparison_is_a_published_report_after_two_clicks(
    shelf_page: Page, browser: Browser, keys: list[str], tmp_path: Path
) -> None:
    page = shelf_page
    page.goto(f"/compare?run={keys[0]}&run={keys[1]}")
    page.get_by_role("button", name="Report", exact=True).click()
    shown = page.get_by_test_id("report-shown")
    expect(shown.get_by_role("heading", name="Protocol")).to_be_visible()
    expect(shown.get_by_role("table").filter(has_text="ANPyC").first).to_be_visible()
    assert serious_problems(page) == []
    with page.expect_download() as saved:
        page.get_by_role("link", name="Publish").click()
    file = tmp_path / "report.html"
    saved.value.save_as(file)
    with opened(browser, file.as_uri(), offline=True) as reader:
        reader.goto(file.as_uri())
        expect(reader.get_by_role("heading", name="Protocol")).to_be_visible()
        expect(reader.get_by_role("table").filter(has_text="EWC").first).to_be_visible()


def test_figures_of_a_published_report_are_drawn_without_a_network(
    shelf: Server, browser: Browser, run: str, tmp_path: Path
) -> None:
    text = f"# Kept\n\n```figure\nrun: {run}\nname: forgetting_curve\n```\n\n$\\lambda = 3$"
    made = shelf.http.post("/api/reports", json={"title": "Kept", "text": text}).json()
    file = tmp_path / "kept.html"
    file.write_bytes(shelf.http.get(f"/api/reports/{made['id']}/file").content)
    with opened(browser, file.as_uri(), offline=True) as reader:
        reader.goto(file.as_uri())
        expect(reader.locator(".scatterlayer .trace")).to_have_count(5)
        expect(reader.locator("math")).to_have_count(1)
        assert serious_problems(reader) == []


def test_of_two_editors_neither_loses_a_word(shelf: Server, shelf_page: Page) -> None:
    page = shelf_page
    made = shelf.http.post("/api/reports", json={"title": "Shared", "text": ""}).json()
    page.goto(f"/reports/{made['id']}")
    page.get_by_label("Text, in Markdown").fill("mine")
    shelf.http.patch(f"/api/reports/{made['id']}", json={"text": "theirs", "version": 1})
    page.get_by_role("button", name="Save", exact=True).click()
    clash = page.get_by_role("alert").filter(has_text="Nothing is lost")
    expect(clash).to_be_visible()
    expect(page.get_by_label("Text, in Markdown")).to_have_value("mine")
    page.reload()
    expect(clash).to_be_visible()
    clash.get_by_role("button", name="Save mine as a report of its own").click()
    expect(page).not_to_have_url(re.compile(made["id"]))
    expect(page.get_by_test_id("report-shown")).to_contain_text("mine")
    assert shelf.get(f"/api/reports/{made['id']}")["text"] == "theirs"


def test_a_figure_is_inserted_by_choosing(shelf: Server, shelf_page: Page, run: str) -> None:
    page = shelf_page
    made = shelf.http.post("/api/reports", json={"title": "Empty"}).json()
    page.goto(f"/reports/{made['id']}")
    page.get_by_role("button", name="Figure", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Run", exact=True).fill("Kept")
    page.get_by_role("option", name=re.compile("Kept")).click()
    dialog.get_by_role("button", name="Insert").click()
    expect(page.get_by_test_id("figure-forgetting_curve")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Saved", exact=True)).to_be_visible()
    assert f"run: {run}" in shelf.get(f"/api/reports/{made['id']}")["text"]
    page.goto("/reports")
    page.get_by_role("button", name="Delete Empty").click()
    expect(page.get_by_role("link", name="Empty", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Empty", exact=True)).to_be_visible()
    assert serious_problems(page) == []
