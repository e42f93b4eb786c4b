"""A trainer that needs no torch: takes the place of ``anpyc.training`` and ``anpyc.whatif`` in the process.

Its numbers follow from the specification alone: a disturbed run can be held against an undisturbed one.
``training.lr`` is the seconds an epoch takes; seed 13 fails in the second task.
"""

from __future__ import annotations

import json
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anpyc.errors import DatasetMissing, NonFiniteLoss, Stopped
from anpyc.metrics import summarise
from anpyc.recording import (
    Checkpoint,
    EpochResult,
    Evaluation,
    LayerInfo,
    LayerStatistics,
    MaskSnapshot,
    Plan,
    Recorder,
)
from anpyc.spec import RunSpec

LAYER, SHAPE = "fc1.weight", (16, 64)


@dataclass(frozen=True)
class PrunedAccuracy:
    share: float
    accuracy: dict[int, float]
    zeros: float


@dataclass(frozen=True)
class Measurement:
    ranked_by: str
    images: int | None
    points: Iterator[PrunedAccuracy]


@dataclass
class RunResult:
    metrics: dict[str, float]


def train(
    spec: RunSpec,
    recorder: Recorder,
    *,
    datasets_dir: Path,
    checkpoint: Checkpoint | None = None,
    threads: int | None = None,
    checkpoint_seconds: float = 300.0,
) -> RunResult:
    tasks, epochs = spec.benchmark.tasks, spec.training.epochs
    recorder.plan(Plan(tasks, tasks * epochs, tuple(map(str, range(tasks))), (LayerInfo(LAYER, SHAPE),), {}))
    done = checkpoint.step if checkpoint else 0
    matrix: list[list[float]] = json.loads(str(checkpoint.state["matrix"])) if checkpoint else []
    recorder.log("info", f"from step {done}")
    for step in range(done + 1, tasks * epochs + 1):
        task, epoch = divmod(step - 1, epochs)
        _wait(recorder, spec.training.lr)
        if spec.seed == 13 and task == 1:
            raise NonFiniteLoss(f"The loss is not finite at step {step}: the learning rate is too high.")
        loss = 1 / step + spec.seed
        recorder.epoch(EpochResult(step, task, 0, epoch + 1, loss, 0.0, 0.1, 0.01, step / (tasks * epochs)))
        ends = epoch + 1 == epochs
        row = [1 - (task - on_task) / 20 - 1 / (10 * (step + on_task)) for on_task in range(task + 1)]
        recorder.evaluation(Evaluation(step, task, 0, dict(enumerate(row)), ends))
        if ends:
            matrix.append(row)
            _layers(recorder, spec, task)
            recorder.metrics(summarise(matrix))
        state = {"matrix": json.dumps(matrix), "progress": {"task": step // epochs, "round": 0}}
        outcome = b"outcome of task %d" % task if ends else None
        recorder.checkpoint(Checkpoint(step, task, 0, bytes(step), state, outcome))
    full: list[list[float | None]] = [[*row, *[None] * (tasks - len(row))] for row in matrix]
    return RunResult(summarise(full))


def measure(
    spec: RunSpec,
    outcome: bytes,
    task: int,
    shares: Sequence[float],
    *,
    datasets_dir: Path,
    threads: int | None = None,
    should_stop: Callable[[], bool],
) -> Measurement:
    """A share takes ten epochs' time; what comes out follows from task and share."""
    assert outcome == b"outcome of task %d" % task

    def points() -> Iterator[PrunedAccuracy]:
        for share in shares:
            _pause(10 * spec.training.lr, should_stop)
            yield PrunedAccuracy(
                share, {on_task: 1 - share * (on_task + 1) / 10 for on_task in range(task + 1)}, share
            )

    if spec.seed == 13:
        raise DatasetMissing("The data set is not there any more. Put it back and evaluate again.")
    return Measurement("importance", None, points())


def _pause(seconds: float, should_stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if should_stop():
            raise Stopped
        time.sleep(min(left, 0.05))


def _wait(recorder: Recorder, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        if recorder.should_stop():
            raise Stopped
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, 0.05))


def _layers(recorder: Recorder, spec: RunSpec, task: int) -> None:
    random = np.random.default_rng((spec.seed, task))
    mask = random.random(SHAPE) < 0.5
    kept = int(mask.sum())
    recorder.layers(
        [LayerStatistics(task, 0, LAYER, SHAPE, mask.size, mask.size - kept, kept, mask.size - kept, 0, 1.0)]
    )
    recorder.masks([MaskSnapshot(task, 0, LAYER, mask, random.random(SHAPE).astype(np.float32))])


def install() -> None:
    """Let ``import anpyc.training`` find this module."""
    module: Any = types.ModuleType("anpyc.training")
    module.train = train
    whatif: Any = types.ModuleType("anpyc.whatif")
    whatif.measure, whatif.coarse_to_fine = measure, sorted
    sys.modules |= {"anpyc.training": module, "anpyc.whatif": whatif}
    import anpyc

    anpyc.training = module  # type: ignore[attr-defined]
    anpyc.whatif = whatif  # type: ignore[attr-defined]
