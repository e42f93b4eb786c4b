"""Charts that readers compose: every kind, with errors, panels, logarithms, missing values, running runs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import plotly.graph_objects as go
import pytest
from pydantic import ValidationError

from anpyc_queue import jobs
from anpyc_queue.tables import Run
from anpyc_server.figures.chart_options import ChartOptions
from anpyc_server.figures.compare_chart import FIGURE
from anpyc_server.figures.drawing import as_json
from anpyc_server.figures.numbers import as_csv
from anpyc_server.figures.palette import THEMES
from anpyc_server.figures.rows import Column, Reference, RunRows
from anpyc_server.records.finding.fields import fields
from anpyc_server.records.series import Epochs, Evaluations
from serving import Server, ended, queued, spec

NO_EVALUATIONS: Any = Evaluations([], [], [], [], [], [])  # type: ignore[arg-type]
NO_EPOCHS: Any = Epochs([], [], [], [], [], [], [], [])  # type: ignore[arg-type]


def run(name: str, seed: int, status: str = "succeeded", **values: Any) -> RunRows:
    named = {key.replace("__", "."): value for key, value in values.items()}
    return RunRows(
        id=f"{name}{seed}", name=name, status=status, strategy="ewc", tasks=5, steps=10, matrix=[],
        evaluations=NO_EVALUATIONS, epochs=NO_EPOCHS, layers=(), seed=seed, values=named,
    )  # fmt: skip


def column(name: str, rank: int, *runs: RunRows) -> Column:
    settings = [name] * len(runs)
    return Column(name, f"method {name}", rank, runs, settings=settings, short=name, method=name)


def over_lam(lams: tuple[float, ...] = (1.0, 10.0, 100.0), seeds: int = 3) -> list[Column]:
    """EWC over λ, three seeds each: accuracy 90, 91, 92 % at the first λ, one more at each next."""
    return [
        column(
            f"e{place}",
            place,
            *(
                run(
                    f"e{place}",
                    seed,
                    strategy__lam=lam,
                    strategy="ewc",
                    average_accuracy=0.90 + 0.01 * (seed + place),
                    forgetting=0.05 - 0.01 * place,
                    benchmark="permuted" if place else "split",
                )
                for seed in range(seeds)
            ),
        )
        for place, lam in enumerate(lams)
    ]


def drawn(columns: list[Column], *references: Reference, **options: Any) -> Any:
    figure = json.loads(as_json(FIGURE.draw(columns, ChartOptions(**options), THEMES["light"], references)))
    go.Figure(figure)  # type: ignore[no-untyped-call]  # raises at what Plotly does not know
    return figure


def said(figure: Any) -> str:
    return str(figure["layout"]["meta"]["sentence"])


def test_dots_are_means_over_seeds_with_the_error_that_was_asked_for() -> None:
    for error, low in (("std", 0.01), ("range", 0.01), ("interval", 0.02484), ("none", None)):
        figure = drawn(over_lam(), error=error)
        first = figure["data"][0]
        assert (first["x"], first["y"]) == (["e0"], [pytest.approx(91)])
        if low is None:
            assert "error_y" not in first or first["error_y"] is None
        else:
            assert first["error_y"]["arrayminus"] == [pytest.approx(100 * low, abs=0.01)]
    assert said(figure) == "Highest mean average accuracy of 9 runs: 93.0 %, e2."
    low, high = figure["layout"]["yaxis"]["range"]
    assert 90 < low < 91
    assert 93 < high < 94
    assert [entry["name"] for entry in figure["layout"]["meta"]["legend"]] == ["e0", "e1", "e2"]


def test_single_runs_of_one_method_are_one_series_named_by_what_they_share() -> None:
    singles = [
        Column(
            f"k{seed}",
            f"λ 3 · seed {seed}",
            seed,
            [run("e", seed, average_accuracy=0.9)],
            settings=["e"],
            short=f"seed {seed}",
            method="e",
        )
        for seed in range(2)
    ]
    figure = drawn(singles)
    assert [(trace["name"], trace["meta"]["keys"]) for trace in figure["data"]] == [("λ 3", ["k0", "k1"])]
    assert "over 2 seeds" in figure["data"][0]["customdata"][0]


def test_bars_start_at_zero_and_stand_beside_each_other_by_a_field() -> None:
    figure = drawn(over_lam(), kind="bars", x="strategy.lam", group="strategy")
    (trace,) = figure["data"]
    assert trace["x"] == ["1", "10", "100"]
    assert trace["y"] == [pytest.approx(value) for value in (91, 92, 93)]
    assert figure["layout"]["yaxis"]["rangemode"] == "tozero"
    assert figure["layout"]["xaxis"]["categoryarray"] == ["1", "10", "100"]


def test_a_box_holds_every_run() -> None:
    figure = drawn(over_lam(), kind="boxes")
    assert [len(trace["y"]) for trace in figure["data"]] == [3, 3, 3]
    assert figure["data"][0]["boxpoints"] == "all"


def test_a_curve_over_a_setting_is_logarithmic_where_values_lie_far_apart() -> None:
    figure = drawn(over_lam(), kind="curve", x="strategy.lam", group="none")
    band, line = figure["data"]
    assert (line["x"], line["y"]) == ([1, 10, 100], [pytest.approx(value) for value in (91, 92, 93)])
    assert band["fill"] == "toself"
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert "legend" not in figure["layout"]["meta"]
    assert said(figure).endswith(": 93.0 %, λ 100.")
    near = drawn(over_lam((1.0, 2.0, 3.0)), kind="curve", x="strategy.lam", group="none")
    assert "type" not in near["layout"]["xaxis"]
    asked = drawn(over_lam((1.0, 2.0, 3.0)), kind="curve", x="strategy.lam", group="none", log="xy")
    assert (asked["layout"]["xaxis"]["type"], asked["layout"]["yaxis"]["type"]) == ("log", "log")
    zero = drawn(over_lam((0.0, 2.0, 300.0)), kind="curve", x="strategy.lam", group="none", log="x")
    assert "type" not in zero["layout"]["xaxis"]


def test_numbers_are_taken_away_with_the_ends_of_their_errors() -> None:
    for options in ({"kind": "curve", "x": "strategy.lam", "group": "strategy"}, {"kind": "bars"}):
        text = as_csv(FIGURE.draw(over_lam(), ChartOptions(**options), THEMES["light"], ()))
        rows = list(csv.reader(io.StringIO(text)))
        assert rows[0][-2:] == ["low", "high"]
        assert len(rows) == 4
        assert [float(cell) for cell in rows[1][-2:]] == pytest.approx([90, 92])


def test_several_settings_at_one_place_have_a_range_and_no_deviation() -> None:
    both = [
        column("a", 0, *(run("a", seed, average_accuracy=0.9, strategy="ewc") for seed in range(2))),
        column("b", 1, *(run("b", seed, average_accuracy=0.7, strategy="ewc") for seed in range(2))),
    ]
    (trace,) = drawn(both, x="strategy", group="none", error="interval")["data"]
    assert trace["y"] == [pytest.approx(80)]
    assert trace["error_y"]["array"] == [pytest.approx(10)]
    assert "mean of 2 settings" in trace["customdata"][0]


def test_a_scatter_shows_runs_and_means_and_how_they_go_together() -> None:
    figure = drawn(over_lam(), kind="scatter", x="forgetting", y="average_accuracy")
    runs, mean = figure["data"][:2]
    assert (len(runs["x"]), mean["x"], mean["y"]) == (3, [pytest.approx(5)], [pytest.approx(91)])
    assert said(figure) == (
        "Average accuracy over forgetting of 9 runs; their rank correlation (Spearman) is −0.70."
    )
    level = over_lam((1.0, 1.0, 1.0))
    assert "one of them does not vary" in said(drawn(level, kind="scatter", x="strategy.lam"))


def test_a_heatmap_has_a_mean_for_each_pair_and_holes() -> None:
    columns = [
        column(
            f"{lam}{epochs}",
            0,
            run(f"{lam}{epochs}", 0, strategy__lam=lam, training__epochs=epochs, average_accuracy=value),
        )
        for lam, epochs, value in ((1.0, 5, 0.8), (3.0, 5, 0.9), (3.0, 10, 0.7))
    ]
    figure = drawn(columns, kind="heatmap", x="strategy.lam", y="training.epochs")
    cells, written = figure["data"]
    assert (cells["x"], cells["y"]) == (["1", "3"], ["5", "10"])
    assert cells["z"] == [[pytest.approx(80), pytest.approx(90)], [None, pytest.approx(70)]]
    assert written["text"] == ["80.0", "90.0", "70.0"]
    assert said(figure) == "Highest mean average accuracy of 3 runs: 90.0 %, λ 3, epochs per task 5."


def test_panels_share_their_scale_and_stand_in_rows() -> None:
    figure = drawn(over_lam(), kind="scatter", x="strategy.lam", facet="benchmark", across=1)
    assert figure["layout"]["meta"]["rows"] == 2
    assert (figure["layout"]["xaxis2"]["matches"], figure["layout"]["yaxis2"]["matches"]) == ("x", "y")
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x", "x2"}
    wide = drawn(over_lam(), kind="scatter", x="strategy.lam", facet="benchmark", across=2)
    assert wide["layout"]["meta"]["rows"] == 1
    assert wide["layout"]["xaxis"]["domain"][1] < wide["layout"]["xaxis2"]["domain"][0]
    many = drawn(over_lam(tuple(float(lam) for lam in range(1, 21)), 1), facet="strategy.lam")
    assert said(many).endswith("8 more panels are left out.")


def test_running_runs_are_hollow_and_do_not_count_beside_finished_ones() -> None:
    mixed = [
        column(
            "a",
            0,
            run("a", 0, average_accuracy=0.9, attempt=1),
            run("a", 1, "running", average_accuracy=0.5, attempt=2),
        )
    ]
    dots = drawn(mixed)
    assert dots["data"][0]["y"] == [pytest.approx(90)]
    assert said(dots).endswith("1 run is not finished.")
    points = drawn(mixed, kind="scatter", x="attempt", error="none")["data"][0]
    assert points["marker"]["symbol"] == ["circle", "circle-open"]


def test_what_is_not_finished_is_not_ranked_beside_what_is() -> None:
    both = [
        column("a", 0, run("a", 0, "running", average_accuracy=0.99)),
        column("b", 1, run("b", 0, average_accuracy=0.9)),
        column("c", 2, run("c", 0, average_accuracy=0.8)),
    ]
    assert said(drawn(both)).startswith("Highest mean average accuracy of 3 runs: 90.0 %, b.")
    assert "99.0 %, a" in said(drawn([both[0], column("d", 3, run("d", 0, "running", average_accuracy=0.5))]))


def test_what_is_not_known_is_said_and_nothing_breaks() -> None:
    lacking = [
        column("a", 0, run("a", 0, average_accuracy=0.9)),
        column("b", 1, run("b", 0, average_accuracy=float("nan"))),
    ]
    assert said(drawn(lacking)).endswith("Of 1 run it is not known.")
    nothing = drawn([column("a", 0, run("a", 0))], kind="scatter", x="strategy.lam")
    assert nothing["layout"]["meta"]["empty"] is True
    assert said(nothing) == "None of these runs knows average accuracy and λ yet."


def test_levels_are_drawn_where_the_axis_has_them() -> None:
    base = Reference("EWC", "baseline", {"average_accuracy": 0.91}, 3)
    figure = drawn(over_lam(), base)
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [pytest.approx(91)]
    assert figure["layout"]["annotations"][0]["text"] == "baseline: EWC 91.0 %"
    assert "shapes" not in drawn(over_lam(), base, y="forgetting")["layout"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "scatter"}, "needs a quantity for x"),
        ({"x": "strategy.unheard"}, "There is no field"),
        ({"y": "name"}, "is no number"),
        ({"kind": "heatmap", "x": "strategy.lam", "y": "seed", "value": "name"}, "is no number"),
        ({"group": "kind"}, "is the name of"),
        ({"kind": "pie"}, "Input should be"),
        ({"across": 9}, "less than or equal to 4"),
    ],
)
def test_a_chart_that_cannot_be_drawn_says_why(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ChartOptions(**options)


def test_charts_over_the_wire(server: Server) -> None:
    runs = []
    for seed in range(2):
        for lam in (1.0, 50.0):
            wanted = spec(name=f"EWC λ {lam:g}", seed=seed, strategy={"kind": "ewc", "lam": lam})
            runs.append(ended(server.database, wanted, 0.9 + lam / 1_000 + seed / 100))
    tuned = ended(server.database, spec(name="plain", strategy={"kind": "finetune"}), 0.6)
    joint = ended(server.database, spec(name="all", strategy={"kind": "joint"}), 0.99)
    waiting = queued(server.database, spec(seed=7))
    with server.database.write() as session:
        for run_id, value in ((tuned, 0.6), (joint, 0.99)):
            jobs.set_metrics(session.get_one(Run, run_id), {"average_accuracy": value})
    where = {"run": [*runs, waiting], "kind": "curve", "x": "lam", "group": "strategy", "bounds": True}
    figure = server.get("/api/figures/compare_chart", **where)
    lines = [trace for trace in figure["data"] if trace.get("showlegend") is True]
    assert [trace["x"] for trace in lines] == [[1, 50]]
    assert [note["text"] for note in figure["layout"]["annotations"]] == [
        "fine-tuning 60.0 %",
        "joint training 99.0 %",
    ]
    assert figure["layout"]["meta"]["sentence"].endswith("Of 1 run it is not known.")
    base = server.get("/api/figures/compare_chart", run=runs, baseline=runs[0])
    assert base["layout"]["annotations"][0]["text"].startswith("baseline: EWC λ 1")
    refused = server.http.get("/api/figures/compare_chart", params={"run": runs, "x": "unheard"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "x")
    refused = server.http.get("/api/figures/compare_chart", params={"run": runs, "kind": "scatter"})
    assert refused.status_code == 422
    assert "needs a quantity for x" in refused.json()["error"]["message"]
    for name in fields():  # whatever a run has can be drawn
        every = {"x": name, "group": name, "facet": name}
        server.get("/api/figures/compare_chart", run=[runs[0], waiting], **every)
    axes = server.get("/api/figures/parallel_coordinates", run=runs, axes="lam,strategy,average_accuracy")
    meta = axes["layout"]["meta"]["axes"]
    assert [(axis["title"], axis["log"]) for axis in meta] == [
        ("λ", True),
        ("strategy", False),
        ("average accuracy", False),
    ]
    assert sorted(meta[0]["heights"]) == [0, 0, 1, 1]


def test_what_is_the_same_up_to_rounding_is_drawn_at_one_place() -> None:
    """Else an axis a billionth of a billionth wide has no room for a number, nor a title."""
    alike = [column(name, place, *(run(name, seed, average_accuracy=0.9, forgetting=forgotten)
             for seed, forgotten in enumerate((0.0605, 0.060500000000000026, 0.06050000000000001))))
             for place, name in enumerate(("a", "b"))]  # fmt: skip
    figure = drawn(alike, kind="scatter", x="forgetting", y="average_accuracy")
    assert {x for trace in figure["data"] for x in trace["x"]} == {6.05}
