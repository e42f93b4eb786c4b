"""What the interface shows of masks, owners and importance against the checkpoints of a real run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from anpyc.checkpoints import unpack_tensors
from anpyc.recording import Checkpoint
from anpyc.settings import Settings
from anpyc.spec import parse_spec
from anpyc.training import train
from anpyc_queue import jobs
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.recorder import DatabaseRecorder
from serving import Server, serving

TASKS = 3
PERCENTILES = {0: (20, 40), 1: (20, 40), 2: ()}
"""Of the pruning rounds of each task, as the specification below asks for."""
SPEC: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": TASKS},
    "dataset": {"kind": "digits", "train_limit": 400},
    "model": {"kind": "mlp", "hidden": [24, 16]},
    "strategy": {
        "kind": "anpyc", "retrain_epochs": 2,
        "initial_prune_percent": 40, "prune_step": 20, "prune_decay": 0.9,
    },
    "training": {"epochs": 6, "batch_size": 32, "optimizer": "adam", "lr": 0.01},
}  # fmt: skip

Flat = dict[str, npt.NDArray[Any]]


class Keeping(DatabaseRecorder):
    """The worker's recorder, which keeps every checkpoint besides."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        self.kept = [*getattr(self, "kept", []), checkpoint]
        super().checkpoint(checkpoint)


class Shown:
    """A finished run behind a server, and the checkpoints that it took, by task and round."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        with server.database.write() as session:
            run, _ = jobs.submit(session, parse_spec(SPEC))
            claim = jobs.claim(session, run.id, "test", 600)
        assert claim is not None
        self.run_id = claim.run_id
        store = ArtifactStore(str(folder))
        recorder = Keeping(server.database, store, claim, WakeUp())
        recorder.start()
        # A checkpoint after every epoch: the first of a round still has the importance it was pruned by.
        result = train(parse_spec(SPEC), recorder, datasets_dir=folder, threads=1, checkpoint_seconds=0)
        recorder.close()
        with server.database.write() as session:
            jobs.finish(session, claim, result.metrics)
        with server.database.read() as session:
            self.stored = store.load(jobs.checkpoints(session, self.run_id)[0])
        self.first: dict[tuple[int, int], Flat] = {}
        self.last: dict[tuple[int, int], Flat] = {}
        for checkpoint in recorder.kept:
            tensors = _flat(checkpoint)
            self.first.setdefault((checkpoint.task, checkpoint.round), tensors)
            self.last[checkpoint.task, checkpoint.round] = tensors
        self.layers = server.get(f"/api/runs/{self.run_id}")["plan"]["layers"]

    def parts(self) -> Iterator[tuple[str, slice, list[int]]]:
        """Each layer with its place in the flat tensors."""
        start = 0
        for layer in self.layers:
            end = start + int(np.prod(layer["shape"]))
            yield layer["name"], slice(start, end), layer["shape"]
            start = end

    def window(self, task: int, round_: int, layer: str, kind: str) -> npt.NDArray[Any]:
        path = f"/api/runs/{self.run_id}/masks/{task}/{layer}"
        shown = self.server.get(path, round=round_, of=kind, size=1_024)
        assert shown["exact"]
        return np.array(shown["values"])


def _flat(checkpoint: Checkpoint) -> Flat:
    parts = unpack_tensors(checkpoint.tensors, torch.device("cpu"))
    tensors = parts["strategy"] | {"owner": parts["ledger"]["owner"], "parameters": parts["network"]["flat"]}
    return {name: tensor.numpy() for name, tensor in tensors.items()}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("shown")
    with serving(Settings(data_dir=folder)) as server:
        yield Shown(server, folder)


def test_masks_and_owners_are_those_recomputed_from_the_checkpoints(shown: Shown) -> None:
    """By NumPy: threshold, mask, claims; and the last task to claim a parameter owns it."""
    freed = taken_over = 0
    for layer, part, shape in shown.parts():
        size = part.stop - part.start
        held, owner = np.ones(size, bool), np.full(size, -1)
        for task, percentiles in PERCENTILES.items():
            previous, claimed = held, np.zeros(size, bool)
            for round_, q in enumerate(percentiles, 1):
                importance = shown.first[task, round_]["importance"][part]
                free = np.ones(size, bool) if task == 0 else ~previous
                if free.any():
                    threshold = np.percentile(importance[free].astype(np.float64), q)
                    above = importance >= threshold if task == 0 else importance > threshold
                    claimed = above & (importance > 0) if task == 0 else above
                held = claimed if task == 0 else previous | claimed
                mask = shown.window(task, round_, layer, "mask").ravel()
                assert np.array_equal(mask, held), f"{layer}, task {task}, round {round_}"
            taken_over += int((claimed & (owner >= 0)).sum())
            owner[claimed] = task
            owner[held & (owner < 0)] = task
            owner[~held] = -1
            freed += int((~held).sum())
            last = len(percentiles)
            assert np.array_equal(shown.window(task, last, layer, "owner").ravel(), owner)
            assert np.array_equal(shown.last[task, last]["owner"][part], owner)
            assert np.array_equal(shown.last[task, last]["mask"][part], held)
        assert len(shape) in (1, 2)
    assert freed > 0
    assert taken_over > 0


def test_importance_and_weights_are_those_of_the_checkpoints(shown: Shown) -> None:
    for task, percentiles in PERCENTILES.items():
        end = shown.last[task, len(percentiles)]
        for layer, part, _ in shown.parts():
            for kind, name in (("importance", "importance"), ("weight", "parameters")):
                values = end[name][part]
                window = shown.window(task, len(percentiles), layer, kind).ravel()
                np.testing.assert_allclose(window, values, rtol=2e-3, atol=1e-6 * np.abs(values).max())
    stored = _flat(shown.stored)
    assert np.array_equal(stored["parameters"], shown.last[TASKS - 1, 0]["parameters"])


def test_statistics_are_those_of_the_checkpoints(shown: Shown) -> None:
    rows = shown.server.get(f"/api/runs/{shown.run_id}/layers")
    places = {name: part for name, part, _ in shown.parts()}
    assert {(row["task"], row["round"]) for row in rows} == set(shown.last)
    from scipy import stats  # takes seconds, which collecting need not

    for row in rows:
        tensors, part = shown.last[row["task"], row["round"]], places[row["layer"]]
        mask, importance = tensors["mask"][part], tensors["importance"][part].astype(np.float64)
        assert row["free"] + row["consolidated"] == row["total"] == part.stop - part.start
        assert row["free"] == int((~mask).sum())
        assert row["weight_norm"] == pytest.approx(
            float(np.linalg.norm(tensors["parameters"][part])), rel=1e-4
        )
        for name, q in {"min": 0, "p25": 25, "p50": 50, "p99": 99, "max": 100}.items():
            assert row["quantiles"][name] == pytest.approx(float(np.percentile(importance, q)), rel=1e-4)
        if importance.any():
            assert row["skewness"] == pytest.approx(float(stats.skew(importance)), rel=1e-4)
            assert row["kurtosis"] == pytest.approx(float(stats.kurtosis(importance, fisher=False)), rel=1e-4)
