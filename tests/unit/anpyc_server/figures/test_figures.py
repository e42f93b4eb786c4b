"""What figures show, checked against the rows they are drawn from."""

from __future__ import annotations

import csv
import io
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from anpyc.recording import TESTED_BETWEEN_TASKS, Evaluation, MaskSnapshot, Plan
from anpyc.spec import RunSpec
from anpyc_queue.recording import Batch, write
from anpyc_queue.tables import Run
from anpyc_server.figures import canvas, capacity_left, palette
from anpyc_server.figures.declaration import ComparisonFigure
from anpyc_server.figures.forgetting_curve import moving_average
from anpyc_server.figures.registry import FIGURES
from serving import ROUNDS, Server, Trainer, claimed, queued, spec

ALL = sorted(FIGURES)


def _figure(server: Server, name: str, *runs: Trainer, **params: Any) -> Any:
    return server.get(f"/api/figures/{name}", run=[run.claim.run_id for run in runs], **params)


def _trace(figure: Any, name: str) -> Any:
    (match,) = [trace for trace in figure["data"] if trace.get("name") == name]
    return match


# --- all of them --------------------------------------------------------------------------------------------


def test_every_figure_is_listed_with_its_parameters(library: Server) -> None:
    listed = {item["name"]: item for item in library.get("/api/figures")["items"]}
    assert sorted(listed) == ALL
    assert listed["mask_heatmap"]["params"] == [
        "layer", "task", "round", "of", "rows", "cols", "size", "order", "layout",
    ]  # fmt: skip
    assert listed["compare_curves"]["compares"] is True
    assert listed["forgetting_curve"]["compares"] is False


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ALL)
def test_every_figure_speaks_and_stays_small(
    library: Server, finished: Trainer, half_way: Trainer, name: str, theme: str
) -> None:
    runs = (finished, half_way) if isinstance(FIGURES[name], ComparisonFigure) else (finished,)
    figure = _figure(library, name, *runs, theme=theme)
    meta = figure["layout"]["meta"]
    assert meta["empty"] is False
    assert meta["title"]
    assert re.fullmatch(r"[A-Z0-9].*\.", meta["sentence"]), meta["sentence"]
    assert not re.search(r"\d{5}|nan|None|e-\d\d\d", meta["sentence"]), meta["sentence"]
    assert "template" not in figure["layout"]
    assert figure["layout"]["uirevision"] == "anpyc"
    assert figure["data"]


@pytest.mark.parametrize("name", ALL)
def test_a_figure_without_data_says_why(server: Server, name: str) -> None:
    run_id = queued(server.database)
    figure = server.get(f"/api/figures/{name}", run=run_id)
    assert figure["layout"]["meta"]["empty"] is True
    assert figure["layout"]["meta"]["sentence"].endswith(".")
    assert figure["data"] == []


@pytest.mark.parametrize(
    "name", ["capacity", "capacity_flows", "capacity_left", "mask_heatmap", "overlap", "unit_images"]
)
def test_a_strategy_that_frees_nothing_says_so(library: Server, unpruned: Trainer, name: str) -> None:
    meta = _figure(library, name, unpruned)["layout"]["meta"]
    assert meta["empty"] is True
    assert "finetune" in meta["sentence"]


def test_an_unknown_figure_or_a_second_run_is_refused(
    library: Server, finished: Trainer, half_way: Trainer
) -> None:
    missing = library.http.get("/api/figures/pie", params={"run": finished.claim.run_id})
    assert missing.status_code == 404
    assert "forgetting_curve" in missing.json()["error"]["message"]
    both = [finished.claim.run_id, half_way.claim.run_id]
    refused = library.http.get("/api/figures/loss", params={"run": both})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "run")
    assert library.http.get("/api/figures/loss").status_code == 422


def test_names_are_shown_as_text(server: Server) -> None:
    name = "<b>bold</b> <script>alert(1)</script> 🧠"
    first, second = (
        Trainer(server.database, queued(server.database, spec(name=name, seed=s)), tasks=2) for s in (0, 1)
    )
    first.train().finish()
    second.train().finish()
    for figure in ("compare_average_accuracy", "compare_curves", "parallel_coordinates"):
        content = _figure(server, figure, first, second)
        shown = [trace["name"] for trace in content["data"] if trace.get("showlegend", True)]
        assert all("<" not in words and "&lt;b&gt;bold" in words for words in shown)
    assert canvas.text("x" * 200) == "x" * 39 + "…"


# --- one by one ---------------------------------------------------------------------------------------------


def test_the_forgetting_curve_has_a_line_per_task(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "forgetting_curve", finished)
    curve = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["curve"]
    assert [trace["name"] for trace in figure["data"]] == [f"task {task}" for task in range(5)]
    for task in range(5):
        trace = _trace(figure, f"task {task}")
        expected = [(p["step"], 100 * p["accuracy"][str(task)]) for p in curve if str(task) in p["accuracy"]]
        assert trace["x"] == [step for step, _ in expected]
        assert trace["y"] == pytest.approx([value for _, value in expected], abs=1e-3)


def test_tasks_are_called_by_their_titles_where_one_points_at_them(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database), tasks=2)
    titles = ("classes 10, 11", "classes <b>cat</b>, %{y}")
    plan = Plan(tasks=2, steps=trainer.steps, task_titles=titles, layers=(), environment={})
    trainer.write(plan=plan)
    trainer.train()
    written = [" (classes 10, 11)", " (classes &lt;b&gt;cat&lt;/b&gt;, %{y})"]
    matrix = _figure(server, "accuracy_matrix", trainer)["data"][0]
    assert matrix["text"] == [written, written]
    assert "on task %{x}%{text}: " in matrix["hovertemplate"]
    lines = _figure(server, "forgetting_curve", trainer)["data"]
    assert [line["text"] for line in lines] == written
    assert all("%{text}" in line["hovertemplate"] for line in lines)
    report = server.http.get(f"/api/runs/{trainer.claim.run_id}/export", params={"format": "html"}).text
    assert "<tr><td>task 1</td><td>classes &lt;b&gt;cat&lt;/b&gt;, %{y}</td></tr>" in report
    table = server.http.get(
        f"/api/runs/{trainer.claim.run_id}/export", params={"format": "csv", "table": "tasks"}
    ).text
    assert [row["title"] for row in csv.DictReader(io.StringIO(table))] == list(titles)


def test_the_curve_says_on_which_images_it_was_measured(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database), tasks=2)
    between = {TESTED_BETWEEN_TASKS: "the first 1,000 of each task's 10,000 test images"}
    trainer.write(plan=Plan(2, trainer.steps, ("a", "b"), layers=(), environment=between))
    trainer.train()
    told = (
        "Between the ends of tasks accuracy was measured on the first 1,000 of each task's 10,000 test images"
    )
    assert f"{told}." in _figure(server, "forgetting_curve", trainer)["layout"]["meta"]["sentence"]


def test_a_line_begins_with_its_task(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database), tasks=3)
    trainer.write(evaluations=[Evaluation(0, 0, 0, {0: 0.1, 1: 0.1, 2: 0.1}, end_of_task=False)])
    early = _figure(server, "forgetting_curve", trainer)
    assert early["layout"]["yaxis"]["title"]["text"] == "accuracy · axis starts at 0"
    trainer.train(2)
    figure = _figure(server, "forgetting_curve", trainer)
    assert [trace["name"] for trace in figure["data"]] == ["task 0", "task 1"]
    assert (_trace(figure, "task 0")["x"][0], _trace(figure, "task 1")["x"][0]) == (0, 7)
    single = server.get("/api/figures/compare_curves", run=trainer.claim.run_id, task=1)
    assert single["data"][0]["x"][0] == 7


def test_the_forgetting_curve_marks_tasks_and_rounds(library: Server, finished: Trainer) -> None:
    layout = _figure(library, "forgetting_curve", finished)["layout"]
    tall = [shape["x0"] for shape in layout["shapes"] if shape["y1"] == 1]
    short = [shape["x0"] for shape in layout["shapes"] if shape["y1"] < 0.1]
    assert tall == [6, 12, 18, 24]
    assert len(short) == 5 * ROUNDS
    assert short[:2] == [4, 5]
    names = [note["text"] for note in layout["annotations"] if note.get("yref") == "paper"]
    assert names == [f"task {task}" for task in range(5)]
    ends = [note["text"] for note in layout["annotations"] if note.get("xref") == "paper"]
    assert sorted(ends) == [f"task {task}" for task in range(5)]
    assert layout["showlegend"] is False


def test_a_running_figure_keeps_its_axis(library: Server, half_way: Trainer) -> None:
    layout = _figure(library, "forgetting_curve", half_way)["layout"]
    assert layout["xaxis"]["range"] == [0, half_way.steps]


def test_the_accuracy_axis_says_where_it_starts(library: Server, finished: Trainer) -> None:
    axis = _figure(library, "forgetting_curve", finished)["layout"]["yaxis"]
    assert axis["title"]["text"] == "accuracy · axis starts at 80 %"
    assert axis["range"][0] == 80
    assert canvas.percent_axis(palette.THEMES["light"], "accuracy", 0.12)["title"]["text"].endswith(
        "starts at 0"
    )


def test_the_forgetting_curve_names_who_lost_most(library: Server, finished: Trainer) -> None:
    sentence = _figure(library, "forgetting_curve", finished)["layout"]["meta"]["sentence"]
    assert sentence == (
        "Task 0 has lost most: 96.8 % when learnt, 87.6 % after task 4, 9.2 points less. "
        "Below 80 %, where the axis starts, tasks stand only while they are learnt."
    )


def test_smoothing_lies_over_the_raw_curve(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "forgetting_curve", finished, smooth=3)
    raw, smooth = [trace for trace in figure["data"] if trace["name"] == "task 4"]
    assert raw["hoverinfo"] == "skip"
    assert smooth["y"][2] == pytest.approx(np.mean(raw["y"][:3]))
    assert smooth["y"][0] == pytest.approx(raw["y"][0])


def test_the_matrix_fills_row_by_row(library: Server, half_way: Trainer) -> None:
    figure = _figure(library, "accuracy_matrix", half_way)
    heatmap, written = figure["data"]
    assert len(heatmap["z"]) == 5
    assert heatmap["z"][1][:2] == pytest.approx([93.5952, 96.7952])
    assert heatmap["z"][2] == [None] * 5
    assert written["text"][-2:] == ["93.6", "96.8"]
    assert (written["x"][-2:], written["y"][-2:]) == ([0, 1], [1, 1])
    assert heatmap["customdata"][1][0] == " (−3.2 points since learnt)"
    assert figure["layout"]["meta"]["sentence"].startswith("After 2 of 5 tasks: 95.2 % on average.")


def test_capacity_adds_up_and_matches_the_rows(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "capacity", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    states = ["consolidated, kept", "consolidated, taken again", "free, pruned now", "free, from before"]
    kept, taken, pruned, free = (_trace(figure, state)["y"] for state in states)
    assert [sum(parts) for parts in zip(kept, taken, pruned, free, strict=True)] == pytest.approx(
        [100] * len(free)
    )
    moments = sorted({(row["task"], row["round"]) for row in rows})
    for place, moment in enumerate(moments):
        own = [row for row in rows if (row["task"], row["round"]) == moment]
        total = sum(row["total"] for row in own)
        for shown, told in ((taken, "reused"), (pruned, "pruned")):
            assert shown[place] == pytest.approx(100 * sum(row[told] for row in own) / total)
        assert kept[place] + taken[place] == pytest.approx(
            100 * sum(row["consolidated"] for row in own) / total
        )
    assert any(taken), "the run takes parameters again"
    last = [row for row in rows if (row["task"], row["round"]) == (4, ROUNDS)]
    total = sum(row["total"] for row in last)
    assert f"({sum(row['free'] for row in last)} of {total:,})" in figure["layout"]["meta"]["sentence"]
    assert {trace["name"] for trace in figure["data"]} == {*states, "fc1.weight", "fc2.weight"}
    light = palette.THEMES["light"]
    colors = [_trace(figure, state)["line"]["color"] for state in states]
    assert colors == [light.consolidated, light.reused, light.pruned, light.free]


def test_capacity_of_one_layer(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "capacity", finished, layer="fc2.weight")
    assert len(figure["data"]) == 4
    assert "fc2.weight" in figure["layout"]["meta"]["sentence"]
    assert "fc1.weight" in _figure(library, "capacity", finished, layer="no")["layout"]["meta"]["sentence"]


def test_flows_count_what_each_task_freed_and_took(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "capacity_flows", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    for task in range(5):
        own = [row for row in rows if row["task"] == task]
        assert _trace(figure, "pruned now")["y"][task] == sum(row["pruned"] for row in own)
        assert _trace(figure, "taken again")["y"][task] == -sum(row["reused"] for row in own)
    assert _trace(figure, "pruned now")["marker"]["color"] == palette.THEMES["light"].pruned


def test_a_forecast_of_capacity_is_exact_where_the_rule_holds() -> None:
    halved = [0.64, 0.32, 0.16, 0.08]
    assert capacity_left.forecast(halved) == pytest.approx([0.04, 0.02])
    assert capacity_left.past_error(halved) == pytest.approx(0)
    assert capacity_left.forecast([0.2, 0.3]) == []
    assert capacity_left.past_error([0.5, 0.4, 0.2]) == pytest.approx(0.12)


def test_capacity_left_goes_on_from_what_was_recorded(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "capacity_left", finished)
    rows = library.get(f"/api/runs/{finished.claim.run_id}/layers")
    ends = [[row for row in rows if row["task"] == task and row["end_of_task"]] for task in range(5)]
    free = [sum(row["free"] for row in end) / sum(row["total"] for row in end) for end in ends]
    assert _trace(figure, "free")["y"] == pytest.approx([100 * share for share in free], abs=0.01)
    ahead = _trace(figure, "forecast")
    assert (ahead["x"][0], ahead["y"][0]) == (4, pytest.approx(100 * free[-1], abs=0.01))
    assert "more task" in figure["layout"]["meta"]["sentence"]


def test_loss_is_drawn_per_epoch(library: Server, finished: Trainer) -> None:
    epochs = library.get(f"/api/runs/{finished.claim.run_id}/metrics")["epochs"]
    figure = _figure(library, "loss", finished)
    assert _trace(figure, "cross-entropy")["y"] == [epoch["loss"] for epoch in epochs]
    assert _trace(figure, "penalty")["y"] == [epoch["penalty"] for epoch in epochs]


def test_forgetting_is_positive_where_something_was_lost(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "forgetting", finished)
    matrix = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["matrix"]
    assert figure["data"][0]["y"] == pytest.approx(
        [100 * (max(row[j] for row in matrix[j:4]) - matrix[4][j]) for j in range(4)], abs=1e-3
    )
    assert set(figure["data"][0]["marker"]["color"]) == {palette.THEMES["light"].pruned}
    assert figure["data"][0]["text"][0] == "9.2"


def test_average_accuracy_has_a_point_per_task_learnt(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "average_accuracy", finished)
    matrix = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["matrix"]
    line = _trace(figure, "average")
    assert line["x"] == [1, 2, 3, 4, 5]
    assert line["y"] == pytest.approx([100 * np.mean(matrix[k][: k + 1]) for k in range(5)], abs=1e-3)


@pytest.mark.parametrize("kind", ["mask", "owner", "importance", "weight"])
def test_the_heatmap_shows_the_stored_array(library: Server, finished: Trainer, kind: str) -> None:
    task = 0 if kind == "mask" else 3
    figure = _figure(library, "mask_heatmap", finished, task=task, layer="fc2.weight", of=kind)
    (heatmap,) = figure["data"]
    expected = getattr(finished.snapshots[task, 2, "fc2.weight"], kind).astype(float)
    values = np.array(heatmap["z"], dtype=float)
    if kind == "mask":
        was = finished.snapshots[0, 1, "fc2.weight"].mask
        pruned, taken = was & (expected == 0), ~was & (expected == 1)
        assert pruned.any()
        assert taken.any()
        assert np.array_equal(values, np.where(pruned, 2, np.where(taken, 3, expected)))
        assert heatmap["colorbar"]["ticktext"] == ["free", "kept", "pruned now", "taken again"]
    elif kind == "importance":
        assert np.array_equal(np.isnan(values), expected == 0)
        kept = expected > 0
        np.testing.assert_allclose(values[kept], np.log10(expected[kept]), atol=0.02)
    else:
        np.testing.assert_allclose(values, expected, rtol=2e-3, atol=1e-6)


def test_without_a_choice_the_heatmap_shows_the_first_layer_after_the_last_task(
    library: Server, finished: Trainer
) -> None:
    meta = _figure(library, "mask_heatmap", finished)["layout"]["meta"]
    assert meta["title"] == "Mask of fc1.weight"
    assert "after task 4, pruning round 2" in meta["sentence"]


def test_a_coarse_heatmap_is_placed_by_parameter(library: Server, finished: Trainer) -> None:
    (heatmap,) = _figure(library, "mask_heatmap", finished, size=16, rows="0:32", cols="32:64")["data"]
    assert (heatmap["x0"], heatmap["dx"], heatmap["y0"], heatmap["dy"]) == (32.5, 2, 0.5, 2)
    assert np.array(heatmap["z"]).shape == (16, 16)


def test_a_close_look_tells_all_that_is_stored_of_a_weight(library: Server, finished: Trainer) -> None:
    (heatmap,) = _figure(
        library, "mask_heatmap", finished, task=3, layer="fc1.weight", rows="4:10", cols="20:40"
    )["data"]
    snapshot = finished.snapshots[3, 2, "fc1.weight"]
    assert snapshot.weight is not None
    assert snapshot.owner is not None
    assert snapshot.importance is not None
    row, column = np.argwhere(snapshot.mask[4:10, 20:40])[0]
    told = heatmap["text"][row][column].replace("−", "-")
    place = (4 + row, 20 + column)
    assert told.startswith(f"unit {place[0]}, input {place[1]}: ")
    assert f"last claimed by task {snapshot.owner[place]}" in told
    numbers = dict(re.findall(r"(importance|weight) ([-.\de]+)", told))
    assert float(numbers["importance"]) == pytest.approx(float(snapshot.importance[place]), rel=6e-3)
    assert float(numbers["weight"]) == pytest.approx(float(snapshot.weight[place]), rel=6e-3)


def test_sorted_rows_keep_the_numbers_of_their_units(library: Server, finished: Trainer) -> None:
    figure = _figure(
        library,
        "mask_heatmap",
        finished,
        task=3,
        layer="fc1.weight",
        order="density",
        rows="0:4",
        cols="0:16",
    )
    kept = finished.snapshots[3, 2, "fc1.weight"].mask
    densest = np.argsort(-kept.sum(axis=1), kind="stable")[:4]
    assert [line[0].split(",")[0] for line in figure["data"][0]["text"]] == [f"unit {u}" for u in densest]
    assert figure["layout"]["yaxis"]["ticktext"] == [str(unit) for unit in densest]
    assert figure["layout"]["yaxis"]["labelalias"] == {str(i): f"unit {u}" for i, u in enumerate(densest)}
    assert "sorted, the densest first" in figure["layout"]["meta"]["sentence"]
    clustered = _figure(library, "mask_heatmap", finished, layer="fc1.weight", order="cluster")
    assert "clustered" in clustered["layout"]["meta"]["sentence"]


def test_the_flow_of_owners_counts_every_weight(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "owner_flow", finished, layer="fc1.weight")
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    np.testing.assert_allclose(np.sum([bar["y"] for bar in bars], axis=0), 100, atol=0.01)
    owners = [finished.snapshots[task, 2, "fc1.weight"].owner for task in range(5)]
    free = next(bar for bar in bars if bar["name"] == "free")["y"]
    assert free == pytest.approx([100 * float((owner < 0).mean()) for owner in owners], abs=0.01)
    streams = [trace for trace in figure["data"] if trace["type"] == "scatter"]
    heights = [stream["y"][-1] - stream["y"][0] for stream in streams if 0 < stream["x"][0] < 1]
    assert sum(heights) == pytest.approx(100, abs=1), "all weights pass from task 0 to task 1"
    left = int((owners[0] < 0).sum())
    taken = int(((owners[0] < 0) & (owners[1] == 1)).sum())
    assert any(
        stream["text"].startswith(f"{taken:,} weights")
        and "task 0 left free, claimed by task 1" in stream["text"]
        for stream in streams
    )
    assert f"{left:,} weights of fc1.weight that task" in figure["layout"]["meta"]["sentence"]


def test_a_difference_of_masks(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "mask_difference", finished, layer="fc1.weight", task=3, before=1)
    earlier = finished.snapshots[1, 2, "fc1.weight"].mask.astype(int)
    later = finished.snapshots[3, 2, "fc1.weight"].mask.astype(int)
    assert np.array_equal(np.array(figure["data"][0]["z"]), 100 * (later - earlier))
    assert f"{int((earlier > later).sum())} weights and took" in figure["layout"]["meta"]["sentence"]


def test_what_is_claimed_anew_does_not_look_as_before(server: Server) -> None:
    claim = claimed(server.database, queued(server.database, spec()))
    owners = [np.array([[0, 0, -1, 0, -1]], np.int16), np.array([[0, 1, 1, -1, -1]], np.int16)]
    with server.database.write() as session:
        for task, owner in enumerate(owners):
            snapshot = MaskSnapshot(task, 0, "fc1.weight", owner >= 0, None, owner, None, end_of_task=True)
            write(session, claim, Batch(number=task + 1, masks=[(1, snapshot)]))
    params = {"run": claim.run_id, "layer": "fc1.weight", "task": 1}
    (heatmap,) = server.get("/api/figures/mask_difference", **params)["data"]
    said = dict(zip(heatmap["colorbar"]["tickvals"], heatmap["colorbar"]["ticktext"], strict=True))
    names = [said[value] for value in heatmap["z"][0]]
    assert names == ["as before", "claimed anew", "taken", "freed", "as before"]
    (coarse,) = server.get("/api/figures/mask_difference", **params, size=1)["data"]
    assert coarse["z"] == [[0.0]]
    assert coarse["colorbar"]["ticktext"] == ["freed", "as many", "taken"]


def test_the_overlap_of_masks(library: Server, finished: Trainer) -> None:
    (heatmap,) = _figure(library, "overlap", finished, layer="fc1.weight")["data"]
    masks = [finished.snapshots[task, 2, "fc1.weight"].mask for task in range(5)]
    for i in range(5):
        for j in range(5):
            share = (masks[i] & masks[j]).sum() / (masks[i] | masks[j]).sum()
            assert heatmap["z"][i][j] == pytest.approx(100 * share, abs=0.01)


def test_owners_add_up_to_the_layer(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "owner_shares", finished, layer="fc1.weight")
    sums = np.sum([trace["y"] for trace in figure["data"]], axis=0)
    np.testing.assert_allclose(sums, 100, atol=0.01)
    owner = finished.snapshots[4, 2, "fc1.weight"].owner
    assert _trace(figure, "task 0")["y"][-1] == pytest.approx(100 * float((owner == 0).mean()), abs=0.01)


def test_the_distribution_of_importance_is_logarithmic(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "importance_distribution", finished, layer="fc1.weight", task=4)
    importance = finished.snapshots[4, 2, "fc1.weight"].importance
    assert importance is not None
    line = _trace(figure, "task 4")
    assert sum(line["y"]) == pytest.approx(100 * float((importance > 0).mean()), abs=0.1)
    assert figure["layout"]["xaxis"]["type"] == "log"
    before = finished.snapshots[4, 1, "fc1.weight"].importance
    assert before is not None
    unpruned = _trace(figure, "task 4, before pruning")
    assert sum(unpruned["y"]) == pytest.approx(100 * float((before > 0).mean()), abs=0.1)
    flat = importance.ravel().astype(float)
    kurtosis = ((flat - flat.mean()) ** 4).mean() / flat.var() ** 2
    assert f"kurtosis {kurtosis:.0f}" in figure["layout"]["meta"]["sentence"]


def test_units_are_drawn_with_their_mean_first(library: Server, finished: Trainer) -> None:
    figure = _figure(library, "unit_images", finished, layer="fc1.weight", task=1)
    grid = np.array(figure["data"][0]["z"], dtype=float)
    units = library.get(f"/api/runs/{finished.claim.run_id}/masks/1/fc1.weight/units", count=32)
    np.testing.assert_allclose(grid[1:9, 0:8], units["total"], rtol=5e-3)
    np.testing.assert_allclose(grid[1:9, 9:17], units["images"][0], rtol=5e-3)
    assert "original order" in figure["layout"]["meta"]["sentence"]


def test_a_moving_average_leaves_out_what_is_not_finite() -> None:
    values = np.array([1.0, 3.0, np.inf, 5.0, 7.0, np.nan, np.nan, 9.0])
    smooth = moving_average(values, 2)
    np.testing.assert_allclose(smooth, [1, 2, 3, 5, 6, 7, np.nan, 9])


# --- comparisons --------------------------------------------------------------------------------------------


@pytest.fixture
def seeds(server: Server) -> list[Trainer]:
    """Three seeds of ANPyC, one run of fine-tuning; accuracies differ between seeds."""
    made = []
    for seed in range(4):
        wanted = (
            spec(seed=seed, name=f"anpyc, seed {seed}") if seed < 3 else spec(strategy={"kind": "finetune"})
        )
        trainer = Trainer(server.database, queued(server.database, wanted), tasks=3)
        trainer.step = seed  # so that the runs' epochs lie apart
        made.append(trainer.train())
        trainer.finish()
    return made


def test_a_group_is_its_mean_with_a_band(server: Server, seeds: list[Trainer]) -> None:
    group = server.get("/api/groups", strategy="anpyc")["items"][0]["key"]
    figure = server.get("/api/figures/compare_average_accuracy", run=[group, seeds[3].claim.run_id])
    band, mean, single = figure["data"]
    assert mean["name"] == "anpyc · 3 seeds"
    assert (band["fill"], band["showlegend"]) == ("toself", False)
    assert mean["x"] == [1, 2, 3]
    averages = [np.mean(seeds[0].matrix[k][: k + 1]) for k in range(3)]
    assert mean["y"] == pytest.approx([100 * value for value in averages], abs=1e-3)
    assert single["line"]["color"] != mean["line"]["color"]
    sentence = (
        f"After 3 tasks, anpyc and finetune on permuted digits are level at {100 * averages[-1]:.1f} %."
    )
    assert figure["layout"]["meta"]["sentence"] == sentence, "they are made to stand at the same"


def test_a_run_has_the_colour_of_its_method_and_a_dash_of_its_own(
    server: Server, seeds: list[Trainer]
) -> None:
    ids = [trainer.claim.run_id for trainer in seeds]
    alone = server.get("/api/compare", run=ids[2])["columns"][0]
    among = server.get("/api/compare", run=ids)["columns"]
    assert among[2]["color"] == alone["color"]
    assert {column["color"] for column in among[:3]} == {among[0]["color"]} != {among[3]["color"]}
    assert len({(column["color"], column["dash"]) for column in among}) == 4
    figure = server.get("/api/figures/compare_tasks", run=ids)
    assert [trace["line"]["color"] for trace in figure["data"]] == [column["color"] for column in among]


def test_a_comparison_lists_what_differs(server: Server, seeds: list[Trainer]) -> None:
    ids = [seeds[0].claim.run_id, seeds[1].claim.run_id, seeds[3].claim.run_id]
    content = server.get("/api/compare", run=ids, baseline=ids[2])
    settings = {row["field"]: row for row in content["settings"]}
    assert settings["strategy.kind"]["values"] == ["anpyc", "anpyc", "finetune"]
    assert settings["seed"]["values"] == [0, 1, 0]
    assert settings["strategy.lam"]["values"][2] is None
    assert settings["strategy.lam"]["title"] == "λ"
    assert content["same"]["training.epochs"] == RunSpec().training.epochs
    assert "training.epochs" not in settings
    average = next(row for row in content["metrics"] if row["name"] == "average_accuracy")
    assert average["best"] == [0, 1, 2]  # the three were made alike
    assert content["sentence"].startswith("anpyc, seed 0 and anpyc, seed 1 are level at ")
    assert average["differences"] == pytest.approx([0, 0, 0])
    assert content["baseline"] == 2
    assert [row["task"] for row in content["tasks"]] == [0, 1, 2]
    assert content["tasks"][0]["values"][0]["mean"] == pytest.approx(seeds[0].matrix[2][0])
    assert content["missing"] == []


def test_a_group_in_a_comparison_gives_mean_and_spread(server: Server, seeds: list[Trainer]) -> None:
    with server.database.write() as session:
        for trainer, average in zip(seeds, (0.90, 0.94, 0.92, 0.91), strict=True):
            run = session.get(Run, trainer.claim.run_id)
            assert run is not None
            run.metrics = run.metrics | {"average_accuracy": average}
    key = server.get("/api/groups", strategy="anpyc")["items"][0]["key"]
    content = server.get("/api/compare", run=[key, seeds[3].claim.run_id])
    average = content["metrics"][0]["values"][0]
    assert (average["n"], average["mean"]) == (3, pytest.approx(0.92))
    assert average["std"] == pytest.approx(0.02)
    assert content["metrics"][0]["best"] == [0]
    assert "seed" not in {row["field"] for row in content["settings"]}
    assert " is ahead of " not in content["sentence"]
    assert content["sentence"].endswith("apart (1.0 point); 4 more are a beginning.")


def test_a_deleted_run_leaves_the_rest_of_a_comparison(server: Server, seeds: list[Trainer]) -> None:
    ids = [trainer.claim.run_id for trainer in seeds]
    before = server.get("/api/compare", run=ids)["columns"]
    assert server.http.delete(f"/api/runs/{ids[1]}").status_code == 200
    content = server.get("/api/compare", run=[*ids, "spec:none"], baseline=ids[1])
    assert [column["key"] for column in content["columns"]] == [ids[0], ids[2], ids[3]]
    assert content["missing"] == [ids[1], "spec:none"]
    assert content["baseline"] is None
    assert content["columns"][1]["color"] == before[2]["color"]
    figure = server.get("/api/figures/compare_tasks", run=[*ids, "spec:none"])
    assert len(figure["data"]) == 3


def test_a_group_is_the_mean_of_its_succeeded_runs(server: Server, seeds: list[Trainer]) -> None:
    key = server.get("/api/groups", strategy="anpyc")["items"][0]["key"]
    half_way = Trainer(server.database, queued(server.database, spec(seed=7, name="anpyc")), tasks=3).train(1)
    (column,) = server.get("/api/compare", run=key)["columns"]
    assert (len(column["run_ids"]), column["left_out"], column["status"]) == (3, 1, "succeeded")
    assert half_way.claim.run_id not in column["run_ids"]
    server.http.patch(f"/api/runs/{seeds[2].claim.run_id}", json={"archived": True})
    (column,) = server.get("/api/compare", run=key)["columns"]
    assert (len(column["run_ids"]), column["left_out"]) == (2, 1)


def test_columns_of_the_same_title_are_told_apart(server: Server) -> None:
    wanted = [("same", 0), ("same", 1), ("same", 1), ("other", 0)]
    made = [queued(server.database, spec(name=name, seed=seed)) for name, seed in wanted]
    columns = server.get("/api/compare", run=made)["columns"]
    assert columns[0]["note"] == "seed 0"
    assert columns[1]["note"].startswith("seed 1, 20")
    assert columns[3]["note"] == ""
    assert len({(column["title"], column["note"]) for column in columns}) == 4


def test_fifty_columns_have_fifty_looks(server: Server) -> None:
    made = [queued(server.database, spec(seed=seed)) for seed in range(50)]
    columns = server.get("/api/compare", run=made)["columns"]
    for color in ("color", "color_dark"):
        looks = {(column[color], column["dash"], column["symbol"]) for column in columns}
        assert len(looks) == 50


@pytest.mark.parametrize(("key", "status"), [("01NONE", 404), ("spec:none", 404), ("what:ever", 404)])
def test_what_is_not_there_cannot_be_compared(server: Server, key: str, status: int) -> None:
    assert server.http.get("/api/compare", params={"run": key}).status_code == status
    assert server.http.get("/api/figures/compare_tasks", params={"run": key}).status_code == status


def test_parallel_coordinates_have_an_axis_per_varying_setting(server: Server) -> None:
    body = {
        "spec": {"benchmark": {"kind": "permuted", "tasks": 2}},
        "grid": {"strategy.lam": [1, 4]},
        "seeds": [0],
    }
    items = server.http.post("/api/sweeps", json=body).json()["items"]
    trainers = [Trainer(server.database, item["id"], tasks=2).train() for item in items]
    for trainer in trainers:
        trainer.finish()
    figure = _figure(server, "parallel_coordinates", *trainers)
    assert figure["layout"]["xaxis"]["ticktext"] == ["strategy.lam", "average accuracy", "forgetting"]
    assert [trace["y"][0] for trace in figure["data"]] == [0, 1]
    assert figure["data"][1]["customdata"][0] == ["strategy.lam", "4"]


# --- colours ------------------------------------------------------------------------------------------------


def _luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, other: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("name", "page"), [("light", "#ffffff"), ("dark", "#1b1f23")])
def test_colours_can_be_seen_on_their_page(name: palette.Name, page: str) -> None:
    theme = palette.THEMES[name]
    assert _contrast(theme.ink, page) > 7
    assert _contrast(theme.muted, page) > 4.5
    for color in (theme.consolidated, theme.pruned, theme.reused, theme.loss):
        assert _contrast(color, page) > 3, color
    tasks = palette.task_colors(10, theme)
    assert all(_contrast(color, page) > 2.2 for color in tasks)
    lightness = [_luminance(color) for color in tasks]
    assert lightness == sorted(lightness), "Tasks run from dark to bright."
    assert len(set(tasks)) == 10
    assert all(_contrast(color, page) > 2.2 for color in theme.runs)


@pytest.mark.parametrize("pixels", [150, 300, 600])
@pytest.mark.parametrize("start", [60.0, 75.0, 95.0])
def test_labels_at_the_ends_do_not_cover_each_other(pixels: int, start: float) -> None:
    labels = [(f"task {n}", "#000000", start + 0.5 * n) for n in range(10)]
    placed = canvas.end_labels(labels, 60, 100)
    assert placed is not None
    assert [note["y"] for note in placed] == [y for _, _, y in labels]
    heights = [(note["y"] - 60) / 40 * pixels + note["yshift"] for note in placed]
    assert all(later - earlier >= 12.9 for earlier, later in pairwise(heights))
    assert heights[0] >= -0.1
    assert heights[-1] <= pixels + 0.1
    assert canvas.end_labels([("x", "#000000", 1.0)] * 12, 0, 100) is None


def test_labels_with_room_stay_where_they_belong() -> None:
    placed = canvas.end_labels([("a", "#000000", 10.0), ("b", "#000000", 90.0)], 0, 100)
    assert placed is not None
    assert [note["yshift"] for note in placed] == [0, 0]


def test_the_axis_leaves_room_for_forgetting(library: Server, finished: Trainer) -> None:
    """Tasks rise from 77 % in their first epochs and fall to about 90 %: the axis starts between."""
    figure = library.get("/api/figures/forgetting_curve", run=finished.claim.run_id)
    settled = min(value for row in finished.matrix for value in row if value is not None)
    assert 77 < figure["layout"]["yaxis"]["range"][0] <= settled * 100
    assert (
        "where the axis starts, tasks stand only while they are learnt"
        in figure["layout"]["meta"]["sentence"]
    )
