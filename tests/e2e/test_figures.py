"""A figure that is declared in Python stands on the page, with its controls, and nothing else was touched."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

import toy_figure
from anpyc_server.figures.registry import FIGURES
from serving import Server, Trainer, queued, spec

pytestmark = pytest.mark.e2e


def test_a_new_figure_stands_on_the_page(
    shelf: Server, shelf_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FIGURES, toy_figure.NAME, toy_figure.FIGURE)
    trainer = Trainer(shelf.database, queued(shelf.database, spec(name="With a toy"))).train(1)
    trainer.finish()
    shelf_page.goto(f"/runs/{trainer.claim.run_id}")
    toy = shelf_page.get_by_test_id("figure-toy")
    toy.scroll_into_view_if_needed()
    expect(toy.get_by_role("heading", name="Seconds per epoch")).to_be_visible()
    expect(toy).to_contain_text("A toy of 6 epochs.")
    with shelf_page.expect_response(re.compile(r"figures/toy.*height=high")):
        toy.get_by_role("radiogroup", name="Height").get_by_text("high").click()
    with shelf_page.expect_response(re.compile(r"figures/toy.*filled=true")):
        toy.get_by_role("switch", name="Filled").check()


def test_of_thirty_tasks_cells_are_shown_and_chosen_lines_stand_in_the_address(
    shelf: Server, shelf_page: Page
) -> None:
    wanted = spec(name="Thirty", benchmark={"kind": "permuted", "tasks": 30})
    trainer = Trainer(shelf.database, queued(shelf.database, wanted), tasks=30, masks=False).train()
    trainer.finish()
    shelf_page.goto(f"/runs/{trainer.claim.run_id}?tab=forgetting")
    curve = shelf_page.get_by_test_id("figure-forgetting_curve")
    expect(curve).to_contain_text("A row is a task")
    expect(curve.locator(".heatmaplayer image")).to_have_count(1)
    picker = shelf_page.get_by_label("Tasks with a line").first
    picker.click()
    picker.fill("task 17")
    shelf_page.get_by_role("option", name="task 17").click()
    expect(curve.locator(".scatterlayer .trace")).to_have_count(1)
    expect(shelf_page).to_have_url(re.compile(r"lines=17"))
    shelf_page.reload()
    expect(curve.locator(".scatterlayer .trace")).to_have_count(1)
