"""Projects and saved views in a real browser: chosen, filled by drag, menu and key, edited, shared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.axe import serious_problems
from e2e.conftest import opened
from many_runs import store_runs
from migrated import empty_database
from serving import Server

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture
def filled(shelf: Server) -> Server:
    """A server with thirty runs and a project of none."""
    empty_database(shelf.database)
    store_runs(shelf.database, 30)
    assert shelf.http.post("/api/projects", json={"name": "By width"}).status_code == 201
    return shelf


@pytest.fixture
def shown(browser: Browser, filled: Server) -> Iterator[Page]:
    """A fresh page that has the list before it."""
    with opened(browser, str(filled.http.base_url)) as page:
        page.goto("/")
        expect(page.get_by_test_id("run-row").first).to_be_visible()
        yield page


def held(server: Server) -> dict[str, int]:
    return {each["name"]: each["runs"] for each in server.get("/api/projects")["items"]}


def box(page: Page, place: int) -> Any:
    return page.get_by_test_id("run-row").nth(place).get_by_role("checkbox")


def choose(page: Page, name: str) -> None:
    page.get_by_test_id("project").click()
    page.get_by_role("option", name=re.compile(name)).click()


def test_runs_are_moved_by_drag_menu_and_key(shown: Page, filled: Server) -> None:
    page = shown
    box(page, 0).check()
    box(page, 1).check()
    grip = page.get_by_test_id("run-row").nth(1).locator("td").first
    start = grip.bounding_box()
    assert start is not None
    page.mouse.move(start["x"] + 3, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 40, steps=4)
    tray = page.get_by_test_id("drop-tray").get_by_text("By width")
    expect(tray).to_be_visible()
    target = tray.bounding_box()
    assert target is not None
    page.mouse.move(target["x"] + 8, target["y"] + 8, steps=4)
    page.mouse.up()
    expect(page.get_by_text("2 runs moved to “By width”.")).to_be_visible()
    expect(page.get_by_test_id("drop-tray")).to_have_count(0)
    expect(page.get_by_test_id("selection")).to_have_count(0)
    assert held(filled) == {"Unsorted": 28, "By width": 2}
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(300)
    assert held(filled) == {"Unsorted": 30, "By width": 0}

    box(page, 2).check()
    page.get_by_role("button", name="Move 1").click()
    page.get_by_role("option", name=re.compile("By width")).click()
    expect(page.get_by_text("1 run moved to “By width”.")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_contain_text("Move 1 run to a project")
    assert serious_problems(page) == []
    page.keyboard.type("Fresh")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 run moved to “Fresh”.")).to_be_visible()
    assert held(filled) == {"Unsorted": 28, "By width": 1, "Fresh": 1}
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Move the selected runs")


def test_a_project_is_opened_edited_filled_and_deleted(shown: Page, filled: Server) -> None:
    page = shown
    page.keyboard.press("p")
    expect(page.get_by_role("listbox", name="Project")).to_be_visible()
    assert serious_problems(page) == []
    page.keyboard.type("width")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/\?project=\w{26}$"))
    expect(page.get_by_role("heading", name="No run is in “By width” yet")).to_be_visible()
    assert serious_problems(page) == []
    page.get_by_role("button", name="Edit name and description").click()
    page.get_by_role("textbox", name="Name of the project").fill("By depth")
    page.get_by_role("textbox", name="Description of the project").fill("Deep ones first.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="By depth", exact=True)).to_be_visible()
    expect(page.get_by_text("Deep ones first.")).to_be_visible()
    expect(page.get_by_test_id("project")).to_have_text("By depth")

    page.get_by_role("link", name="New run", exact=True).click()
    expect(page.get_by_role("combobox", name="Project")).to_have_value("By depth")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/runs/"))
    expect(page.get_by_role("link", name="By depth")).to_be_visible()
    assert held(filled) == {"Unsorted": 30, "By depth": 1}

    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_test_id("total")).to_have_text("1 run")
    page.get_by_role("button", name="More of the project").click()
    page.get_by_role("menuitem", name="Delete the project …").click()
    expect(page.get_by_role("dialog")).to_contain_text("No run is deleted: 1 run will be in Unsorted.")
    assert serious_problems(page) == []
    page.get_by_role("button", name="Delete the project").click()
    expect(page.get_by_test_id("total")).to_have_text("31 runs")
    expect(page.get_by_test_id("project")).to_have_text("All runs")
    assert held(filled) == {"Unsorted": 31}


def test_a_view_is_saved_opened_first_updated_and_shared(
    shown: Page, filled: Server, browser: Browser
) -> None:
    page = shown
    choose(page, "Unsorted")
    page.get_by_role("group", name="Show only runs of the strategy").get_by_text("EWC").click()
    page.get_by_role("button", name="Accuracy", exact=True).click()
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("How Accuracy is written").select_option("digits-2")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("run-row").first).to_contain_text(re.compile(r"\d\d\.\d\d %"))
    page.get_by_test_id("views").click()
    page.get_by_role("menuitem", name="Save as a new view …").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("EWC, best first")
    page.get_by_role("checkbox", name="Open this first from now on").check()
    assert serious_problems(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_test_id("views")).to_have_text("EWC, best first")
    (saved,) = filled.get("/api/views", project="Unsorted")["items"]
    assert (saved["view"]["filter"], saved["view"]["sort"]) == ("strategy = ewc", "-average_accuracy")
    assert saved["view"]["formats"] == {"average_accuracy": "digits-2"}

    with opened(browser, str(filled.http.base_url), color_scheme="dark") as other:
        other.goto(f"/?view={saved['id']}")
        expect(other.get_by_test_id("views")).to_have_text("EWC, best first")
        expect(other.get_by_role("combobox", name="Filter")).to_have_value("strategy = ewc")
        expect(other.get_by_test_id("run-row").first).to_contain_text(re.compile(r"\d\d\.\d\d %"))
        assert serious_problems(other) == []
        other.goto("/")
        expect(other.get_by_test_id("views")).to_have_text("Views")
        choose(other, "Unsorted")
        expect(other.get_by_test_id("views")).to_have_text("EWC, best first")
        other.get_by_role("button", name="Clear", exact=True).click()
        expect(other.get_by_test_id("total")).to_have_text("30 runs")

    page.get_by_role("textbox", name="Search names, notes and tags").fill("setting 1")
    expect(page.get_by_test_id("views")).to_have_text("EWC, best first, changed")
    filled.http.patch(f"/api/views/{saved['id']}", json={"charts": {"by": "another"}})
    page.get_by_test_id("views").click()
    page.get_by_role("menuitem", name="Update “EWC, best first”").click()
    expect(page.get_by_role("alert")).to_contain_text("Someone else has saved this view meanwhile.")
    page.get_by_test_id("views").click()
    page.get_by_role("menuitem", name="Update “EWC, best first”").click()
    expect(page.get_by_test_id("views")).to_have_text("EWC, best first")
    again = filled.get(f"/api/views/{saved['id']}")
    assert (again["view"]["q"], again["charts"]) == ("setting 1", {"by": "another"})
    page.get_by_test_id("views").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_test_id("total")).to_have_text("30 runs")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("views")).to_have_text(re.compile("EWC, best first"))


def test_columns_are_moved_by_their_heads(shown: Page) -> None:
    page = shown
    heads = page.locator("thead th")
    page.get_by_role("button", name="Accuracy", exact=True).drag_to(
        page.get_by_role("button", name="Status", exact=True)
    )
    expect(heads.nth(1)).to_have_text("Accuracy")
    page.get_by_role("button", name="Accuracy", exact=True).focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(heads.nth(2)).to_have_text("Accuracy")
    expect(page).to_have_url(re.compile("columns=status&columns=average_accuracy&columns=name"))
    expect(page.get_by_test_id("run-row").first.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"after the first task, .* % on average after the last")
    )
