"""Figures of masks, owners, importances and weights, checked against the arrays themselves."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anpyc.recording import MaskSnapshot
from anpyc_queue.recording import Batch, write
from drawn import drawn, trace_of
from serving import Server, Trainer, claimed, queued, spec


@pytest.mark.parametrize("kind", ["mask", "owner", "importance", "weight"])
def test_the_heatmap_shows_the_stored_array(library: Server, finished: Trainer, kind: str) -> None:
    task = 0 if kind == "mask" else 3
    figure = drawn(library, "mask_heatmap", finished, task=task, layer="fc2.weight", of=kind)
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
    meta = drawn(library, "mask_heatmap", finished)["layout"]["meta"]
    assert meta["title"] == "Mask of fc1.weight"
    assert "after task 4, pruning round 2" in meta["sentence"]


def test_a_coarse_heatmap_is_placed_by_parameter(library: Server, finished: Trainer) -> None:
    (heatmap,) = drawn(library, "mask_heatmap", finished, size=16, rows="0:32", cols="32:64")["data"]
    assert (heatmap["x0"], heatmap["dx"], heatmap["y0"], heatmap["dy"]) == (32.5, 2, 0.5, 2)
    assert np.array(heatmap["z"]).shape == (16, 16)


def test_a_close_look_tells_all_that_is_stored_of_a_weight(library: Server, finished: Trainer) -> None:
    (heatmap,) = drawn(
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
    figure = drawn(
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
    clustered = drawn(library, "mask_heatmap", finished, layer="fc1.weight", order="cluster")
    assert "clustered" in clustered["layout"]["meta"]["sentence"]


def test_the_flow_of_owners_counts_every_weight(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "owner_flow", finished, layer="fc1.weight")
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
    figure = drawn(library, "mask_difference", finished, layer="fc1.weight", task=3, before=1)
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
    (heatmap,) = drawn(library, "overlap", finished, layer="fc1.weight")["data"]
    masks = [finished.snapshots[task, 2, "fc1.weight"].mask for task in range(5)]
    for i in range(5):
        for j in range(5):
            share = (masks[i] & masks[j]).sum() / (masks[i] | masks[j]).sum()
            assert heatmap["z"][i][j] == pytest.approx(100 * share, abs=0.01)


def test_owners_add_up_to_the_layer(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "owner_shares", finished, layer="fc1.weight")
    sums = np.sum([trace["y"] for trace in figure["data"]], axis=0)
    np.testing.assert_allclose(sums, 100, atol=0.01)
    owner = finished.snapshots[4, 2, "fc1.weight"].owner
    assert trace_of(figure, "task 0")["y"][-1] == pytest.approx(100 * float((owner == 0).mean()), abs=0.01)


def test_the_distribution_of_importance_is_logarithmic(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "importance_distribution", finished, layer="fc1.weight", task=4)
    importance = finished.snapshots[4, 2, "fc1.weight"].importance
    assert importance is not None
    line = trace_of(figure, "task 4")
    assert sum(line["y"]) == pytest.approx(100 * float((importance > 0).mean()), abs=0.1)
    assert figure["layout"]["xaxis"]["type"] == "log"
    before = finished.snapshots[4, 1, "fc1.weight"].importance
    assert before is not None
    unpruned = trace_of(figure, "task 4, before pruning")
    assert sum(unpruned["y"]) == pytest.approx(100 * float((before > 0).mean()), abs=0.1)
    flat = importance.ravel().astype(float)
    kurtosis = ((flat - flat.mean()) ** 4).mean() / flat.var() ** 2
    assert f"kurtosis {kurtosis:.0f}" in figure["layout"]["meta"]["sentence"]


def test_units_are_drawn_with_their_mean_first(library: Server, finished: Trainer) -> None:
    figure = drawn(library, "unit_images", finished, layer="fc1.weight", task=1)
    grid = np.array(figure["data"][0]["z"], dtype=float)
    units = library.get(f"/api/runs/{finished.claim.run_id}/masks/1/fc1.weight/units", count=32)
    np.testing.assert_allclose(grid[4:12, 0:8], units["total"], rtol=5e-3)
    np.testing.assert_allclose(grid[4:12, 9:17], units["images"][0], rtol=5e-3)
    assert "original order" in figure["layout"]["meta"]["sentence"]
