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
