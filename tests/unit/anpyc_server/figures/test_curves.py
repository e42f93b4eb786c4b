"""What is drawn over training and over tasks: accuracy, forgetting, loss."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from anpyc.recording import TESTED_BETWEEN_TASKS, Evaluation, Plan
from anpyc_server.figures import canvas, palette
from anpyc_server.figures.forgetting_curve import moving_average
from drawn import drawn, trace_of
from serving import ROUNDS, Server, Trainer, queued


def test_the_forgetting_curve_has_a_line_per_task(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "forgetting_curve", finished)
    curve = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["curve"]
    assert [trace["name"] for trace in figure["data"]] == [f"task {task}" for task in range(5)]
    for task in range(5):
        trace = trace_of(figure, f"task {task}")
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
    matrix = drawn(server, "accuracy_matrix", trainer)["data"][0]
    assert matrix["text"] == [written, written]
    assert "on task %{x}%{text}: " in matrix["hovertemplate"]
    lines = drawn(server, "forgetting_curve", trainer)["data"]
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
    assert f"{told}." in drawn(server, "forgetting_curve", trainer)["layout"]["meta"]["sentence"]


def test_a_line_begins_with_its_task(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database), tasks=3)
    trainer.write(evaluations=[Evaluation(0, 0, 0, {0: 0.1, 1: 0.1, 2: 0.1}, end_of_task=False)])
    early = drawn(server, "forgetting_curve", trainer)
    assert early["layout"]["yaxis"]["title"]["text"] == "accuracy · axis starts at 0"
    trainer.train(2)
    figure = drawn(server, "forgetting_curve", trainer)
    assert [trace["name"] for trace in figure["data"]] == ["task 0", "task 1"]
    assert (trace_of(figure, "task 0")["x"][0], trace_of(figure, "task 1")["x"][0]) == (0, 7)
    single = server.get("/api/figures/compare_curves", run=trainer.claim.run_id, task=1)
    assert single["data"][0]["x"][0] == 7


def test_the_forgetting_curve_marks_tasks_and_rounds(library: Server, finished: Trainer) -> None:
    layout = drawn(library, "forgetting_curve", finished)["layout"]
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
    layout = drawn(library, "forgetting_curve", half_way)["layout"]
    assert layout["xaxis"]["range"] == [0, half_way.steps]


def test_the_accuracy_axis_says_where_it_starts(library: Server, finished: Trainer) -> None:
    axis = drawn(library, "forgetting_curve", finished)["layout"]["yaxis"]
    assert axis["title"]["text"] == "accuracy · axis starts at 80 %"
    assert axis["range"][0] == 80
    assert canvas.percent_axis(palette.THEMES["light"], "accuracy", 0.12)["title"]["text"].endswith(
        "starts at 0"
    )


def test_the_forgetting_curve_names_who_lost_most(library: Server, finished: Trainer) -> None:
    sentence = drawn(library, "forgetting_curve", finished)["layout"]["meta"]["sentence"]
    assert sentence == (
        "Task 0 has lost most: 96.8 % when learnt, 87.6 % after task 4, 9.2 points less. "
        "Below 80 %, where the axis starts, tasks stand only while they are learnt."
    )


def test_smoothing_lies_over_the_raw_curve(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "forgetting_curve", finished, smooth=3)
    raw, smooth = [trace for trace in figure["data"] if trace["name"] == "task 4"]
    assert raw["hoverinfo"] == "skip"
    assert smooth["y"][2] == pytest.approx(np.mean(raw["y"][:3]))
    assert smooth["y"][0] == pytest.approx(raw["y"][0])


def test_the_matrix_fills_row_by_row(library: Server, half_way: Trainer) -> None:
    figure = drawn(library, "accuracy_matrix", half_way)
    heatmap, written = figure["data"]
    assert len(heatmap["z"]) == 5
    assert heatmap["z"][1][:2] == pytest.approx([93.5952, 96.7952])
    assert heatmap["z"][2] == [None] * 5
    assert written["text"][-2:] == ["93.6", "96.8"]
    assert (written["x"][-2:], written["y"][-2:]) == ([0, 1], [1, 1])
    assert heatmap["customdata"][1][0] == " (−3.2 points since learnt)"
    assert figure["layout"]["meta"]["sentence"].startswith("After 2 of 5 tasks: 95.2 % on average.")


def test_loss_is_drawn_per_epoch(library: Server, finished: Trainer) -> None:
    epochs = library.get(f"/api/runs/{finished.claim.run_id}/metrics")["epochs"]
    figure = drawn(library, "loss", finished)
    assert trace_of(figure, "cross-entropy")["y"] == [epoch["loss"] for epoch in epochs]
    assert trace_of(figure, "penalty")["y"] == [epoch["penalty"] for epoch in epochs]


def test_forgetting_is_positive_where_something_was_lost(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "forgetting", finished)
    matrix = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["matrix"]
    assert figure["data"][0]["y"] == pytest.approx(
        [100 * (max(row[j] for row in matrix[j:4]) - matrix[4][j]) for j in range(4)], abs=1e-3
    )
    assert set(figure["data"][0]["marker"]["color"]) == {palette.THEMES["light"].pruned}
    assert figure["data"][0]["text"][0] == "9.2"


def test_average_accuracy_has_a_point_per_task_learnt(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "average_accuracy", finished)
    matrix = library.get(f"/api/runs/{finished.claim.run_id}/accuracy")["matrix"]
    line = trace_of(figure, "average")
    assert line["x"] == [1, 2, 3, 4, 5]
    assert line["y"] == pytest.approx([100 * np.mean(matrix[k][: k + 1]) for k in range(5)], abs=1e-3)


def test_a_moving_average_leaves_out_what_is_not_finite() -> None:
    values = np.array([1.0, 3.0, np.inf, 5.0, 7.0, np.nan, np.nan, 9.0])
    smooth = moving_average(values, 2)
    np.testing.assert_allclose(smooth, [1, 2, 3, 5, 6, 7, np.nan, 9])


def test_the_axis_leaves_room_for_forgetting(library: Server, finished: Trainer) -> None:
    """Tasks rise from 77 % in their first epochs and fall to about 90 %: the axis starts between."""
    figure = library.get("/api/figures/forgetting_curve", run=finished.claim.run_id)
    settled = min(value for row in finished.matrix for value in row if value is not None)
    assert 77 < figure["layout"]["yaxis"]["range"][0] <= settled * 100
    assert (
        "where the axis starts, tasks stand only while they are learnt"
        in figure["layout"]["meta"]["sentence"]
    )
