"""Figures of runs with more tasks than lines can show; and colours that can be read and told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from anpyc.settings import Settings
from anpyc_server.app import create_app
from anpyc_server.figures import accuracy_matrix, overlap, owner_flow
from anpyc_server.figures.drawing import draw, find_figure
from anpyc_server.figures.loading import NO_EPOCHS, NO_EVALUATIONS
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import THEMES, Theme, accuracy_color, of_tasks, readable_on
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.arrays import StoredArray
from anpyc_server.services import Services
from serving import Trainer, queued, spec

TASKS = 30


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    made: Services = create_app(Settings(data_dir=tmp_path_factory.mktemp("many"))).state.services
    made.database.migrate()
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def long_run(services: Services) -> Trainer:
    wanted = spec(name="long", benchmark={"kind": "permuted", "tasks": TASKS})
    trainer = Trainer(services.database, queued(services.database, wanted), tasks=TASKS)
    trainer.train().finish()
    return trainer


def _drawn(services: Services, name: str, trainer: Trainer, **options: Any) -> dict[str, Any]:
    chosen = find_figure(name).options(**options)
    return draw(services, name, [trainer.claim.run_id], THEMES["light"], chosen)


def test_cells_are_the_lowest_accuracies_of_their_epochs(services: Services, long_run: Trainer) -> None:
    figure = _drawn(services, "forgetting_curve", long_run)
    (cells,) = figure["data"]
    assert (cells["type"], cells["y"]) == ("heatmap", list(range(TASKS)))
    curve = _drawn(services, "forgetting_curve", long_run, lines="0,7,29")
    for line in curve["data"][1:]:
        task = int(line["name"].split()[1])
        row = np.array(cells["z"][task], dtype=float)
        begins = int(np.flatnonzero(~np.isnan(row))[0])
        assert not np.isnan(row[begins:]).any(), "no gap once it is begun"
        assert np.nanmin(row) == pytest.approx(min(line["y"]), abs=0.01)
        assert row[-1] == pytest.approx(line["y"][-1], abs=0.01)
        assert cells["x"][begins] == pytest.approx(line["x"][0], abs=2)
    assert "A row is a task" in figure["layout"]["meta"]["sentence"]


def test_chosen_tasks_have_lines_below_the_cells(services: Services, long_run: Trainer) -> None:
    figure = _drawn(services, "forgetting_curve", long_run, lines="7,3,99")
    assert [trace.get("name") for trace in figure["data"][1:]] == ["task 3", "task 7"]
    assert {trace["yaxis"] for trace in figure["data"][1:]} == {"y2"}
    layout = figure["layout"]
    assert layout["yaxis2"]["domain"][1] < layout["yaxis"]["domain"][0]
    assert [note["text"] for note in layout["annotations"] if note.get("yref") == "y2"] == [
        "task 3",
        "task 7",
    ]


def test_few_points_make_few_cells(services: Services, long_run: Trainer) -> None:
    figure = _drawn(services, "forgetting_curve", long_run, points=40)
    (cells,) = figure["data"]
    assert len(cells["x"]) == len(cells["z"][0]) == 20
    assert figure["layout"]["meta"]["thinned"]


@pytest.mark.parametrize("name", ["owner_shares", "owner_flow"])
def test_a_scale_stands_for_a_legend_that_has_no_room(
    services: Services, long_run: Trainer, name: str
) -> None:
    figure = _drawn(services, name, long_run, layer="fc1.weight")
    scales = [trace["marker"] for trace in figure["data"] if trace.get("marker", {}).get("showscale")]
    assert [(scale["cmin"], scale["cmax"]) for scale in scales] == [(0, TASKS - 1)]
    assert scales[0]["colorscale"] == of_tasks(THEMES["light"])
    assert not figure["layout"]["showlegend"]


def _contrast(one: str, other: str) -> float:
    """WCAG 2's ratio."""
    lights = []
    for color in (one, other):
        channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_what_is_written_on_cells_can_be_read(theme: Theme) -> None:
    for share in np.linspace(0, 1, 101):
        color = accuracy_color(theme, float(share))
        assert _contrast(color, readable_on(color)) >= 4.5


def test_two_hundred_tasks_make_a_small_matrix() -> None:
    size = 200
    matrix: list[list[float | None]] = [
        [0.9 - 0.001 * (row - col) if col <= row else None for col in range(size)] for row in range(size)
    ]
    run = RunRows(
        "R", "long", "succeeded", "anpyc", size, None, matrix, NO_EVALUATIONS, NO_EPOCHS, [],
        titles=["a title of a task"] * size, before_pruning=[0.95] * size,
    )  # fmt: skip
    drawn = accuracy_matrix.draw(run, FigureOptions(), THEMES["light"])
    assert len(json.dumps(drawn)) < 400_000
    (cells,) = drawn["data"]
    assert cells["customdata"][150][100] == pytest.approx(-5.0)
    assert "since learnt" in cells["hovertemplate"]


def test_streams_between_many_owners_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.integers(-1, 200, (2, 50, 80)).astype(np.int16)
    right = np.where(rng.random(left.shape) < 0.7, left, right)
    columns = [
        owner_flow._Column(StoredArray(task, 0, "l", "owner", left.shape, values, end_of_task=True), 200)
        for task, values in enumerate((left, right))
    ]
    found = {(stream.source, stream.target): stream for stream in owner_flow._passing(*columns, least=2)}
    starts, ends = columns[0].bottoms[:-1].copy(), columns[1].bottoms[:-1].copy()
    joint = columns[0].joint(columns[1])
    for source, target in np.ndindex(joint.shape):
        number = int(joint[source, target])
        if number >= 2:
            stream = found.pop((source, target))
            assert (stream.number, stream.bottom, stream.top) == (number, starts[source], ends[target])
        starts[source] += number
        ends[target] += number
    assert not found


def test_the_overlap_of_many_masks_is_counted_bit_by_bit() -> None:
    rng = np.random.default_rng(1)
    masks = [rng.random(1_001) < share for share in np.linspace(0, 1, 9)]
    expected = [[(a & b).sum() / (a | b).sum() if (a | b).any() else 1.0 for b in masks] for a in masks]
    np.testing.assert_allclose(overlap.jaccard(masks), expected)


@pytest.mark.parametrize(("name", "fewest"), [("owner_shares", 0), ("forgetting", 0)])
def test_bars_of_many_tasks_touch(services: Services, long_run: Trainer, name: str, fewest: int) -> None:
    assert _drawn(services, name, long_run, layer="fc1.weight")["layout"]["bargap"] == fewest


def test_the_legend_of_many_importances_names_the_chosen_task(services: Services, long_run: Trainer) -> None:
    figure = _drawn(services, "importance_distribution", long_run, layer="fc1.weight", task=7)
    named = [trace["name"] for trace in figure["data"] if trace.get("showlegend", True)]
    assert named == ["other tasks", "task 7, before pruning", "task 7"]


def test_who_owns_what_says_what_its_colours_are(services: Services, long_run: Trainer) -> None:
    figure = _drawn(services, "owner_shares", long_run, layer="fc1.weight")
    (scale,) = [trace["marker"] for trace in figure["data"] if trace.get("marker", {}).get("showscale")]
    assert scale["colorbar"]["title"]["text"] == "owner"
    assert scale["colorbar"]["tickprefix"] == "task "
    assert "pale is no task's" in figure["layout"]["xaxis"]["title"]["text"]
