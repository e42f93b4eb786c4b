"""The whole way once: open, fill the form, start, watch it forget, look inside, cancel, be refused."""

from __future__ import annotations

import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TRAINING_LIMIT = 120_000
"""Milliseconds that a run of these tests may take on a busy machine."""


def fill_number(page: Page, field: str, value: str) -> None:
    """Type into a number of the form; it may stand among the folded settings of its part."""
    box = page.get_by_test_id(f"field-{field}")
    if not box.is_visible():
        for more in page.get_by_role("button", name=re.compile("more setting")).all():
            if more.get_attribute("aria-expanded") != "true":
                more.click()
    box.fill(value)


def open_form(page: Page, name: str, *, strategy: str = "") -> None:
    """The form with a run that takes some seconds: three tasks of digits, small network."""
    page.goto("/new")
    expect(page.get_by_role("heading", name="New run")).to_be_visible()
    fill_number(page, "name", name)
    fill_number(page, "benchmark.tasks", "3")
    fill_number(page, "training.epochs", "60")
    fill_number(page, "training.batch_size", "32")
    fill_number(page, "strategy.retrain_epochs", "2")


def matrix_values(page: Page) -> int:
    return int(page.get_by_test_id("figure-accuracy_matrix").get_attribute("data-points") or 0)


def test_submit_watch_inspect(page: Page, stack: Stack) -> None:
    navigations: list[str] = []
    page.on("framenavigated", lambda frame: navigations.append(frame.url))
    open_form(page, "Watched from the browser")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]+"))
    after_start = len(navigations)

    # The curve grows while the run trains, without a reload.
    curve = page.get_by_test_id("figure-forgetting_curve")
    expect(curve).to_be_visible()
    growth: list[int] = []
    deadline = time.monotonic() + TRAINING_LIMIT / 1000
    while page.get_by_test_id("run").get_attribute("data-status") not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < deadline, f"The run did not end; the curve had {growth} points."
        points = int(curve.get_attribute("data-points") or 0)
        if page.get_by_test_id("run").get_attribute("data-status") == "running" and points not in growth:
            growth.append(points)
        page.wait_for_timeout(100)
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "succeeded")
    assert len([points for points in growth if points > 0]) >= 3, growth
    assert growth == sorted(growth)
    assert len(navigations) == after_start, "The page was loaded again."

    # One sentence tells the story, with the number that the API has.
    run_id = page.url.rsplit("/", 1)[-1].split("?")[0]
    run = httpx.get(f"{stack.url}/api/runs/{run_id}").json()
    expect(page.get_by_test_id("sentence")).to_contain_text("After all 3 tasks")
    expect(page.get_by_test_id("sentence")).to_contain_text(f"{run['metrics']['average_accuracy']:.1%}"[:-1])

    # Freed parameters, and the mask of a layer.
    capacity = page.get_by_test_id("figure-capacity")
    expect(capacity).to_contain_text("free")
    layers = httpx.get(f"{stack.url}/api/runs/{run_id}/layers").json()
    assert any(row["free"] > 0 and row["pruned"] > 0 for row in layers)
    assert all(row["free"] + row["consolidated"] == row["total"] for row in layers)
    mask = page.get_by_test_id("figure-mask_heatmap")
    expect(mask).to_be_visible()
    expect(mask.locator(".heatmaplayer, .hm").first).to_be_attached()
    expect(mask).to_contain_text("kept after task 1, pruning round 2")  # the last that was pruned


def test_the_list_follows_without_a_reload(page: Page, stack: Stack) -> None:
    page.goto("/")
    open_form(page, "Seen in the list")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]+"))
    page.get_by_role("link", name="Runs", exact=True).click()
    row = page.get_by_test_id("run-row").filter(has_text="Seen in the list")
    expect(row.get_by_test_id("status")).to_have_text("running", timeout=TRAINING_LIMIT)
    expect(row.get_by_test_id("status")).to_have_text("succeeded", timeout=TRAINING_LIMIT)
    expect(row).to_contain_text(re.compile(r"\d+\.\d %"))


def test_cancel(page: Page, stack: Stack) -> None:
    open_form(page, "To be cancelled")
    fill_number(page, "training.epochs", "5000")
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]+"))
    run = page.get_by_test_id("run")
    expect(run).to_have_attribute("data-status", "running", timeout=TRAINING_LIMIT)
    curve = page.get_by_test_id("figure-forgetting_curve")
    expect(curve).not_to_have_attribute("data-points", "0", timeout=TRAINING_LIMIT)

    page.get_by_role("button", name="Cancel").click()

    expect(run).to_have_attribute("data-status", "cancelled", timeout=30_000)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_bad_input_is_refused_at_its_field_and_leaves_no_run(page: Page, stack: Stack) -> None:
    before = httpx.get(f"{stack.url}/api/runs").json()["total"]
    open_form(page, "Refused")
    fill_number(page, "strategy.lam", "-1")
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_test_id("problems")).to_contain_text("strategy.lam")

    fill_number(page, "strategy.lam", "3")
    page.get_by_test_id("field-benchmark.kind").get_by_role("radio", name=re.compile("^Split")).click()
    fill_number(page, "benchmark.classes_per_task", "11")
    page.get_by_role("button", name="Start run").click()
    expect(page.get_by_test_id("problems")).to_contain_text("10 classes; give each task 10 or fewer")

    assert httpx.get(f"{stack.url}/api/runs").json()["total"] == before
    assert page.url.endswith("/new") or "/new?" in page.url


def test_a_second_click_sends_nothing_twice(page: Page, stack: Stack) -> None:
    before = httpx.get(f"{stack.url}/api/runs").json()["total"]
    open_form(page, "Clicked twice")
    fill_number(page, "training.epochs", "1")
    page.get_by_role("button", name="Start run").dblclick()
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]+"))

    assert httpx.get(f"{stack.url}/api/runs").json()["total"] == before + 1
