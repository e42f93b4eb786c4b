"""What if more had been pruned: asked for in the page, measured by the worker, drawn as the points come."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.stack import Stack

pytestmark = pytest.mark.e2e

SPEC = {
    "name": "What if",
    "benchmark": {"kind": "permuted", "tasks": 3},
    "model": {"kind": "mlp", "hidden": [64, 32]},
    "strategy": {"kind": "anpyc", "retrain_epochs": 1, "prune_step": 25},
    "training": {"epochs": 10},
}


def _trained(stack: Stack, spec: dict[str, object]) -> str:
    run_id = stack.submit(spec)
    stack.wait_until(run_id)
    return run_id


def test_a_curve_is_measured_and_one_more_share(page: Page, stack: Stack) -> None:
    run_id = _trained(stack, SPEC)
    page.goto(f"/runs/{run_id}?tab=masks")
    panel = page.get_by_test_id("what-if")
    evaluate = panel.get_by_role("button", name="Evaluate")
    expect(page.get_by_test_id("what-if-reading")).to_contain_text("Nothing is measured yet")
    page.evaluate("window.notReloaded = true")

    panel.get_by_role("combobox", name="Network after").click()
    page.get_by_role("option", name="task 1").click()
    expect(panel.get_by_role("heading", name=re.compile("after task 1"))).to_be_visible()
    evaluate.click()
    expect(page.get_by_test_id("what-if-state")).to_have_attribute("data-status", "succeeded", timeout=60_000)
    figure = page.get_by_test_id("figure-pruning_curve")
    expect(figure).to_have_attribute("data-points", re.compile(r"^[6-9]\d$"))

    known = httpx.get(f"{stack.url}/api/runs/{run_id}/whatif", params={"task": 1}, trust_env=False).json()
    matrix = httpx.get(f"{stack.url}/api/runs/{run_id}/accuracy", trust_env=False).json()["matrix"]
    assert known["points"][0]["accuracy"] == {"0": matrix[1][0], "1": matrix[1][1]}
    expect(figure).to_contain_text(known["sentence"])

    slider = panel.get_by_role("slider", name="Pruned of each layer")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    reading = page.get_by_test_id("what-if-reading")
    expect(reading).to_have_text("3 % is not measured yet. Evaluate measures it.")
    evaluate.click()
    expect(reading).to_contain_text(re.compile(r"At 3 %: \d\d\.\d % on average"), timeout=60_000)
    assert page.evaluate("window.notReloaded") is True


def test_a_method_without_masks_is_pruned_by_magnitude_and_says_so(page: Page, stack: Stack) -> None:
    run_id = _trained(stack, SPEC | {"name": "Plain", "strategy": {"kind": "finetune"}})
    page.goto(f"/runs/{run_id}?tab=masks")
    page.get_by_test_id("what-if").get_by_role("button", name="Evaluate").click()
    figure = page.get_by_test_id("figure-pruning_curve")
    expect(figure).to_contain_text("so the smallest weights go first", timeout=60_000)
