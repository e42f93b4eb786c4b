"""Which runs can be trained as one."""

from __future__ import annotations

import pytest

from anpyc.spec.stacking import obstacle, stacking_key
from unit.anpyc.recorders import tiny

NUMBERS: dict[str, object] = {
    "name": "another",
    "seed": 5,
    "strategy.lam": 0.5,
    "strategy.initial_prune_percent": 70,
    "training.lr": 0.3,
    "training.momentum": 0.7,
    "training.schedule.kind": "staircase",
}
SHAPES: dict[str, object] = {
    "benchmark.tasks": 4,
    "benchmark.seed": 3,
    "dataset.train_limit": 200,
    "model.hidden": [24],
    "model.dropout": 0.1,
    "strategy.kind": "ewc",
    "training.batch_size": 16,
    "training.epochs": 3,
    "training.optimizer": "adam",
    "training.momentum": 0,
    "training.evaluate_every": 2,
    "device": "cpu",
}


@pytest.mark.parametrize("path", NUMBERS)
def test_runs_that_differ_in_a_number_go_together(path: str) -> None:
    assert stacking_key(tiny(), "cpu") == stacking_key(tiny({path: NUMBERS[path]}), "cpu")


@pytest.mark.parametrize("path", SHAPES)
def test_runs_of_different_shapes_do_not(path: str) -> None:
    other = stacking_key(tiny({path: SHAPES[path]}), "cpu")
    assert other is not None
    assert stacking_key(tiny(), "cpu") != other


@pytest.mark.parametrize(
    "changes",
    [
        {"model.kind": "convnet"},
        {"strategy.kind": "lwf"},
        {"strategy.kind": "joint"},
        {"training.precision": "fast"},
    ],
)
def test_what_is_trained_by_itself_says_why(changes: dict[str, object]) -> None:
    assert stacking_key(tiny(changes), "cpu") is None
    assert obstacle(tiny(changes), "cpu")


def test_a_gpu_stacks_runs_without_dropout() -> None:
    assert stacking_key(tiny(), "cuda") is None
    assert stacking_key(tiny({"model.dropout": 0}), "cuda") is not None
