"""The form in a real browser: every way of filling it, and what comes of it in a real run."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.axe import serious_problems
from e2e.conftest import opened
from e2e.stack import TRAINING_LIMIT, Stack
from serving import Server, queued, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def field(page: Page, path: str) -> Any:
    """The input of a field, unfolded where it stands among the settings for experts."""
    box = page.get_by_test_id(f"field-{path}")
    if not box.is_visible():
        for more in page.get_by_role("button", name=re.compile("more setting")).all():
            if more.get_attribute("aria-expanded") != "true":
                more.click()
    return box


def choose(page: Page, part: str, name: str) -> None:
    """Another kind of a part, from its list."""
    page.get_by_role("combobox", name=part, exact=True).click()
    page.get_by_role("option", name=re.compile(f"^{name}")).first.click()


def test_fields_come_with_the_strategy(shelf_page: Page) -> None:
    page = shelf_page
    page.goto("/new")
    expect(page.get_by_test_id("field-strategy.lam")).to_have_value("10")
    expect(page.get_by_test_id("field-strategy.prune_decay")).to_be_visible()
    field(page, "strategy.lam").fill("7")
    choose(page, "Strategy", "LwF")
    expect(page.get_by_test_id("field-strategy.temperature")).to_be_visible()
    expect(page.get_by_test_id("field-strategy.prune_decay")).to_have_count(0)
    choose(page, "Strategy", "ANPyC")
    expect(page.get_by_test_id("field-strategy.lam")).to_have_value("7")


def test_the_published_form_is_one_click_away(shelf_page: Page) -> None:
    page = shelf_page
    page.goto("/new")
    offered = page.get_by_role("group", name="Settings of ANPyC")
    default, published = (offered.get_by_role("button", name=name) for name in ("default", "as published"))
    expect(default).to_have_attribute("aria-pressed", "true")
    published.click()
    expect(published).to_have_attribute("aria-pressed", "true")
    expect(default).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_test_id("field-strategy.lam")).to_have_value("3")
    page.get_by_text("YAML", exact=True).click()
    for line in ("lam: 3", "pruned_by: entropy", "recall: all", "exact_share: false"):
        expect(page.get_by_test_id("yaml")).to_have_value(re.compile(line))
    page.get_by_text("Form", exact=True).click()
    default.click()
    expect(page.get_by_test_id("field-strategy.lam")).to_have_value("10")
    choose(page, "Strategy", "EWC")
    expect(offered).to_have_count(0)


def test_a_preset_fills_the_form_and_yaml_keeps_in_step(shelf_page: Page) -> None:
    page = shelf_page
    page.goto("/new")
    page.get_by_role("combobox", name="Preset").fill("demo-ewc")
    page.get_by_role("option", name=re.compile("^demo-ewc")).click()
    expect(page).to_have_url(re.compile("preset=demo-ewc"))
    expect(page.get_by_test_id("story")).to_contain_text("EWC learns 5 permuted tasks of Digits")
    field(page, "training.epochs").fill("9")
    page.get_by_text("YAML", exact=True).click()
    yaml = page.get_by_test_id("yaml")
    expect(yaml).to_have_value(re.compile("epochs: 9"))
    yaml.fill(yaml.input_value().replace("epochs: 9", "epochs: [4, 8]").replace("tasks: 5", "tasks: 3"))
    expect(page.get_by_test_id("sweep")).to_contain_text("2 runs")
    yaml.fill(yaml.input_value() + "\nwrong: 1")
    expect(page.get_by_text("There is no field called wrong.").first).to_be_visible()
    expect(page.get_by_role("button", name="Start 2 runs")).to_be_disabled()
    yaml.fill(yaml.input_value().replace("\nwrong: 1", ""))
    page.get_by_text("Form", exact=True).click()
    expect(field(page, "training.epochs")).to_have_value("4, 8")
    expect(field(page, "benchmark.tasks")).to_have_value("3")


def test_a_clone_marks_what_is_changed(shelf_page: Page, shelf: Server) -> None:
    page = shelf_page
    source = queued(shelf.database, spec(name="The original", seed=4))
    page.goto(f"/runs/{source}")
    page.get_by_role("link", name="Clone").click()
    expect(page.get_by_text("From “The original”")).to_be_visible()
    expect(field(page, "seed")).to_have_value("4")
    mark = page.get_by_title("Differs from the run it is copied from")
    expect(mark).to_have_count(0)
    field(page, "seed").fill("5")
    expect(mark).to_have_count(1)
    expect(page.locator("label", has=mark)).to_contain_text("Seed")


def test_estimates_stand_before_sending_and_hold(page: Page, stack: Stack) -> None:
    page.goto("/new")
    field(page, "name").fill("Sized beforehand")
    field(page, "benchmark.tasks").fill("2")
    field(page, "training.epochs").fill("3")
    expect(page.get_by_test_id("story")).to_contain_text("16 epochs, 10 of them retraining after pruning")
    story = page.get_by_test_id("story").inner_text()
    parameters, heads = map(_number, re.findall(r"([\d,]+)(?= param| of them in the heads)", story))
    (promised,) = (_bytes(*size) for size in re.findall(r"([\d.]+) (kB|MB)", story))
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/runs/[0-9A-Z]+"))
    run_id = page.url.rsplit("/", 1)[-1].split("?")[0]
    run = stack.wait_until(run_id)
    layers = httpx.get(f"{stack.url}/api/runs/{run_id}/layers").json()
    assert (
        sum(layer["total"] for layer in layers if (layer["task"], layer["round"]) == (0, 1))
        == parameters - heads
    )
    files = httpx.get(f"{stack.url}/api/runs/{run_id}/artifacts").json()["items"]
    stored = sum(file["size"] for file in files)
    assert promised / 2 < stored < promised  # the rest is masks and curves
    assert run["status"] == "succeeded"
    # The next one like it is judged by this one's pace.
    page.goto(f"/new?from={run_id}")
    expect(page.get_by_test_id("story")).to_contain_text("at the pace of “Sized beforehand”")


def test_lists_become_a_sweep_sent_once(page: Page, stack: Stack) -> None:
    sent: list[str | None] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.headers.get("idempotency-key"))
            if request.method == "POST" and request.url.endswith("/api/sweeps")
            else None
        ),
    )
    page.goto("/new")
    field(page, "name").fill("Swept")
    field(page, "benchmark.tasks").fill("2")
    field(page, "training.epochs").fill("1")
    field(page, "strategy.retrain_epochs").fill("0")
    field(page, "strategy.lam").fill("1, 3")
    field(page, "seed").fill("0..1")
    expect(page.get_by_test_id("sweep")).to_contain_text("4 runs: strategy.lam 1, 3 × 2 seeds.")
    page.get_by_role("button", name="Start 4 runs").dblclick()
    expect(page.get_by_test_id("group")).to_contain_text("4 runs of 2 settings that differ in")
    assert len(sent) == 1
    assert sent[0]
    group = page.url.rsplit("group=", 1)[-1]
    assert httpx.get(f"{stack.url}/api/runs", params={"group": group}).json()["total"] == 4
    rows = page.get_by_test_id("run-row").get_by_test_id("status")
    expect(rows.filter(has_text="succeeded")).to_have_count(4, timeout=TRAINING_LIMIT * 1000)
    page.get_by_role("link", name="Compare 2 settings").click()
    expect(page.get_by_test_id("comparison").locator("thead th")).to_have_count(3)
    expect(page.get_by_test_id("comparison")).to_contain_text("±")
    figure = page.get_by_test_id("figure-parallel_coordinates")
    figure.scroll_into_view_if_needed()
    expect(figure).to_contain_text("λ")


def test_the_same_as_command_and_as_python(shelf_page: Page, shelf: Server) -> None:
    page = shelf_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/new")
    name = "it's <b>bold</b> $HOME"
    field(page, "name").fill(name)
    field(page, "strategy.lam").fill("2, 4")
    page.get_by_role("button", name="Copy as Command").click()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command.startswith("for strategy_lam in 2 4; do\nanpyc train")
    assert "--set 'name=it'\\''s <b>bold</b> $HOME'" in command
    page.get_by_role("button", name="Copy as Python").click()
    program = page.evaluate("navigator.clipboard.readText()")
    before = shelf.get("/api/runs")["total"]
    exec(program, {})  # what a researcher would paste into a notebook  # noqa: S102
    assert shelf.get("/api/runs")["total"] == before + 2
    assert shelf.get("/api/runs", limit=1)["items"][0]["name"].startswith(name)


def test_no_worker_is_said_before_sending(shelf_page: Page) -> None:
    shelf_page.goto("/new")
    expect(shelf_page.get_by_label("Summary")).to_contain_text("No worker is online.")


def test_errors_stand_at_their_field(shelf_page: Page, shelf: Server) -> None:
    page = shelf_page
    before = shelf.get("/api/runs")["total"]
    page.goto("/new")
    field(page, "strategy.lam").fill("many")
    field(page, "training.epochs").fill("0")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("problems")).to_contain_text("2 fields need attention")
    expect(page.get_by_test_id("field-strategy.lam")).to_be_focused()
    expect(page.get_by_test_id("field-strategy.lam")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Must be at least 1.").first).to_be_visible()
    page.get_by_role("button", name="training.epochs: Must be").click()
    expect(page.get_by_test_id("field-training.epochs")).to_be_focused()
    field(page, "strategy.lam").fill("1")
    field(page, "training.epochs").fill("1")
    expect(page.get_by_test_id("problems")).to_have_count(0)
    choose(page, "Data set", "MNIST")  # not on this server, and no download asked for
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("problems")).to_contain_text("MNIST is not in")
    assert shelf.get("/api/runs")["total"] == before


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark"), (3840, "light")])
def test_axe_finds_nothing_serious(browser: Browser, shelf: Server, width: int, scheme: str) -> None:
    with opened(browser, str(shelf.http.base_url), width, color_scheme=scheme) as page:
        page.goto("/new")
        field(page, "strategy.lam").fill("-1")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_test_id("problems")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert serious_problems(page) == []


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _bytes(number: str, unit: str) -> float:
    return float(number) * {"kB": 1e3, "MB": 1e6}[unit]
