"""The page of a run, item by item, on runs that a real worker trains."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Download, Locator, Page, expect

from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LIMIT = 120_000
"""Milliseconds that a run may take on a busy machine."""
NAME = "<script>alert(1)</script> \N{BRAIN} שלום"
TASKS = 3


def _submit(stack: Stack, **parts: Any) -> str:
    spec = httpx.get(f"{stack.url}/api/catalog").json()["presets"]["demo-anpyc"]
    spec["benchmark"] = {"kind": "permuted", "tasks": TASKS}
    spec["model"] = {"kind": "mlp", "hidden": [64, 32]}
    spec["training"] |= {"epochs": 6}
    spec["strategy"] |= {"retrain_epochs": 2}
    for part, changes in parts.items():
        spec[part] = spec[part] | changes if isinstance(changes, dict) else changes
    return stack.submit(spec)


@pytest.fixture(scope="module")
def trained(stack: Stack) -> str:
    """A run that has succeeded, under a name that is hard to show."""
    run_id = _submit(stack, name=NAME)
    stack.wait_until(run_id)
    return run_id


@pytest.fixture(scope="module")
def failed(stack: Stack) -> str:
    """A run whose loss is not a number."""
    run_id = _submit(stack, name="λ too large", strategy={"consolidation": "explicit", "lam": 1e6})
    stack.wait_until(run_id, "failed")
    return run_id


@pytest.fixture
def long_run(stack: Stack) -> Iterator[str]:
    """A run that trains for as long as the test likes."""
    run_id = _submit(stack, name="Watched", training={"epochs": 5_000})
    yield run_id
    httpx.post(f"{stack.url}/api/runs/{run_id}/cancel")


@pytest.fixture
def narrow(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A phone, dark."""
    with opened(browser, stack.url, 360, 740, color_scheme="dark") as page:
        yield page


def _drawn(page: Page, name: str) -> Locator:
    """The figure, once it is drawn."""
    figure = page.get_by_test_id(f"figure-{name}")
    figure.scroll_into_view_if_needed()
    expect(figure).not_to_have_attribute("data-revision", "0")
    return figure


def _saved(page: Page, figure: Locator, what: str) -> Download:
    figure.get_by_role("button", name=re.compile("more$")).click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=what).click()
    expect(page.get_by_role("menu")).to_have_count(0)
    return download.value


def _bytes(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


# --- the head -----------------------------------------------------------------------------------------------


def test_the_head_of_a_run_while_it_trains(page: Page, long_run: str) -> None:
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/events" in request.url else None)
    page.goto(f"/runs/{long_run}")
    run = page.get_by_test_id("run")
    expect(run).to_have_attribute("data-status", "running", timeout=LIMIT)
    head = page.locator("header").filter(has=page.get_by_role("heading", level=1))
    expect(head).to_contain_text("task 1 of 3")
    expect(head).to_contain_text("attempt 1")
    expect(head).to_contain_text("worker ")
    expect(head).to_contain_text(re.compile(r"\d+ s"))
    expect(head).to_contain_text(re.compile(r"about .* left"), timeout=LIMIT)
    pill = page.get_by_test_id("connection")
    expect(pill).to_have_text("live")
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    # No jump: what is below the head stays where it is while data arrive.
    tabs = page.get_by_role("tablist")
    before = tabs.bounding_box()
    curve = _drawn(page, "forgetting_curve")
    heights = curve.bounding_box()
    points = int(curve.get_attribute("data-points") or 0)
    expect(curve).not_to_have_attribute("data-points", str(points), timeout=LIMIT)
    assert (tabs.bounding_box(), curve.bounding_box()) == (before, heights)

    # Two tabs of the page, one stream.
    page.get_by_role("tab", name="Log").click()
    lines = page.get_by_role("log", name="Lines")
    expect(lines).to_contain_text("Task 0")
    expect(page.get_by_role("switch", name="Follow")).to_be_checked()
    page.get_by_role("tab", name="Overview").click()
    assert len(streams) == 1, streams

    assert serious_problems(page) == []
    page.get_by_role("button", name="Cancel").click()
    expect(run).to_have_attribute("data-status", "cancelled", timeout=30_000)
    expect(pill).not_to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(run).to_have_attribute("data-status", "running", timeout=LIMIT)
    expect(head).to_contain_text("attempt 2")
    page.get_by_role("button", name="Cancel").click()
    expect(run).to_have_attribute("data-status", "cancelled", timeout=30_000)


def test_archive_can_be_undone_and_an_edit_is_not_lost(page: Page, stack: Stack, trained: str) -> None:
    page.goto(f"/runs/{trained}")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(page.get_by_text("archived", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("archived", exact=True)).not_to_be_visible()

    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("menuitem", name="Name, notes, tags").click()
    page.get_by_role("textbox", name="Notes").fill("Mine")
    httpx.patch(f"{stack.url}/api/runs/{trained}", json={"notes": "Theirs"}).raise_for_status()
    page.get_by_role("button", name="Save").click()
    alert = page.get_by_role("alert").filter(has_text="Someone else saved")
    expect(alert).to_contain_text("Theirs")
    assert httpx.get(f"{stack.url}/api/runs/{trained}").json()["notes"] == "Theirs"
    page.get_by_role("button", name="Save mine over theirs").click()
    expect(alert).not_to_be_visible()
    assert httpx.get(f"{stack.url}/api/runs/{trained}").json()["notes"] == "Mine"
    page.get_by_role("link", name="Clone").click()
    page.wait_for_url(re.compile(r"/new\?from="))


# --- forgetting and capacity --------------------------------------------------------------------------------


def test_curves_are_smoothed_hidden_and_zoomed(page: Page, stack: Stack, trained: str) -> None:
    page.goto(f"/runs/{trained}?tab=forgetting")
    curve = _drawn(page, "forgetting_curve")
    for task in range(TASKS):
        expect(curve).to_contain_text(f"task {task}")
    assert curve.locator(".shapelayer path").count() > TASKS  # boundaries and rounds
    lines = curve.locator(".scatterlayer .trace")
    expect(lines).to_have_count(TASKS)
    page.get_by_role("radiogroup", name="Smoothing").get_by_text("Smooth 5").click()
    expect(lines).to_have_count(2 * TASKS)  # the raw one stays under the smooth one

    page.get_by_role("group", name="Tasks shown").get_by_text("task 1").click()
    expect(lines).to_have_count(2 * (TASKS - 1))
    page.get_by_role("group", name="Tasks shown").get_by_text("task 1").click()
    expect(lines).to_have_count(2 * TASKS)

    for name in ("accuracy_matrix", "forgetting", "average_accuracy", "loss"):
        figure = _drawn(page, name)
        assert figure.locator("p").first.inner_text().endswith("."), name
    assert serious_problems(page) == []


def test_zoom_is_kept_while_data_arrive(page: Page, stack: Stack, long_run: str) -> None:
    page.goto(f"/runs/{long_run}")
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "running", timeout=LIMIT)
    curve = _drawn(page, "forgetting_curve")
    plot = "document.querySelector('[data-testid=\"figure-forgetting_curve\"] .js-plotly-plot')._fullLayout"
    box = curve.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=4)
    page.mouse.up()
    page.wait_for_timeout(600)
    zoomed = page.evaluate(f"[...{plot}.xaxis.range, ...{plot}.yaxis.range]")
    whole = httpx.get(f"{stack.url}/api/figures/forgetting_curve?run={long_run}").json()["layout"]
    assert zoomed[:2] != whole["xaxis"]["range"]
    revision = int(curve.get_attribute("data-revision") or 0)
    expect(curve).to_have_attribute("data-revision", re.compile(rf"^({revision + 2}|{revision + 3})$"))
    assert page.evaluate(f"[...{plot}.xaxis.range, ...{plot}.yaxis.range]") == zoomed


def test_capacity_over_time_and_by_layer(page: Page, stack: Stack, trained: str) -> None:
    page.goto(f"/runs/{trained}?tab=capacity")
    _drawn(page, "capacity")
    flows = _drawn(page, "capacity_flows")
    for state in ("pruned", "reused"):
        expect(flows).to_contain_text(re.compile(state if state == "pruned" else "taken again|re-?used"))
    page.get_by_role("combobox", name="Layer").click()
    page.get_by_role("option", name="fc2.weight").click()
    expect(page.get_by_role("heading", name="Parameters of fc2.weight")).to_be_visible()
    assert "layer=fc2.weight" in page.url
    rows = httpx.get(f"{stack.url}/api/runs/{trained}/layers").json()
    assert sum(row["reused"] for row in rows) > 0
    assert serious_problems(page) == []


def test_every_figure_is_saved_as_png_and_csv(page: Page, stack: Stack, trained: str) -> None:
    matrix = httpx.get(f"{stack.url}/api/runs/{trained}/accuracy").json()["matrix"]
    seen: set[str] = set()
    for tab in ("overview", "capacity"):
        page.goto(f"/runs/{trained}?tab={tab}")
        expect(page.locator("section[data-testid^=figure-]").first).to_be_visible()
        for name in page.locator("section[data-testid^=figure-]").evaluate_all(
            "all => all.map(one => one.dataset.testid.replace('figure-', ''))"
        ):
            if name in seen:
                continue
            seen.add(name)
            figure = _drawn(page, name)
            if tab == "overview":  # each the same way; one picture per figure takes its time
                assert _bytes(_saved(page, figure, "Save as PNG")).startswith(b"\x89PNG\r\n")
            head, *lines = csv.reader(io.StringIO(_bytes(_saved(page, figure, "CSV")).decode()))
            assert lines, name
            columns = [title.partition(" (")[0] for title in head]
            assert columns == ["series", "x", "y", "value"]
            rows = [dict(zip(columns, line, strict=True)) for line in lines]
            if name == "accuracy_matrix":
                values = {(row["y"], row["x"]): float(row["value"]) for row in rows if row["value"]}
                assert values["2", "0"] == pytest.approx(100 * matrix[2][0], abs=1e-3)
    assert seen >= {"forgetting_curve", "accuracy_matrix", "capacity", "mask_heatmap", "loss", "forgetting"}


# --- log, specification, files ------------------------------------------------------------------------------


def test_the_log_is_searched_and_sorted_by_level(page: Page, stack: Stack, trained: str) -> None:
    every = httpx.get(f"{stack.url}/api/runs/{trained}/log?limit=5000").json()["items"]
    page.goto(f"/runs/{trained}?tab=log")
    panel = page.get_by_role("region", name="Log")
    expect(panel).to_contain_text(f"{len(every)} lines")
    wanted = [line for line in every if "task 2" in line["text"].lower()]
    assert 0 < len(wanted) < len(every)
    page.get_by_role("textbox", name="Search the log").fill("Task 2")
    expect(panel).to_contain_text(re.compile(rf"(?<!\d){len(wanted)} lines?"))
    expect(page.get_by_role("log", name="Lines")).to_contain_text("Task 2")
    page.get_by_role("radiogroup", name="Level").get_by_text("Errors").click()
    expect(panel).to_contain_text("No line matches.")
    assert "level=error" in page.url
    assert serious_problems(page) == []


def test_the_specification_is_what_was_asked_for(page: Page, stack: Stack, trained: str) -> None:
    spec = httpx.get(f"{stack.url}/api/runs/{trained}").json()["spec"]
    page.goto(f"/runs/{trained}?tab=spec")
    shown = page.get_by_role("region", name="Specification").locator("pre").inner_text()
    assert yaml.safe_load(shown)["strategy"]["lam"] == spec["strategy"]["lam"]
    environment = page.get_by_role("region", name="Environment")
    expect(environment).to_contain_text("torch")
    expect(environment).to_contain_text("device")
    expect(page.get_by_role("button", name="Copy as Command")).to_be_visible()
    expect(page.get_by_role("button", name="Copy as Python")).to_be_visible()
    assert serious_problems(page) == []


def test_files_are_listed_with_size_and_hash_and_downloaded(page: Page, stack: Stack, trained: str) -> None:
    items = httpx.get(f"{stack.url}/api/runs/{trained}/artifacts").json()["items"]
    item = next(artifact for artifact in items if artifact["kind"] == "checkpoint")
    page.goto(f"/runs/{trained}?tab=files")
    row = page.get_by_role("row").filter(has_text=item["name"])
    expect(row).to_contain_text(item["sha256"][:16])
    expect(row).to_contain_text(re.compile(r"\d+(\.\d)? (k|M)B"))
    with page.expect_download() as state:
        row.get_by_role("link", name=re.compile("State")).click()
    assert sha256(_bytes(state.value)).hexdigest() == item["sha256"]
    with page.expect_download() as tensors:
        row.get_by_role("link", name=re.compile("Tensors")).click()
    assert len(_bytes(state.value)) + len(_bytes(tensors.value)) == item["size"]
    with page.expect_download() as specification:
        page.get_by_role("button", name="Download the specification").click()
    assert yaml.safe_load(_bytes(specification.value))["name"] == NAME
    with page.expect_download() as report:
        page.get_by_role("link", name="Download the HTML report").click()
    text = _bytes(report.value).decode()
    assert "<script>alert(1)</script> \N{BRAIN}" not in text
    assert "&lt;script&gt;alert(1)" in text
    with page.expect_download() as table:
        page.get_by_role("link", name="Download Accuracies as CSV").click()
    assert b"on_task" in _bytes(table.value)
    assert serious_problems(page) == []


def _prune(stack: Stack, *options: str) -> str:
    command = [sys.executable, "-m", "anpyc_cli", "prune", "--data-dir", str(stack.data_dir), *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_what_a_run_takes_is_seen_and_what_was_pruned_too(page: Page, stack: Stack, trained: str) -> None:
    size = re.compile(r"^\d+(\.\d+)? (k|M)B$")
    page.goto("/?columns=name&columns=bytes")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=NAME))
    expect(page.get_by_role("columnheader", name=re.compile("Size"))).to_be_visible()
    expect(row.get_by_role("cell").filter(has_text=size)).to_have_count(1)

    page.goto(f"/runs/{trained}?tab=files")
    took = page.get_by_test_id("size")
    checkpoints = took.get_by_role("row").filter(has_text="Checkpoints")
    expect(checkpoints).to_contain_text(re.compile(r"\d (k|M)B"))
    assert "--yes" in _prune(stack, "--checkpoints", "--run", trained)
    page.reload()
    expect(page.get_by_test_id("pruned")).to_have_count(0)  # it was a preview
    _prune(stack, "--checkpoints", "--run", trained, "--yes")
    page.reload()
    expect(page.get_by_test_id("pruned")).to_contain_text("Checkpoints were taken away by anpyc prune on")
    expect(checkpoints).to_contain_text("Checkpoints0 B")
    assert serious_problems(page) == []

    page.goto("/workers")
    storage = page.get_by_test_id("storage")
    expect(storage.get_by_role("row").filter(has_text="Database in all")).to_contain_text(
        re.compile("(k|M)B")
    )
    largest = page.get_by_test_id("largest").get_by_role("row")
    expect(largest.nth(1).get_by_role("cell").last).to_have_text(size)
    assert serious_problems(page) == []


# --- failure, small and dark, by keyboard -------------------------------------------------------------------


def test_a_failure_says_why_and_what_to_do(page: Page, stack: Stack, failed: str) -> None:
    page.goto(f"/runs/{failed}")
    failure = page.get_by_test_id("failure")
    expect(failure).to_contain_text("loss became")
    expect(failure).to_contain_text("smaller λ or learning rate")
    expect(failure).to_contain_text("is safe and shown below")
    failure.get_by_role("button", name="Show the traceback").click()
    expect(failure.locator("pre")).to_contain_text("Traceback (most recent call last)")
    above = failure.bounding_box()
    below = page.get_by_role("tablist").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] < below["y"]
    # The last checkpoint leads to the same loss again.
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    expect(failure).to_contain_text("Clone opens the form")
    assert serious_problems(page) == []
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("a retry of")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("run")).to_have_attribute(
        "data-status", re.compile("cancelled|failed"), timeout=30_000
    )


def test_a_phone_in_the_dark(narrow: Page, trained: str, failed: str) -> None:
    for path in (f"/runs/{trained}", f"/runs/{failed}", f"/runs/{trained}?tab=files"):
        narrow.goto(path)
        expect(narrow.get_by_role("tablist")).to_be_visible()
        narrow.wait_for_timeout(300)
        wide = narrow.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, f"{path} is {wide} pixels wide."
        assert serious_problems(narrow) == []
    ground = narrow.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in re.findall(r"\d+", ground)[:3]) < 150


def test_tabs_by_keyboard_and_times_in_full(page: Page, trained: str) -> None:
    page.goto(f"/runs/{trained}")
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Forgetting")).to_be_focused()
    assert "tab=forgetting" in page.url
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    moment = page.locator("header time").first
    expect(moment).to_have_text(re.compile("ago|now"))
    expect(moment).to_have_attribute("title", re.compile(r"^\d{1,2} \w{3,4} \d{4}, \d\d:\d\d:\d\d$"))
