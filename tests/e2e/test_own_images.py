"""Own images on the page: what was decided stands in the log and the environment, a refusal at the run."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e.stack import Stack
from unit.anpyc.datasets.archives import plain_files, save_zip

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

TRAINING_LIMIT = 60_000


def submitted(stack: Stack, name: str, files: dict[str, bytes]) -> str:
    """The number of a small run on a zip of these files."""
    folder = stack.data_dir / "datasets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / save_zip(folder, files)).rename(folder / name)
    spec: dict[str, Any] = {
        "benchmark": {"kind": "split", "tasks": 1, "classes_per_task": 2},
        "dataset": {"kind": "images", "file": name, "size": 8, "colour": False},
        "model": {"kind": "mlp", "hidden": [8]},
        "strategy": {"kind": "finetune"},
        "training": {"epochs": 1},
    }
    answer = httpx.post(f"{stack.url}/api/runs", json=spec)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_decisions_stand_in_the_log_and_in_the_environment(page: Page, stack: Stack) -> None:
    run_id = submitted(stack, "mine.zip", {**plain_files(), "train/.DS_Store": b""})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "succeeded", timeout=TRAINING_LIMIT)
    page.get_by_role("tab", name="Log").click()
    lines = page.get_by_role("log")
    expect(lines).to_contain_text("Passed over, as no images: train/.DS_Store.")
    expect(lines).to_contain_text("leave 1 of the 3 classes of mine.zip over: c2.")
    page.get_by_role("tab", name="Spec & environment").click()
    expect(page.get_by_text("Pixels of 8 bits have values of 0…255, scaled to 0…1.")).to_be_visible()


def test_a_refusal_stands_at_the_run_with_its_name_escaped(page: Page, stack: Stack) -> None:
    name = "train/c0/\x1b[31m<img src=x onerror=alert(1)>.png"
    run_id = submitted(stack, "bad.zip", {**plain_files(), name: b"none"})
    page.goto(f"/runs/{run_id}")
    failure = page.get_by_test_id("failure")
    expect(failure).to_be_visible(timeout=TRAINING_LIMIT)
    expect(failure).to_contain_text(
        r"bad.zip: train/c0/\x1b[31m<img src=x onerror=alert(1)>.png is not an image"
    )
    expect(failure.get_by_role("button", name="Show the traceback")).to_have_count(0)
