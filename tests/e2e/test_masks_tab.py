"""Looking into the masks of a real run, when it has finished and while it trains."""

from __future__ import annotations

import re
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from anpyc.permutations import pixel_order
from anpyc.recording import EpochResult, Evaluation, LayerInfo
from anpyc_server.figures import mask_heatmap
from e2e.axe import serious_problems
from e2e.stack import Stack
from serving import Server, Trainer, queued, spec

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

WHOLE = "drag to zoom, click to pick"
LIMIT = 120_000
"""Milliseconds that a run of these tests may take on a busy machine."""
SPEC: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 3},
    "model": {"kind": "mlp", "hidden": [64, 32]},
    "strategy": {"kind": "anpyc", "initial_prune_percent": 50, "retrain_epochs": 2, "prune_step": 25},
    "training": {"epochs": 40, "batch_size": 64},
}


@pytest.fixture(scope="module")
def finished(stack: Stack) -> str:
    run_id = stack.submit(SPEC | {"name": "To be looked into"})
    stack.wait_until(run_id)
    return run_id


def drawn(page: Page, figure: str = "mask_heatmap") -> Any:
    section = page.get_by_test_id(f"figure-{figure}")
    expect(section).not_to_have_attribute("data-revision", "0")
    return section


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=re.compile(option)).click()


def wanted(page: Page, **parts: str) -> Any:
    """The next answer about the heatmap with these parts in its address."""
    return page.expect_response(
        lambda answer: (
            "/api/figures/mask_" in answer.url
            and all(f"{name}={value}" in answer.url for name, value in parts.items())
        )
    )


def test_pick_zoom_play_switch_and_compare(page: Page, stack: Stack, finished: str) -> None:
    page.goto(f"/runs/{finished}?tab=masks")
    drawn(page)

    # A layer, with its shape and share in the list.
    page.get_by_role("combobox", name="Layer", exact=True).click()
    expect(page.get_by_role("option", name=re.compile(r"fc2\.weight"))).to_contain_text("32 × 64")
    expect(page.get_by_role("option", name=re.compile(r"fc2\.weight"))).to_contain_text("% free")
    with wanted(page, layer="fc2.weight"):
        page.get_by_role("option", name=re.compile(r"fc2\.weight")).click()
    expect(page).to_have_url(re.compile(r"layer=fc2\.weight"))

    # Down to single weights, whose numbers show on hovering: by dragging, then by key and button.
    expect(page.get_by_test_id("figure-mask_heatmap")).to_contain_text("of fc2.weight")
    page.wait_for_load_state("networkidle")
    box = drawn(page).locator(".nsewdrag").bounding_box()
    assert box is not None
    with wanted(page, layer="fc2.weight", rows="", cols=""):
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.6 * box["height"], steps=5)
        page.mouse.up()
    window = page.get_by_test_id("mask-window")
    expect(window).to_have_text(re.compile(r"rows \d+–\d+, columns \d+–\d+"))
    for _ in range(3):
        page.keyboard.press("+")
    rows, columns = re.findall(r"(\d+)–(\d+)", window.inner_text())
    assert int(rows[1]) - int(rows[0]) <= 3
    assert int(columns[1]) - int(columns[0]) <= 3
    page.wait_for_load_state("networkidle")
    told = page.get_by_test_id("figure-mask_heatmap").locator(".hoverlayer")
    for place in range(20):  # a figure drawn again under a mouse at rest shows no label until the mouse moves
        page.mouse.move(
            box["x"] + (0.5 + 0.001 * place) * box["width"], box["y"] + 0.5 * box["height"], steps=4
        )
        page.wait_for_timeout(250)
        if told.text_content():
            break
    expect(told).to_contain_text(re.compile(r"unit \d+, input \d+: (kept|free)"))
    expect(told).to_contain_text(re.compile(r"importance .* of the largest"))
    expect(told).to_contain_text(re.compile(r"weight −?\d"))
    hovered = told.text_content() or ""
    unit, column = map(int, re.findall(r"unit (\d+), input (\d+)", hovered)[0])
    assert int(rows[0]) <= unit <= int(rows[1])
    assert int(columns[0]) <= column <= int(columns[1])
    exact = httpx.get(
        f"{stack.url}/api/runs/{finished}/masks/1/fc2.weight",
        params={"rows": f"{unit}:{unit + 1}", "cols": f"{column}:{column + 1}"},
    ).json()
    assert ("kept" if exact["values"][0][0] else "free") in hovered
    page.get_by_role("button", name="Show the whole layer").click()
    expect(window).to_have_text(WHOLE)

    # Rows in another order keep the numbers of their units.
    with wanted(page, order="cluster"):
        choose(page, "Rows", "clustered")
    expect(page.get_by_test_id("figure-mask_heatmap")).to_contain_text("Rows are clustered")

    # Over tasks and rounds, by key and played.
    step = page.get_by_test_id("mask-step")
    page.locator("body").click(position={"x": 4, "y": 4})
    expect(step).to_have_text("task 1, round 2")  # the last that was pruned
    page.keyboard.press("ArrowRight")
    expect(step).to_have_text("task 2")
    page.keyboard.press("ArrowLeft")
    expect(step).to_have_text("task 1, round 2")
    page.keyboard.press(",")
    expect(step).to_have_text("task 1, round 1")
    page.keyboard.press("ArrowLeft")
    expect(step).to_have_text("task 0, round 2")
    page.get_by_role("button", name="Play over tasks and rounds").click()
    expect(step).to_have_text("task 2")
    expect(page.get_by_role("button", name="Play over tasks and rounds")).to_be_visible()

    # Owners, then what changed between two tasks.
    with wanted(page, of="owner"):
        page.get_by_text("Owner", exact=True).click()
    expect(page.get_by_test_id("figure-mask_heatmap")).to_contain_text(re.compile(r"Task \d owns .* of fc2"))
    with wanted(page, before="1"):
        page.get_by_text("Difference", exact=True).click()
    choose(page, "Against", "task 0")
    difference = drawn(page, "mask_difference")
    totals = httpx.get(
        f"{stack.url}/api/runs/{finished}/masks/2/fc2.weight/difference", params={"before": 0}
    ).json()["totals"]
    expect(difference).to_contain_text(f"took {totals['taken']:,} that were free")
    match = re.search(r"; ([\d,]+) that earlier .* ([\d,]+) stayed with their owner", difference.inner_text())
    assert match
    claimed, stayed = (int(number.replace(",", "")) for number in match.groups())
    assert claimed + stayed == totals["kept"]


def test_units_in_the_original_order_and_the_pixels_that_a_task_claims(
    page: Page, stack: Stack, finished: str
) -> None:
    """The canvas shows at each pixel what the API says of the input that stood there."""
    page.goto(f"/runs/{finished}?tab=masks&layer=fc1.weight&task=1&of=owner")
    units = page.get_by_test_id("units")
    expect(units).to_contain_text("The permutation of task 1 is undone")
    expect(units.get_by_role("img", name="Unit 0", exact=True)).to_be_visible()
    owner = httpx.get(
        f"{stack.url}/api/runs/{finished}/masks/1/fc1.weight", params={"of": "owner", "size": 1_024}
    ).json()["values"]
    claims = np.array(owner) == 1
    unit = int(np.argmax((claims.mean(axis=1) > 0.2) & (claims.mean(axis=1) < 0.8)))
    colours = units.get_by_role("img", name=f"Unit {unit}", exact=True).evaluate(
        """canvas => Array.from(canvas.getContext("2d").getImageData(0, 0, 8, 8).data)"""
    )
    reds = np.array(colours).reshape(64, 4)[:, 0]
    # Of the light palette: 11 is claimed, 226 is not. Input i showed pixel order[i].
    assert np.array_equal(reds[list(pixel_order(64, 1))] < 100, claims[unit])
    assert not np.array_equal(reds < 100, claims[unit]), "the order makes a difference"
    expect(units.get_by_role("img", name="Pixels that task 1 claims")).to_be_visible()


def test_a_large_layer_is_painted_from_bytes(
    shelf: Server, shelf_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_heatmap, "MOST_TOLD", 100)  # so that this small layer counts as large
    trainer = Trainer(shelf.database, queued(shelf.database, spec(name="Painted"))).train(2)
    run_id, page = trainer.claim.run_id, shelf_page
    with wanted(page, layer="fc1.weight") as answer:
        page.goto(f"/runs/{run_id}?tab=masks&layer=fc1.weight")
    assert answer.value.headers["content-type"] == "application/octet-stream"
    section = drawn(page)
    expect(section).to_have_attribute("data-points", str(32 * 64))
    canvas, drag = section.locator("canvas"), section.locator(".nsewdrag").first
    expect(canvas).to_be_visible()

    expect(section).to_contain_text("taken again")

    # It lies where the axes are, and each of its cells has the colour of what is stored there.
    kept = np.array(shelf.get(f"/api/runs/{run_id}/masks/1/fc1.weight")["values"])
    assert painted_like(canvas, kept)
    frame, box = canvas.bounding_box(), drag.bounding_box()
    assert frame is not None
    assert box is not None
    assert all(abs(frame[side] - box[side]) <= 1 for side in ("x", "y", "width", "height"))

    # Hovering says what lies there.
    page.mouse.move(box["x"] + 10.5 / 64 * box["width"], box["y"] + 3.5 / 32 * box["height"])
    state = r"(kept|taken again)" if kept[3][10] else r"(free|pruned now)"
    expect(page.get_by_test_id("reading")).to_have_text(re.compile(rf"unit 3, input 10: {state}"))
    page.mouse.move(5, 5)
    expect(page.get_by_test_id("reading")).to_have_count(0)

    # Dragging looks closer; so few that each is told about are plotly's, with nothing of the canvas left.
    with wanted(page, rows="", cols=""):
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
        page.mouse.up()
    first, end = map(
        int, re.findall(r"columns (\d+)–(\d+)", page.get_by_test_id("mask-window").inner_text())[0]
    )
    top, bottom = map(
        int, re.findall(r"rows (\d+)–(\d+)", page.get_by_test_id("mask-window").inner_text())[0]
    )
    part = kept[top : bottom + 1, first : end + 1]
    expect(section).to_have_attribute("data-points", str(part.size))
    assert painted_like(canvas, part)
    for _ in range(2):
        page.keyboard.press("+")
    expect(canvas).to_be_hidden()
    assert serious_problems(page) == []


@pytest.fixture
def alike(shelf: Server) -> tuple[Trainer, Trainer]:
    """Two seeds of one network, four of their five tasks pruned."""
    runs = [
        Trainer(shelf.database, queued(shelf.database, spec(name=f"Seed {seed}", seed=seed)), seed=seed)
        for seed in (1, 2)
    ]
    for run in runs:
        run.train(4)
        run.rounds = 0
        run.train(1)
        run.finish()
    return runs[0], runs[1]


def test_tasks_alone_and_in_pairs_and_a_link_that_opens_the_same_view(
    shelf_page: Page, alike: tuple[Trainer, Trainer]
) -> None:
    page, run = shelf_page, alike[0]
    page.goto(f"/runs/{run.claim.run_id}?tab=masks")
    step = page.get_by_test_id("mask-step")
    expect(step).to_have_text("task 3, round 2")
    page.get_by_text("Tasks", exact=True).click()
    owner = run.snapshots[3, 2, "fc1.weight"].owner
    alone = drawn(page, "mask_tasks")
    expect(alone).to_contain_text(f"Task 3 claimed {int((owner == 3).sum()):,} of 2,048 weights")
    choose(page, "Task 3 beside", "task 1")
    expect(alone).to_contain_text(re.compile(r"tasks 3 and 1 both claimed \d+ .*task 3 alone .*task 1 alone"))
    page.get_by_text("kept", exact=True).click()
    one, two = (run.snapshots[task, 2, "fc1.weight"].mask for task in (3, 1))
    expect(alone).to_contain_text(f"tasks 3 and 1 both kept {int((one & two).sum()):,}")

    # Zoom, move and pick by keys; all of it stands in the address.
    page.locator("body").click(position={"x": 4, "y": 4})
    page.keyboard.press("+")
    expect(page.get_by_test_id("mask-window")).to_have_text("rows 8–23, columns 16–47")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_test_id("mask-window")).to_have_text("rows 8–23, columns 32–63")
    page.keyboard.press("m")
    expect(page.get_by_test_id("picked-weight")).to_contain_text(
        re.compile(r"unit 15, input 47: .*importance")
    )
    page.wait_for_url(re.compile(r"cell="))
    expect(page).to_have_url(re.compile(r"has=kept.*other=1|other=1.*has=kept"))
    link, sentence = page.url, alone.locator("p").first.inner_text()

    # The same view from the link, and back step by step: what is moved in one go is one step.
    page.goto("/")
    page.goto(link)
    expect(page.get_by_test_id("mask-window")).to_have_text("rows 8–23, columns 32–63")
    expect(page.get_by_test_id("picked-weight")).to_contain_text("unit 15, input 47")
    expect(drawn(page, "mask_tasks")).to_contain_text(sentence)
    before = page.evaluate("history.length")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.get_by_test_id("mask-window")).to_contain_text("columns 0–31")
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    expect(page.get_by_test_id("mask-window")).to_have_text("rows 8–23, columns 32–63")

    # A click picks what lies under it.
    box = drawn(page, "mask_tasks").locator(".nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 2.5 / 32 * box["width"], box["y"] + 1.5 / 16 * box["height"])
    expect(page.get_by_test_id("picked-weight")).to_contain_text("unit 9, input 34")
    assert serious_problems(page) == []


def test_two_runs_side_by_side(shelf: Server, shelf_page: Page, alike: tuple[Trainer, Trainer]) -> None:
    page, (one, two) = shelf_page, alike
    page.goto(f"/runs/{one.claim.run_id}?tab=masks&layer=fc2.weight&rows=0:8")
    page.get_by_role("combobox", name="Beside another run").fill("Seed 2")
    page.get_by_role("option", name=re.compile("Seed 2")).first.click()
    pair = page.get_by_test_id("side-by-side")
    expect(pair.get_by_test_id("figure-mask_heatmap")).to_have_count(2)
    expect(pair.get_by_test_id("mask-window")).to_have_text(["rows 0–7, columns all"] * 2)
    masks = [run.snapshots[3, 2, "fc2.weight"].mask for run in (one, two)]
    both = int((masks[0] & masks[1]).sum())
    expect(drawn(page, "mask_runs")).to_contain_text(f"both keep {both:,} of 512 weights of fc2.weight")
    row = page.get_by_test_id("masks-in-numbers").get_by_role("row", name=re.compile(r"fc2\.weight"))
    expect(row).to_contain_text(f"{100 * both / 512:.1f} %")
    page.get_by_role("button", name="Zoom in").last.click()
    expect(pair.get_by_test_id("mask-window").first).to_have_text("rows 2–5, columns 8–23")
    expect(pair.get_by_test_id("mask-window").last).to_have_text("rows 2–5, columns 8–23")
    assert serious_problems(page) == []

    wider = (LayerInfo("fc1.weight", (64, 64)), LayerInfo("fc2.weight", (16, 64)))
    other = Trainer(shelf.database, queued(shelf.database, spec(name="Wider")), layers=wider).train(1)
    page.goto(f"/runs/{one.claim.run_id}?tab=masks&beside={other.claim.run_id}")
    expect(page.get_by_text("These masks cannot stand side by side")).to_be_visible()
    expect(page.get_by_text("fc1.weight is 32 × 64 in the one and 64 × 64 in the other")).to_be_visible()


def test_the_first_cards_say_something_before_anything_is_pruned(shelf: Server, shelf_page: Page) -> None:
    page = shelf_page
    trainer = Trainer(shelf.database, queued(shelf.database, spec(name="Begun", training={"epochs": 20})))
    epoch = EpochResult(3, 0, 0, 3, 0.5, 0, 1e-3, 1, 0.02)
    trainer.write(epochs=[epoch], evaluations=[Evaluation(3, 0, 0, {0: 0.912}, end_of_task=False)])
    page.goto(f"/runs/{trainer.claim.run_id}")
    expect(page.get_by_test_id("figure-accuracy_matrix")).to_contain_text("Task 0 stands at 91.2 % so far")
    expect(page.get_by_test_id("figure-capacity")).to_contain_text("Pruning begins after epoch 20")
    expect(page.get_by_test_id("figure-next_round")).to_contain_text("the first pruning round frees")
    for figure in ("accuracy_matrix", "capacity", "next_round", "forgetting_curve"):
        expect(page.get_by_test_id(f"figure-{figure}")).to_have_attribute("data-empty", "false")
    page.get_by_role("tab", name="Masks").click()
    expect(drawn(page, "next_round")).to_contain_text("Loss 0.5, task 0 at 91.2 %")
    assert serious_problems(page) == []


def painted_like(canvas: Locator, kept: Any) -> bool:
    """Whether what is kept and what is free have colours of their own, in a canvas of so many cells."""
    rows, columns = kept.shape
    colors = canvas.evaluate(
        """(canvas, [rows, columns]) => {
          const context = canvas.getContext("2d");
          const at = (place, cells, pixels) => Math.floor(((place + 0.5) / cells) * pixels);
          const color = (row, column) => context.getImageData(
            at(column, columns, canvas.width), at(row, rows, canvas.height), 1, 1).data.join();
          const places = (many) => Array.from({ length: many }, (_, place) => place);
          return places(rows).map((row) => places(columns).map((column) => color(row, column)));
        }""",
        [rows, columns],
    )
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for row, line in zip(kept.astype(bool).tolist(), colors, strict=True):
        for state, color in zip(row, line, strict=True):
            seen[state].add(color)
    # Kept or taken again; free or pruned now.
    return all(1 <= len(colors) <= 2 for colors in seen.values()) and not seen[True] & seen[False]


def test_a_live_run_is_followed_and_can_be_looked_into(page: Page, stack: Stack) -> None:
    changes = {
        "name": "Looked into while it trains",
        "benchmark": {
            "kind": "permuted",
            "tasks": 24,
        },  # more than are waited for: it is cancelled in the end
        "training": SPEC["training"] | {"epochs": 30, "batch_size": 16},
    }
    live = stack.submit(SPEC | changes)
    page.goto(f"/runs/{live}?tab=masks&layer=fc2.weight")
    expect(page.get_by_text("No mask is stored yet")).to_be_visible()
    step = page.get_by_test_id("mask-step")
    expect(step).to_be_visible(timeout=LIMIT)
    drawn(page)
    page.keyboard.press("+")
    expect(page.get_by_test_id("mask-window")).to_contain_text("rows 8–23")
    # The newest step is followed, and the zoom stays.
    for _ in range(3):
        expect(step).not_to_have_text(step.inner_text(), timeout=LIMIT)
    expect(page.get_by_test_id("mask-window")).to_contain_text("rows 8–23")
    # Owners and differences while the run goes on.
    expect(step).to_contain_text(re.compile(r"task [1-9]"), timeout=LIMIT)
    with wanted(page, of="owner"):
        page.get_by_text("Owner", exact=True).click()
    page.get_by_text("Difference", exact=True).click()
    drawn(page, "mask_difference")
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "running")
    httpx.post(f"{stack.url}/api/runs/{live}/cancel").raise_for_status()
    expect(page.get_by_test_id("run")).to_have_attribute("data-status", "cancelled", timeout=LIMIT)
    expect(step).to_be_visible()


def test_a_strategy_without_masks_says_so_and_shows_its_importance(page: Page, stack: Stack) -> None:
    short = {"epochs": 2, "batch_size": 64}
    ewc, plain = (
        stack.submit(SPEC | {"name": f"Just {kind}", "strategy": {"kind": kind}, "training": short})
        for kind in ("ewc", "finetune")
    )
    stack.wait_until(ewc)
    page.goto(f"/runs/{ewc}?tab=masks")
    expect(page.get_by_text("ewc keeps no masks; its importance is stored")).to_be_visible()
    expect(drawn(page)).to_contain_text("the largest importance is")
    expect(page.get_by_role("radio", name="Mask", exact=True)).to_be_disabled()
    stack.wait_until(plain)
    page.goto(f"/runs/{plain}?tab=masks")
    expect(page.get_by_text("No mask is stored: finetune keeps none.")).to_be_visible()
