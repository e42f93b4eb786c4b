"""Figures of runs with more tasks than lines can show; and colours that can be read and told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from anpyc.settings import Settings
from anpyc_server.app import create_app
from anpyc_server.figures.drawing import draw, find_figure
from anpyc_server.figures.palette import THEMES, Theme, accuracy_color, of_tasks, readable_on
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
