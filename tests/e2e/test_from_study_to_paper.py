"""From an empty page to table, figure and report: four methods, three seeds, nine clicks and the wait."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from anpyc.settings import Settings
from e2e.conftest import opened
from e2e.stack import REPOSITORY
from serving import Server, Trainer, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard without a run and without a worker."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"))
    with serving(settings, REPOSITORY / "frontend" / "dist") as running:
        yield running


def _trained(server: Server) -> None:
    """The wait: every run that is queued is trained."""
    for place, run in enumerate(server.get("/api/runs", limit=50)["items"]):
        trainer = Trainer(server.database, run["id"], seed=run["seed"], masks=False)
        trainer.lowered_by = place / 200
        trainer.train().finish()


def test_a_study_becomes_a_table_a_figure_and_a_report(
    browser: Browser, empty: Server, tmp_path: Path
) -> None:
    clicks = 0

    def click(target: Locator) -> None:
        nonlocal clicks
        target.click()
        clicks += 1

    with opened(browser, str(empty.http.base_url)) as page:
        page.goto("/")
        click(page.get_by_role("link", name="Compare methods in a study"))
        click(page.get_by_role("button", name="Queue 12 runs"))
        expect(page.get_by_test_id("study-state")).to_have_text("12 runs: 12 waiting.")
        _trained(empty)
        expect(page.get_by_test_id("study-state")).to_have_text("12 runs: 12 finished.")
        click(page.get_by_role("link", name="Compare").last)
        expect(page.get_by_role("list", name="Compared").get_by_role("listitem")).to_have_count(4)

        click(page.get_by_role("button", name="Table", exact=True))
        with page.expect_download() as table:
            click(page.get_by_role("dialog").get_by_role("link", name="Download"))
        assert r"\toprule" in Path(table.value.path()).read_text()
        page.keyboard.press("Escape")

        figure = page.get_by_test_id("figure-compare_average_accuracy")
        click(figure.get_by_role("button", name=re.compile("export$")))
        with page.expect_download() as pdf:
            click(page.get_by_role("dialog").get_by_role("button", name="Download PDF"))
        assert Path(pdf.value.path()).read_bytes().startswith(b"%PDF-")
        page.keyboard.press("Escape")

        click(page.get_by_role("button", name="Report", exact=True))
        expect(page.get_by_test_id("report-shown").get_by_role("heading", name="Protocol")).to_be_visible()
        with page.expect_download() as report:
            click(page.get_by_role("link", name="Publish"))
        file = tmp_path / "report.html"
        report.value.save_as(file)
        _tells_all(browser, file)
    assert clicks == 9


def _tells_all(browser: Browser, file: Path) -> None:
    """Without a network, the file names every method."""
    with opened(browser, file.as_uri(), offline=True) as page:
        page.goto(file.as_uri())
        table = page.get_by_role("table").filter(has_text="ANPyC").first
        for method in ("EWC", "MAS", "Fine-tuning"):
            expect(table).to_contain_text(method)
