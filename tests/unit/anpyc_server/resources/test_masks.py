"""Windows of arrays against the arrays themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anpyc.permutations import pixel_order
from anpyc.recording import LayerInfo, MaskSnapshot
from anpyc_queue.recording import Batch, write
from anpyc_server.errors import Invalid
from anpyc_server.records import cells
from anpyc_server.records.arrangement import Tiles, arranged, by_likeness, picture_shape, tiles_of
from anpyc_server.records.arrays import StoredArray
from serving import LAYERS, Server, Trainer, claimed, queued, spec


def _window(server: Server, trainer: Trainer, task: int, layer: str, **params: Any) -> Any:
    return server.get(f"/api/runs/{trainer.claim.run_id}/masks/{task}/{layer}", **params)


def test_at_full_size_every_parameter_is_shown(library: Server, finished: Trainer) -> None:
    shown = _window(library, finished, 3, "fc1.weight")
    snapshot = finished.snapshots[3, 2, "fc1.weight"]
    assert np.array_equal(np.array(shown["values"]), snapshot.mask)
    assert (shown["exact"], shown["cell"], shown["shape"]) == (True, [1, 1], [32, 64])
    assert (shown["rows"], shown["cols"], shown["round"]) == ([0, 32], [0, 64], 2)
    assert (shown["rounds"], shown["tasks"]) == ([1, 2], [0, 1, 2, 3, 4])
    assert shown["kinds"] == ["mask", "owner", "importance", "weight"]


def test_free_and_kept_add_up_to_the_layer(library: Server, finished: Trainer) -> None:
    for row in library.get(f"/api/runs/{finished.claim.run_id}/layers"):
        assert row["free"] + row["consolidated"] == row["total"]
        shown = _window(library, finished, row["task"], row["layer"], round=row["round"])
        assert int(np.sum(shown["values"])) == row["consolidated"]


def test_coarser_cells_show_the_density(library: Server, finished: Trainer) -> None:
    shown = _window(library, finished, 2, "fc1.weight", size=10)
    mask = finished.snapshots[2, 2, "fc1.weight"].mask
    assert (shown["exact"], shown["cell"]) == (False, [4, 7])
    values = np.array(shown["values"])
    assert values.shape == (8, 10)
    assert values[0, 0] == pytest.approx(mask[:4, :7].mean(), rel=1e-3)
    assert values[-1, -1] == pytest.approx(mask[28:, 63:].mean(), rel=1e-3)


@pytest.mark.parametrize("kind", ["importance", "weight", "owner"])
def test_a_window_of_another_array(library: Server, finished: Trainer, kind: str) -> None:
    shown = _window(library, finished, 4, "fc2.weight", rows="3:9", cols="30:", of=kind)
    expected = getattr(finished.snapshots[4, 2, "fc2.weight"], kind)[3:9, 30:]
    assert (shown["rows"], shown["cols"]) == ([3, 9], [30, 32])
    np.testing.assert_allclose(np.array(shown["values"]), expected, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("kind", ["mask", "owner"])
def test_rows_can_be_sorted_by_density(library: Server, finished: Trainer, kind: str) -> None:
    shown = _window(library, finished, 3, "fc1.weight", of=kind, order="density", rows="0:10")
    array = getattr(finished.snapshots[3, 2, "fc1.weight"], kind).astype(int)
    kept = (array > (-1 if kind == "owner" else 0)).sum(axis=1)
    assert np.array_equal(np.array(shown["values"]), array[shown["units"]])
    densities = kept[shown["units"]].tolist()
    assert densities == sorted(kept.tolist(), reverse=True)[:10]
    assert _window(library, finished, 3, "fc1.weight")["units"] is None


@pytest.mark.parametrize("kind", ["mask", "owner", "importance", "weight"])
def test_clustering_orders_rows_and_loses_none(library: Server, finished: Trainer, kind: str) -> None:
    shown = _window(library, finished, 3, "fc1.weight", of=kind, order="cluster")
    array = getattr(finished.snapshots[3, 2, "fc1.weight"], kind).astype(float)
    assert sorted(shown["units"]) == list(range(32))
    np.testing.assert_allclose(np.array(shown["values"]), array[shown["units"]], rtol=2e-3, atol=1e-7)


def test_clustering_puts_alike_rows_next_to_each_other() -> None:
    random = np.random.default_rng(0)
    kinds = random.integers(0, 4, 60)
    masks = np.array([random.random(300) < share for share in np.linspace(0.1, 0.9, 4)])
    rows = masks[kinds] ^ (random.random((60, 300)) < 0.05)
    ordered = kinds[by_likeness(rows, "mask")]
    assert np.count_nonzero(np.diff(ordered)) == 3, "each kind stands together"


def test_too_many_rows_are_not_clustered_and_say_what_to_do() -> None:
    with pytest.raises(Invalid, match="sort by density instead"):
        by_likeness(np.ones((4_097, 2), dtype=bool), "mask")


def test_filters_of_few_channels_stand_side_by_side() -> None:
    assert tiles_of((64, 1, 3, 3)) == Tiles(3, 3, 1, 8)
    assert tiles_of((64, 3, 3, 3)) == Tiles(3, 3, 3, 4)
    assert tiles_of((64, 64, 3, 3)) == Tiles(3, 3, 64, 1)
    assert tiles_of((7, 1, 5, 5)) == Tiles(5, 5, 1, 1)
    assert not tiles_of((256, 784))
    weight = np.arange(8 * 9, dtype=np.float32).reshape(8, 9)
    stored = StoredArray(0, 0, "conv1.weight", "weight", (8, 1, 3, 3), weight, True)
    picture = arranged(stored, "index", "filters")
    assert picture.values.shape == picture_shape(stored, "filters") == (6, 12)
    for f, r, k in [(0, 0, 0), (3, 2, 1), (4, 0, 2), (7, 2, 2)]:
        assert picture.values[f // 4 * 3 + r, f % 4 * 3 + k] == weight[f, 3 * r + k]


def test_kernels_of_a_convolution_are_laid_out_as_images(server: Server) -> None:
    """Filter f, channel c, row r, column k stands at row 3f + r and column 2c + k."""
    weight = np.arange(4 * 5 * 3 * 2, dtype=np.float32).reshape(4, 5, 3, 2)
    claim = claimed(server.database, queued(server.database, spec()))
    snapshot = MaskSnapshot(0, 0, "conv1.weight", weight % 2 == 0, None, None, weight, end_of_task=True)
    with server.database.write() as session:
        write(session, claim, Batch(number=1, masks=[(1, snapshot)]))
    address = f"/api/runs/{claim.run_id}/masks/0/conv1.weight"
    grid = np.array(server.get(address, of="weight", layout="filters")["values"])
    assert grid.shape == (12, 10)
    for f, c, r, k in [(0, 0, 0, 0), (1, 0, 0, 0), (2, 3, 1, 1), (3, 4, 2, 1)]:
        assert grid[3 * f + r, 2 * c + k] == pytest.approx(weight[f, c, r, k], rel=2e-3)
    sorted_ = server.get(address, of="weight", layout="filters", order="density")
    assert sorted_["units"] == [3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]
    figure = server.get(
        "/api/figures/mask_heatmap", run=claim.run_id, layer="conv1.weight", of="weight", layout="filters"
    )
    assert figure["data"][0]["text"][7][7].startswith("filter 2, channel 3, row 1, column 1: weight ")


def test_an_earlier_round_can_be_asked_for(library: Server, finished: Trainer) -> None:
    shown = _window(library, finished, 1, "fc1.weight", round=1)
    assert np.array_equal(np.array(shown["values"]), finished.snapshots[1, 1, "fc1.weight"].mask)


@pytest.mark.parametrize(
    ("path", "params", "status", "says"),
    [
        ("9/fc1.weight", {}, 404, "0, 1, 2, 3 and 4"),
        ("0/fc9.weight", {}, 404, "fc1.weight and fc2.weight"),
        ("0/fc1.weight", {"round": 7}, 404, "round"),
        ("0/fc1.weight", {"rows": "40:50"}, 422, "32"),
        ("0/fc1.weight", {"rows": "5:5"}, 422, "32"),
        ("0/fc1.weight", {"rows": "a:b"}, 422, ""),
        ("0/fc1.weight", {"size": 0}, 422, ""),
        ("0/fc1.weight", {"of": "soul"}, 422, ""),
        ("-1/fc1.weight", {}, 422, ""),
    ],
)
def test_what_cannot_be_shown_says_why(
    library: Server, finished: Trainer, path: str, params: dict[str, Any], status: int, says: str
) -> None:
    response = library.http.get(f"/api/runs/{finished.claim.run_id}/masks/{path}", params=params)
    assert response.status_code == status
    assert says in response.json()["error"]["message"]


def test_a_strategy_without_masks_says_so(library: Server, unpruned: Trainer) -> None:
    index = library.get(f"/api/runs/{unpruned.claim.run_id}/masks")
    assert index["items"] == []
    assert "finetune" in index["sentence"]


def test_importance_alone_is_shown_and_says_that_there_are_no_masks(server: Server) -> None:
    """As EWC records: importance and weights at each task's end, no mask, no owner."""
    claim = claimed(server.database, queued(server.database, spec(strategy={"kind": "ewc"})))
    importance = np.random.default_rng(0).random((6, 9), dtype=np.float32)
    snapshot = MaskSnapshot(0, 0, "fc1.weight", None, importance, None, importance, end_of_task=True)
    with server.database.write() as session:
        write(session, claim, Batch(number=1, masks=[(1, snapshot)]))
    index = server.get(f"/api/runs/{claim.run_id}/masks")
    assert index["items"][0]["kinds"] == ["importance", "weight"]
    assert index["sentence"].startswith("ewc keeps no masks; its importance is stored.")
    shown = server.get(f"/api/runs/{claim.run_id}/masks/0/fc1.weight", of="importance")
    np.testing.assert_allclose(np.array(shown["values"]), importance, rtol=2e-3, atol=1e-4)
    figures = "/api/figures/"
    drawn = server.get(f"{figures}mask_heatmap", run=claim.run_id, of="importance")
    assert drawn["layout"]["meta"]["empty"] is False
    mask = server.get(f"{figures}mask_heatmap", run=claim.run_id)
    assert mask["layout"]["meta"]["sentence"] == "ewc stores no mask; there is importance and weight."


def test_a_difference_counts_what_was_freed_and_taken(library: Server, finished: Trainer) -> None:
    shown = library.get(
        f"/api/runs/{finished.claim.run_id}/masks/3/fc1.weight/difference", before=1, size=1_024
    )
    earlier = finished.snapshots[1, 2, "fc1.weight"].mask
    later = finished.snapshots[3, 2, "fc1.weight"].mask
    assert shown["totals"] == {
        "freed": int((earlier & ~later).sum()),
        "taken": int((~earlier & later).sum()),
        "kept": int((earlier & later).sum()),
        "free": int((~earlier & ~later).sum()),
    }
    assert sum(shown["totals"].values()) == 32 * 64
    assert np.array_equal(np.array(shown["freed"], dtype=bool), earlier & ~later)
    assert np.array_equal(np.array(shown["taken"], dtype=bool), ~earlier & later)


def test_units_are_shown_in_the_original_pixel_order(library: Server, finished: Trainer) -> None:
    task = 2
    shown = library.get(
        f"/api/runs/{finished.claim.run_id}/masks/{task}/fc1.weight/units", of="weight", first=5, count=3
    )
    weight = finished.snapshots[task, 2, "fc1.weight"].weight
    assert weight is not None
    order = pixel_order(64, task)
    for unit, image in zip(shown["units"], shown["images"], strict=True):
        flat = np.array(image).ravel()
        # The task's input i showed pixel order[i], so that weight stands at that pixel.
        for i in (0, 7, 63):
            assert flat[order[i]] == pytest.approx(weight[unit, i], rel=2e-3, abs=1e-6)
    assert shown["units"] == [5, 6, 7]
    assert shown["permuted"] is True
    np.testing.assert_allclose(
        np.array(shown["total"]).ravel()[list(order)], weight.mean(axis=0), rtol=5e-3, atol=1e-4
    )


def test_the_pixels_that_a_task_claims_are_those_of_the_weights_it_owns(
    library: Server, finished: Trainer
) -> None:
    task = 3
    address = f"/api/runs/{finished.claim.run_id}/masks/{task}/fc1.weight/units"
    shown = library.get(address, of="mask")
    owner = finished.snapshots[task, 2, "fc1.weight"].owner
    assert owner is not None
    claimed_by_input = (owner == task).mean(axis=0)
    assert claimed_by_input.max() > claimed_by_input.min()
    flat = np.array(shown["claimed"]).ravel()
    np.testing.assert_allclose(flat[list(pixel_order(64, task))], claimed_by_input, rtol=1e-3)
    units = library.get(address, of="owner", first=4, count=1)
    np.testing.assert_array_equal(
        np.array(units["images"][0]).ravel()[list(pixel_order(64, task))], owner[4] == task
    )
    assert units["total"] == units["claimed"]


def test_a_layer_that_does_not_look_at_images_says_which_does(library: Server, finished: Trainer) -> None:
    response = library.http.get(f"/api/runs/{finished.claim.run_id}/masks/2/fc2.weight/units")
    assert response.status_code == 404
    assert "fc1.weight" in response.json()["error"]["message"]


def test_every_zoom_of_a_large_layer_shows_its_means(server: Server) -> None:
    """4096 × 4096, importance: the density of a window is that of the parameters in it."""
    from anpyc_server.resources.masks import service

    claim = claimed(server.database, queued(server.database, spec()))
    random = np.random.default_rng(0)
    mask = random.random((4096, 4096), dtype=np.float32) > 0.3
    snapshot = MaskSnapshot(0, 0, "big", mask, None, None, None, end_of_task=True)
    with server.database.write() as session:
        write(session, claim, Batch(number=1, masks=[(1, snapshot)]))
    for number in range(6):
        side = 4096 >> number
        start = int(random.integers(0, 4096 - side + 1))
        window = f"{start}:{start + side}"
        shown = service.window(
            server.services,
            claim.run_id,
            0,
            "big",
            rows=window,
            cols=window,
            size=256,
            kind="mask",
            round_=None,
        )
        expected = mask[start : start + side, start : start + side].mean()
        assert np.mean(shown.values) == pytest.approx(float(expected), abs=1e-3)


def test_the_most_frequent_owner_of_a_cell_wins() -> None:
    owners = np.array([[0, 0, 1], [2, 0, 1], [-1, -1, 3]], dtype=np.int16)
    assert cells.most_frequent(owners, (2, 2)).tolist() == [[0, 1], [-1, 3]]


def test_means_over_uneven_cells_weigh_every_parameter_once() -> None:
    values = np.random.default_rng(1).normal(size=(23, 17))
    means = cells.means(values, (5, 4))
    heights, widths = np.array([5, 5, 5, 5, 3]), np.array([4, 4, 4, 4, 1])
    assert float((means * np.outer(heights, widths)).sum()) == pytest.approx(values.sum())


def test_the_test_layers_are_those_of_the_plan(library: Server, finished: Trainer) -> None:
    planned = library.get(f"/api/runs/{finished.claim.run_id}")["plan"]["layers"]
    assert [layer["name"] for layer in planned] == [layer.name for layer in LAYERS]


def test_two_runs_in_numbers(server: Server) -> None:
    one, two = (
        Trainer(server.database, queued(server.database, spec(seed=seed, name=f"seed {seed}")), seed=seed)
        for seed in (0, 1)
    )
    one.train(3)
    two.train(2)
    path = f"/api/runs/{one.claim.run_id}/masks/beside"
    answer = server.get(path, run=two.claim.run_id)
    assert (answer["task"], answer["first"], answer["second"]) == (1, "seed 0", "seed 1")
    for row in answer["layers"]:
        first, second = (run.snapshots[1, 2, row["layer"]].mask for run in (one, two))
        assert first is not None
        assert second is not None
        assert row["both"] == (first & second).sum()
        assert row["first"] == (first & ~second).sum()
        assert row["second"] == (second & ~first).sum()
        assert row["neither"] == (~first & ~second).sum()
        assert row["total"] == first.size == row["first"] + row["second"] + row["both"] + row["neither"]
        assert row["alike"] == pytest.approx((first == second).mean())
    assert server.get(path, run=two.claim.run_id, task=0)["task"] == 0
    assert server.http.get(path, params={"run": two.claim.run_id, "task": 2}).status_code == 404
    assert server.http.get(path, params={"run": "nobody"}).status_code == 404


def test_runs_of_other_networks_are_refused_with_the_layer_that_differs(server: Server) -> None:
    wider = (LayerInfo("fc1.weight", (64, 64)), LAYERS[1])
    one = Trainer(server.database, queued(server.database, spec(name="narrow"))).train(1)
    two = Trainer(server.database, queued(server.database, spec(name="wide")), layers=wider).train(1)
    waits = queued(server.database, spec(name="waits"))
    path = f"/api/runs/{one.claim.run_id}/masks/beside"
    refused = server.http.get(path, params={"run": two.claim.run_id})
    assert refused.status_code == 409
    message = refused.json()["error"]["message"]
    assert "fc1.weight is 32 × 64 in the one and 64 × 64 in the other" in message
    refused = server.http.get(path, params={"run": waits})
    assert refused.status_code == 409
    assert "waits has not begun" in refused.json()["error"]["message"]
