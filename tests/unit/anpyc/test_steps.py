"""Replayed steps do what steps as written do. No GPU is needed to see it: the replay takes the step again
over the same tensors. That a GPU is seldom waited for needs one; ``benchmarks/gpu.py`` counts it."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from anpyc import steps, training
from anpyc.recording import EpochResult
from anpyc.training import RunResult, Stopped, train
from unit.anpyc.recorders import Memory, Replays, tiny

STRATEGIES: dict[str, dict[str, object]] = {
    "finetune": {"strategy.kind": "finetune"},
    "ewc": {"strategy.kind": "ewc", "strategy.fisher_images": 100},
    "explicit ewc": {
        "strategy.kind": "ewc",
        "strategy.fisher_images": 100,
        "strategy.consolidation": "explicit",
        "strategy.lam": 1,
    },
    "si": {"strategy.kind": "si"},
    "lwf": {"strategy.kind": "lwf"},
    "packnet": {"strategy.kind": "packnet"},
    "anpyc": {"strategy.kind": "anpyc"},
    "joint": {"strategy.kind": "joint"},
}
SCHEDULES: dict[str, dict[str, object]] = {
    "odd last batch": {"training.epochs": 7, "dataset.train_limit": 130, "training.batch_size": 32},
    "iterations": {"training.iterations": 47, "dataset.train_limit": 130, "training.batch_size": 32},
    "falling learning rate": {
        "training.epochs": 7,
        "dataset.train_limit": 130,
        "training.batch_size": 16,
        "training.schedule.kind": "staircase",
        "training.schedule.every": 4,
        "training.schedule.factor": 0.5,
    },
}


def outcome(changes: dict[str, object]) -> tuple[RunResult, list[tuple[float, float]]]:
    recorder = Memory()
    result = train(tiny(changes), recorder, datasets_dir=Path(), threads=1)
    return result, [(epoch.loss, epoch.penalty) for epoch in recorder.epochs]


@pytest.mark.parametrize(
    ("strategy", "schedule"),
    [*((s, "odd last batch") for s in STRATEGIES), ("ewc", "iterations"), ("anpyc", "falling learning rate")],
)
def test_replayed_steps_give_the_same_run(
    strategy: str, schedule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {**STRATEGIES[strategy], **SCHEDULES[schedule], "benchmark.tasks": 3}
    written, losses = outcome(changes)
    replays = Replays()
    monkeypatch.setattr(training, "recorder_for", lambda device: replays)
    replayed, same_losses = outcome(changes)
    assert replays.recorded >= 3
    assert replays.replayed > 0
    assert losses == same_losses
    assert (replayed.accuracy, replayed.metrics, replayed.layers) == (
        written.accuracy,
        written.metrics,
        written.layers,
    )


def test_a_replayed_epoch_stops_at_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    replays = Replays()
    monkeypatch.setattr(training, "recorder_for", lambda device: replays)
    recorder = Memory(stop=lambda: replays.replayed == 5)
    spec = tiny({"strategy.kind": "finetune", "training.batch_size": 10, "training.epochs": 9})
    with pytest.raises(Stopped):
        train(spec, recorder, datasets_dir=Path(), threads=1)
    assert replays.replayed == 5


def test_few_steps_are_not_worth_a_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    replays = Replays()
    monkeypatch.setattr(training, "recorder_for", lambda device: replays)
    outcome({"strategy.kind": "finetune", "training.epochs": 1, "training.batch_size": 64})
    assert replays.recorded == 0


def test_steps_that_wait_for_the_device_are_taken_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    replays = Replays()
    monkeypatch.setattr(training, "recorder_for", lambda device: replays)
    monkeypatch.setattr(steps, "_noting_waits", _waiting)
    outcome({"strategy.kind": "finetune", "training.epochs": 9, "training.batch_size": 10})
    assert replays.recorded == 0


class _waiting:  # noqa: N801 - stands in for a function
    def __enter__(self) -> list[str]:
        return ["somewhere.py:1"]

    def __exit__(self, *error: object) -> None:
        pass


def test_without_a_gpu_nothing_is_captured() -> None:
    assert steps.recorder_for(torch.device("cpu")) is None


if torch.cuda.is_available():

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_a_gpu_is_waited_for_twice_an_epoch_at_most(strategy: str) -> None:
        """Once for what the epoch measured, once for the evaluation after it."""
        waits: list[tuple[int, int, int]] = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")

            class Counting(Memory):
                def epoch(self, result: EpochResult) -> None:
                    count = sum("synchronizing CUDA operation" in str(w.message) for w in caught)
                    waits.append((result.task, result.round, count))

            changes = {**STRATEGIES[strategy], **SCHEDULES["odd last batch"], "device": "cuda"}
            train(tiny(changes), Counting(), datasets_dir=Path(), threads=1)
            torch.cuda.set_sync_debug_mode("default")
        between = [b[2] - a[2] for a, b in pairwise(waits) if a[:2] == b[:2]]
        assert max(between) <= 2

    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_a_gpu_learns_what_a_cpu_learns(strategy: str) -> None:
        changes = {**STRATEGIES[strategy], **SCHEDULES["odd last batch"], "model.dropout": 0}
        cpu, _ = outcome(changes)
        gpu, losses = outcome({**changes, "device": "cuda"})
        again, same_losses = outcome({**changes, "device": "cuda"})
        assert losses == same_losses
        assert gpu.accuracy == again.accuracy
        assert gpu.metrics["average_accuracy"] == pytest.approx(cpu.metrics["average_accuracy"], abs=0.03)
