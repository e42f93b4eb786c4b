"""What figures show, checked against the rows they are drawn from."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anpyc.spec import RunSpec
from anpyc_queue.tables import Run
from anpyc_server.figures import canvas
from anpyc_server.figures.declaration import ComparisonFigure
from anpyc_server.figures.registry import FIGURES
from drawn import drawn
from serving import Server, Trainer, queued, spec

ALL = sorted(FIGURES)


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
    beside = {"beside": half_way.claim.run_id, "task": 1} if name == "mask_runs" else {}
    figure = drawn(library, name, *runs, theme=theme, **beside)
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
    meta = drawn(library, name, unpruned)["layout"]["meta"]
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
        content = drawn(server, figure, first, second)
        shown = [trace["name"] for trace in content["data"] if trace.get("showlegend", True)]
        assert all("<" not in words and "&lt;b&gt;bold" in words for words in shown)
    assert canvas.text("x" * 200) == "x" * 39 + "…"


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


def test_a_run_keeps_its_colour_and_dash(server: Server, seeds: list[Trainer]) -> None:
    ids = [trainer.claim.run_id for trainer in seeds]
    alone = server.get("/api/compare", run=ids[2])["columns"][0]
    among = server.get("/api/compare", run=ids)["columns"]
    assert (among[2]["color"], among[2]["dash"]) == (alone["color"], alone["dash"])
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
        assert len({(column[color], column["dash"]) for column in columns}) == 50


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
    figure = drawn(server, "parallel_coordinates", *trainers)
    assert figure["layout"]["xaxis"]["ticktext"] == ["strategy.lam", "average accuracy", "forgetting"]
    assert [trace["y"][0] for trace in figure["data"]] == [0, 1]
    assert figure["data"][1]["customdata"][0] == ["strategy.lam", "4"]
