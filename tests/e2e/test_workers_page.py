"""Workers and queue, with a real worker: who trains what, what waits and why, drain and undo."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.axe import serious_problems
from e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LIMIT = 120_000


@pytest.fixture
def three_runs(stack: Stack) -> Iterator[list[str]]:
    """One that trains and two that wait, for there is one worker with one slot."""
    spec = httpx.get(f"{stack.url}/api/catalog").json()["presets"]["demo-anpyc"]
    spec["training"] |= {"epochs": 5_000}
    ids = []
    for units, name in enumerate(("First", "<img src=x> second", "Third"), start=20):
        shape = {"model": {"kind": "mlp", "hidden": [units]}}  # of one shape they would be trained as one
        answer = httpx.post(f"{stack.url}/api/runs", json=spec | shape | {"name": name})
        answer.raise_for_status()
        ids.append(answer.json()["id"])
    yield ids
    for run_id in reversed(ids):
        httpx.post(f"{stack.url}/api/runs/{run_id}/cancel")
    for worker in httpx.get(f"{stack.url}/api/workers").json()["items"]:
        httpx.patch(f"{stack.url}/api/workers/{worker['id']}", json={"draining": False})


def test_who_trains_what_waits_and_leaves(page: Page, stack: Stack, three_runs: list[str]) -> None:
    (known,) = httpx.get(f"{stack.url}/api/workers").json()["items"]
    page.goto("/workers")
    worker = page.get_by_role("article", name=f"Worker {known['id']}")
    expect(worker).to_have_attribute("data-state", "training", timeout=LIMIT)
    expect(worker.get_by_role("link")).to_contain_text("First", timeout=LIMIT)
    expect(worker.get_by_role("link")).to_contain_text(re.compile("task 1 of 5|preparing"), timeout=LIMIT)
    expect(worker).to_contain_text("Device")
    expect(worker).to_contain_text(known["device_name"] or known["device"])
    expect(worker).to_contain_text(re.compile(r"Memory\s*\d+(\.\d)? GB"))
    expect(worker).to_contain_text("1 of 1 taken")
    expect(worker).to_contain_text(re.compile(r"Last seen\s*(just now|\d+ s ago)"))

    rows = page.get_by_test_id("queue").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("<img src=x> second")
    expect(rows.nth(0)).to_contain_text("next in line, until a worker is free")
    expect(rows.nth(1)).to_contain_text("Third")
    expect(rows.nth(1)).to_contain_text("1 run is before this one")
    assert serious_problems(page) == []

    # Drained it takes nothing new, and the page says what to do; undone it goes on.
    worker.get_by_role("button", name="Drain").click()
    expect(worker).to_have_attribute("data-state", "draining")
    expect(rows.nth(0)).to_contain_text("about to leave")
    expect(page.get_by_role("status").filter(has_text="anpyc worker")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(worker).to_have_attribute("data-state", "training")
    expect(rows.nth(0)).to_contain_text("until a worker is free")

    # The first ends, the next one begins; nobody has reloaded the page.
    httpx.post(f"{stack.url}/api/runs/{three_runs[0]}/cancel").raise_for_status()
    expect(worker.get_by_role("link")).to_contain_text("second", timeout=LIMIT)
    expect(rows).to_have_count(1)
    rows.nth(0).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Third")


def test_on_a_phone_the_queue_fits(page: Page, stack: Stack, three_runs: list[str]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/workers")
    expect(page.get_by_test_id("queue")).to_contain_text("Third")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360, f"The page is {wide} pixels wide."
    assert serious_problems(page) == []


def test_all_that_waits_is_cancelled_once_that_is_confirmed(
    page: Page, stack: Stack, three_runs: list[str]
) -> None:
    page.goto("/workers")
    rows = page.get_by_test_id("queue").locator("tbody tr")
    expect(rows).to_have_count(2, timeout=LIMIT)
    page.get_by_role("button", name="Cancel all queued").click()
    page.get_by_role("button", name="Keep them").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Cancel all queued").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("2 runs that wait are cancelled. Runs that train go on.")
    asked.get_by_role("button", name="Cancel 2 runs").click()
    expect(page.get_by_text("No run waits.")).to_be_visible(timeout=LIMIT)
    statuses = [httpx.get(f"{stack.url}/api/runs/{run_id}").json()["status"] for run_id in three_runs]
    assert statuses[1:] == ["cancelled", "cancelled"]
    assert statuses[0] in ("queued", "running")
