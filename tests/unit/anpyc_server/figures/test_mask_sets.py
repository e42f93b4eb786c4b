"""One task's weights, two tasks' and two runs': what the one has, what the other has, and what both have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anpyc.recording import LayerInfo
from anpyc_server.figures import sets
from anpyc_server.figures.array_axes import axes
from anpyc_server.figures.palette import THEMES
from anpyc_server.records.arrangement import arranged
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.cells import window
from drawn import decoded, drawn
from serving import Server, Trainer, queued, spec

LAYER = "fc1.weight"
WIDER = (LayerInfo("fc1.weight", (64, 64), (1, 8, 8)), LayerInfo("fc2.weight", (16, 64)))
FIRST, SECOND, BOTH = 1, 2, 3


def _states(figure: Any) -> Any:
    return np.array(figure["data"][0]["z"])


def _owner(run: Trainer, task: int) -> Any:
    return run.snapshots[task, 2, LAYER].owner


def _mask(run: Trainer, task: int) -> Any:
    return run.snapshots[task, 2, LAYER].mask


@pytest.fixture(scope="module")
def other(library: Server) -> Trainer:
    """The same network with another seed."""
    wanted = spec(name="Another seed", seed=1)
    trainer = Trainer(library.database, queued(library.database, wanted), seed=7).train()
    trainer.finish()
    return trainer


@pytest.fixture(scope="module")
def wider(library: Server) -> Trainer:
    wanted = spec(name="Wider", model={"kind": "mlp", "hidden": [64, 16]})
    trainer = Trainer(library.database, queued(library.database, wanted), layers=WIDER)
    trainer.train(1)
    return trainer


def test_one_task_stands_out_of_what_others_hold(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "mask_tasks", finished, layer=LAYER, task=2)
    owner = _owner(finished, 2)
    assert np.array_equal(_states(figure), np.where(owner < 0, 0, np.where(owner == 2, FIRST, SECOND)))
    claimed = int((owner == 2).sum())
    assert (
        f"Task 2 claimed {claimed:,} of 2,048 weights of fc1.weight" in figure["layout"]["meta"]["sentence"]
    )
    still = int(((owner == 2) & (_owner(finished, 4) == 2)).sum())
    assert f"still owns {still:,} of them after task 4" in figure["layout"]["meta"]["sentence"]
    assert figure["data"][0]["colorbar"]["ticktext"][FIRST].startswith("task 2 · ")


@pytest.mark.parametrize(("one", "two"), [(1, 3), (3, 1)])
@pytest.mark.parametrize("has", ["claimed", "kept"])
def test_two_tasks_in_either_order(library: Server, finished: Trainer, one: int, two: int, has: str) -> None:
    figure = drawn(library, "mask_tasks", finished, layer=LAYER, task=one, other=two, has=has)
    had = {
        task: _owner(finished, task) == task if has == "claimed" else _mask(finished, task)
        for task in (one, two)
    }
    assert np.array_equal(_states(figure), had[one] * FIRST + had[two] * SECOND)
    sentence = figure["layout"]["meta"]["sentence"]
    both = int((had[one] & had[two]).sum())
    alone = int((had[one] & ~had[two]).sum())
    assert f"tasks {one} and {two} both {has} {both:,}" in sentence
    assert f"task {one} alone {alone:,}" in sentence
    ticks = figure["data"][0]["colorbar"]["ticktext"]
    assert [tick.split(" · ")[0] for tick in ticks] == [
        "neither",
        f"only task {one}",
        f"only task {two}",
        "both",
    ]


def test_a_cell_of_many_weights_shows_what_there_is_most_of_and_how_much(
    library: Server, finished: Trainer
) -> None:
    figure = drawn(library, "mask_tasks", finished, layer=LAYER, task=1, other=3, size=4)
    one, two = (_owner(finished, task) == task for task in (1, 3))
    shares = np.stack([one & ~two, two & ~one, one & two]).reshape(3, 4, 8, 4, 16).mean(axis=(2, 4))
    most, some = shares.argmax(axis=0), np.ceil(shares.sum(axis=0) * 4).astype(int)
    assert np.array_equal(_states(figure), np.where(some > 0, 4 * most + some, 0))
    assert not figure["data"][0].get("hovertemplate", "").startswith("None")


def test_a_task_that_claims_nothing_says_so(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database, spec())).train(1)
    figure = drawn(server, "mask_tasks", trainer, task=0, other=3)
    assert figure["layout"]["meta"]["empty"]
    assert "task 3" in figure["layout"]["meta"]["sentence"]


def test_two_runs_of_one_network(library: Server, finished: Trainer, other: Trainer) -> None:
    figure = drawn(library, "mask_runs", finished, beside=other.claim.run_id, layer=LAYER, task=3)
    one, two = _mask(finished, 3), _mask(other, 3)
    assert np.array_equal(_states(figure), one * FIRST + two * SECOND)
    sentence = figure["layout"]["meta"]["sentence"]
    assert f"both keep {int((one & two).sum()):,} of 2,048 weights of fc1.weight" in sentence
    assert f"{int((one & ~two).sum()):,} only Pruned and kept, " in sentence
    agree, chance = float((one == two).mean()), one.mean() * two.mean() + (1 - one.mean()) * (1 - two.mean())
    assert f"{agree * 100:.0f} %" in sentence
    assert f"{chance * 100:.0f} % by chance" in sentence


def test_runs_of_other_networks_are_not_laid_side_by_side(
    library: Server, finished: Trainer, wider: Trainer
) -> None:
    figure = drawn(library, "mask_runs", finished, beside=wider.claim.run_id, layer=LAYER)
    assert figure["layout"]["meta"]["empty"]
    assert "not the same network" in figure["layout"]["meta"]["sentence"]


@pytest.mark.parametrize("size", [16, 512], ids=["several weights a cell", "one weight a cell"])
@pytest.mark.parametrize("name", ["mask_tasks", "mask_runs"])
def test_the_same_comes_as_bytes(
    library: Server, finished: Trainer, other: Trainer, name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "MOST_TOLD", 100)
    params = {"run": finished.claim.run_id, "layer": LAYER, "task": 3, "size": size, "order": "density"}
    params |= {"other": 1} if name == "mask_tasks" else {"beside": other.claim.run_id}
    path, accept = f"/api/figures/{name}", "application/octet-stream"
    drawing, numbers = decoded(library.http.get(path, params=params, headers={"Accept": accept}).content)
    plain = library.get(path, **params)
    assert numbers == plain["data"][0].pop("z")
    del plain["data"][0]["text"], plain["data"][0]["hovertemplate"], drawing["data"][0]["z"]
    assert drawing == plain


def test_the_page_opens_at_the_last_task_that_was_pruned(server: Server) -> None:
    trainer = Trainer(server.database, queued(server.database, spec())).train(2)
    trainer.rounds = 0
    trainer.train(1)
    run = trainer.claim.run_id
    assert (2, 0, LAYER) in trainer.snapshots
    sentence = server.get("/api/figures/mask_heatmap", run=run)["layout"]["meta"]["sentence"]
    assert "after task 1, pruning round 2" in sentence
    sentence = server.get("/api/figures/mask_heatmap", run=run, of="weight")["layout"]["meta"]["sentence"]
    assert "after task 2," in sentence


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((300, 200), (1, 1.5)),  # cells are square where the whole fits
        ((10, 784), (15.68, 1 / 5)),  # long ones are stretched as far as they can be read
        ((1, 400), (80, 1 / 5)),
        ((1, 3), (1, 1 / 3)),
        ((784, 10), (2 / 78.4, 2)),
    ],
)
def test_pictures_keep_sensible_proportions(shape: tuple[int, int], expected: tuple[float, float]) -> None:
    stored = StoredArray(0, 0, "layer", "mask", shape, np.ones(shape, dtype=bool), end_of_task=True)
    picture, view = arranged(stored, "index", "flat"), window(shape, ":", ":", 256)
    layout = axes(picture, view, THEMES["light"])
    assert (layout["yaxis"]["scaleanchor"], layout["yaxis"]["constrain"]) == ("x", "domain")
    ratio = layout["yaxis"]["scaleratio"]
    assert (ratio, shape[0] / shape[1] * ratio) == pytest.approx(expected)
