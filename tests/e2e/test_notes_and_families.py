"""Notes written in place by two people, and the family of a run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from e2e.axe import serious_problems
from serving import Server, ended, queued, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_note_is_written_in_place_and_nobody_is_overwritten(shelf_page: Page, shelf: Server) -> None:
    page = shelf_page
    run_id = queued(shelf.database, spec(name="Noted"))
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="Add a note").first.click()
    area = page.get_by_role("textbox", name="Note on this run")
    area.fill("Held by $\\lambda = 3$ <b>alone</b>.")
    expect(page.get_by_role("region", name="Preview").locator(".katex")).to_be_visible()
    assert serious_problems(page) == []
    # What was typed is left only when asked for a second time.
    area.press("Escape")
    expect(page.get_by_text("What you wrote is not saved.")).to_be_visible()
    area.press("Escape")
    # Meanwhile somebody else saves.
    shelf.http.patch(f"/api/runs/{run_id}", json={"notes": "Theirs."})
    area.press("Control+Enter")
    theirs = page.get_by_test_id("their-note")
    expect(theirs).to_contain_text("Theirs.")
    expect(area).to_have_value("Held by $\\lambda = 3$ <b>alone</b>.")
    assert shelf.get(f"/api/runs/{run_id}")["notes"] == "Theirs."
    theirs.get_by_role("button", name="Put mine below theirs").click()
    area.press("Control+Enter")
    note = page.get_by_test_id("note").first
    expect(note).to_contain_text("Theirs.")
    expect(note).to_contain_text("<b>alone</b>")
    assert shelf.get(f"/api/runs/{run_id}")["notes"].startswith("Theirs.\n\nHeld by")


def test_a_family_leads_from_run_to_run(shelf_page: Page, shelf: Server) -> None:
    page = shelf_page
    first = ended(shelf.database, spec(name="Grandmother"), 0.9)
    fork = shelf.http.post(f"/api/runs/{first}/clone", json={"strategy": {"lam": 30}}).json()
    page.goto(f"/runs/{fork['id']}")
    expect(page.get_by_text("copied from Grandmother: λ 10 → 30")).to_be_visible()
    page.get_by_role("tab", name="Family").click()
    rows = page.get_by_test_id("family-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("Grandmother, λ 30")
    expect(rows.nth(1)).to_contain_text("λ 10 → 30")
    assert serious_problems(page) == []
    rows.first.get_by_role("link").click()
    page.wait_for_url(f"**/runs/{first}?tab=family")
    expect(page.get_by_role("link", name="Compare all 2")).to_be_visible()
