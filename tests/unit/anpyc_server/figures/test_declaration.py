"""What figures declare is what is listed, served and reported; and Plotly takes what they draw."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import pytest

import toy_figure
from anpyc.recording import EpochResult
from anpyc.settings import Settings
from anpyc_server.app import create_app
from anpyc_server.figures.canvas import figure as drawing_of
from anpyc_server.figures.declaration import ComparisonFigure
from anpyc_server.figures.drawing import as_json, draw
from anpyc_server.figures.palette import THEMES
from anpyc_server.figures.registry import FIGURES, standing_on
from anpyc_server.services import Services
from serving import Server, Trainer, queued, spec

ALL = sorted(FIGURES)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Of a server that is not started, so that nobody takes runs away that are recorded slowly."""
    made: Services = create_app(Settings(data_dir=tmp_path_factory.mktemp("figures"))).state.services
    made.database.migrate()
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def states(services: Services) -> dict[str, str]:
    """Ids of runs in every state that a figure may meet."""

    def trained(name: str, tasks: int = 5, learnt: int | None = None, masks: bool = True) -> Trainer:
        wanted = spec(
            name=name,
            benchmark={"kind": "permuted", "tasks": tasks},
            **({} if masks else {"strategy": {"kind": "finetune"}}),
        )
        run = queued(services.database, wanted)
        return Trainer(services.database, run, tasks=tasks, masks=masks).train(learnt)

    made = {
        "finished": trained("finished", 3),
        "half-way": trained("half-way", learnt=2),
        "not pruned": trained("not pruned", 3, masks=False),
        "thirty tasks": trained("thirty tasks", 30),
        "one task": trained("one task", 1),
        "not finite": trained("not finite", learnt=1),
    }
    made["finished"].finish()
    epoch = EpochResult(
        step=made["not finite"].step + 1, task=1, round=0, epoch=1, loss=float("inf"), penalty=0.0,
        learning_rate=1e-3, seconds=0.5, progress=0.3,
    )  # fmt: skip
    made["not finite"].write(epochs=[epoch])
    waiting = queued(services.database, spec(name="waiting"))
    return {"waiting": waiting} | {name: trainer.claim.run_id for name, trainer in made.items()}


@pytest.mark.parametrize("name", ALL)
def test_plotly_takes_every_figure_in_every_state(
    services: Services, states: dict[str, str], name: str
) -> None:
    keys = [[run] for run in states.values()]
    if isinstance(FIGURES[name], ComparisonFigure):
        keys.append(list(states.values()))
    for runs in keys:
        # Raises at a property that Plotly does not know.
        go.Figure(json.loads(as_json(draw(services, name, runs, THEMES["light"]))))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("kind", ["mask", "owner", "importance", "weight"])
@pytest.mark.parametrize("part", [{}, {"rows": "0:8", "cols": "0:8"}, {"size": 8}])
def test_plotly_takes_every_kind_of_array(
    services: Services, states: dict[str, str], kind: str, part: dict[str, Any]
) -> None:
    for name in ("mask_heatmap", "unit_images"):
        options = FIGURES[name].options.model_validate({"of": kind, "task": 2, **part})
        drawing = draw(services, name, [states["finished"]], THEMES["light"], options)
        go.Figure(json.loads(as_json(drawing)))  # type: ignore[no-untyped-call]


def test_plotly_would_refuse_a_wrong_property() -> None:
    drawing = drawing_of([{"type": "scatter", "linewidth": 2}], THEMES["light"], title="", sentence="")
    with pytest.raises(ValueError, match="linewidth"):
        go.Figure(drawing)  # type: ignore[no-untyped-call]


def test_a_number_that_json_cannot_carry_raises() -> None:
    drawing = drawing_of([{"type": "scatter", "y": [float("nan")]}], THEMES["light"], title="", sentence="")
    with pytest.raises(ValueError, match="JSON"):
        as_json(drawing)


# --- what is declared ---------------------------------------------------------------------------------------


def test_what_feeds_figures_is_told_by_the_stream(library: Server, finished: Trainer) -> None:
    with library.http.stream("GET", f"/api/runs/{finished.claim.run_id}/events") as response:
        told = {line.removeprefix("event: ") for line in response.iter_lines() if line.startswith("event: ")}
    assert {kind for figure in FIGURES.values() for kind in figure.feeds} <= told
    assert all(figure.feeds for figure in FIGURES.values())


def test_places_are_told_apart_and_their_controls_are_options(library: Server) -> None:
    taken = Counter((place.tab, place.order) for figure in FIGURES.values() for place in figure.places)
    assert max(taken.values()) == 1
    for item in library.get("/api/figures")["items"]:
        options = {option["name"]: option for option in item["options"]}
        assert list(options) == item["params"]
        for place in item["places"]:
            assert set(place["controls"]) <= set(options)
            assert all(options[name]["kind"] != "other" for name in place["controls"])
            assert set(re.findall(r"{(\w+)}", place["title"] + (place["title_of_layer"] or ""))) <= {"layer"}


def test_an_option_has_the_values_that_its_figure_declares(library: Server, finished: Trainer) -> None:
    run = finished.claim.run_id
    refused = library.http.get("/api/figures/mask_heatmap", params={"run": run, "order": "backwards"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "order")
    assert library.http.get("/api/figures/loss", params={"run": run, "points": 5}).status_code == 422


# --- a new one ----------------------------------------------------------------------------------------------


@pytest.fixture
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, toy_figure.NAME, toy_figure.FIGURE)


@pytest.mark.usefixtures("_toy")
def test_a_new_figure_is_listed_served_and_reported(library: Server, finished: Trainer) -> None:
    run = finished.claim.run_id
    (listed,) = [item for item in library.get("/api/figures")["items"] if item["name"] == "toy"]
    assert (listed["title"], listed["feeds"], listed["params"]) == (
        "Seconds per epoch", ["epoch"], ["height", "filled"],
    )  # fmt: skip
    assert [option["kind"] for option in listed["options"]] == ["choice", "switch"]
    assert listed["options"][0]["choices"] == [
        {"value": "low", "label": "low"},
        {"value": "high", "label": "high"},
    ]
    assert listed["places"][0] | {"tab": "overview", "controls": ["height", "filled"]} == listed["places"][0]
    low, high = (
        library.get("/api/figures/toy", run=run, height=height, filled="true") for height in ("low", "high")
    )
    assert [2 * value for value in low["data"][0]["y"]] == high["data"][0]["y"]
    assert low["data"][0]["fill"] == "tozeroy"
    assert library.http.get("/api/figures/toy", params={"run": run, "height": "huge"}).status_code == 422
    assert standing_on("report")[-1] == "toy"
    report = library.http.get(f"/api/runs/{run}/export", params={"format": "html"}).text
    assert low["layout"]["meta"]["sentence"] in report
