"""A study from an empty page in two clicks, what it reuses, and the order of the queue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from anpyc.settings import Settings
from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import REPOSITORY
from serving import Server, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard without a run and without a worker."""
    folder: Path = tmp_path_factory.mktemp("empty")
    with serving(Settings(data_dir=folder), REPOSITORY / "frontend" / "dist") as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, empty: Server) -> Iterator[Page]:
    with opened(browser, str(empty.http.base_url)) as page:
        yield page


def test_four_methods_on_three_seeds_are_two_clicks_away(page: Page, empty: Server) -> None:
    page.goto("/")
    page.get_by_role("link", name="Compare methods in a study").click()
    expect(page.get_by_test_id("study-sentence")).to_contain_text("12 runs: 12 to train.")
    assert serious_problems(page) == []
    page.get_by_role("button", name="Queue 12 runs").click()
    expect(page.get_by_role("heading", name="Methods on permuted digits")).to_be_visible()
    expect(page.get_by_test_id("study-state")).to_have_text("12 runs: 12 waiting.")
    assert serious_problems(page) == []
    runs = empty.http.get("/api/runs?full=true&limit=50").json()["items"]
    strategies = [run["spec"]["strategy"] for run in runs]
    assert {(each["kind"], each.get("lam")) for each in strategies} == {
        ("anpyc", 10), ("ewc", 100), ("mas", 1), ("finetune", None),
    }  # fmt: skip
    page.get_by_role("link", name="Compare").last.click()
    expect(page).to_have_url(re.compile("/compare.run=spec"))
    expect(page.get_by_role("list", name="Compared").get_by_role("listitem")).to_have_count(4)


def test_what_is_there_is_offered_for_reuse(page: Page, empty: Server) -> None:
    page.goto("/studies/new")
    expect(page.get_by_test_id("study-sentence")).to_contain_text("0 to train, 12 there already and reused")
    page.get_by_role("group", name="EWC", exact=True).get_by_label("λ").fill("100, 1000")
    expect(page.get_by_test_id("study-sentence")).to_contain_text("15 runs: 3 to train, 12 there already")
    page.get_by_label("Seeds", exact=True).fill("many")
    expect(page.get_by_text("Numbers, several with commas.")).to_be_visible()
    expect(page.get_by_role("button", name="Queue 3 runs")).to_be_disabled()
    page.get_by_label("Seeds", exact=True).fill("0..2")
    page.get_by_text("YAML", exact=True).click()
    expect(page.get_by_label("Study as YAML")).to_have_value(re.compile("lam: ?\n? *- 100\n *- 1000"))
    page.get_by_role("button", name="Queue 3 runs").click()
    expect(page.get_by_test_id("study-state")).to_contain_text("12 of them were there before.")
    assert empty.get("/api/runs")["total"] == 15


def test_waiting_runs_are_moved_with_buttons_and_by_priority(page: Page, empty: Server) -> None:
    page.goto("/workers")
    rows = page.get_by_test_id("queue").locator("tbody tr")
    expect(rows).to_have_count(15)
    before = [each["run_id"] for each in empty.get("/api/queue")["items"]]
    rows.nth(14).get_by_role("button", name=re.compile("Move to the front")).click()
    expect(rows.nth(0).get_by_role("button", name=re.compile("Move up"))).to_be_disabled()
    expect(rows.nth(0).get_by_role("link")).to_have_attribute("href", re.compile(before[14]))
    rows.nth(9).get_by_label(re.compile("^Priority of")).fill("3")
    rows.nth(9).get_by_label(re.compile("^Priority of")).press("Enter")
    expect(rows.nth(0).get_by_label(re.compile("^Priority of"))).to_have_value("3")
    assert empty.get("/api/queue")["items"][0]["run_id"] == before[8]
    assert serious_problems(page) == []
