"""Skewness and kurtosis of importance before and after pruning, for EWC, MAS and ANPyC importance: a few
minutes.

    ANPYC_DATASETS_DIR=… python benchmarks/importance.py [SEEDS]

MLP 64-32 on the first permuted MNIST task of ``authors-anpyc``: trained for its 30 epochs, measured, then
taken through the pruning rounds with 5 epochs of retraining each, and measured again, over all body
parameters together. The authors report that all three distributions grow more skewed and peaked through
pruning."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from anpyc.capacity import importance_moments
from anpyc.importance import fisher_information, output_sensitivity, removal_importance
from anpyc.network import Network
from anpyc.optimizers import Optimizer
from anpyc.presets import PRESETS
from anpyc.recording import Evaluation
from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.spec.strategy import AnpycStrategy
from anpyc.strategies.anpyc import Anpyc
from anpyc.tasks import Examples, Task
from anpyc.training import Stopped, train

Measure = Callable[[Network, Task, Examples], Tensor]
KINDS: dict[str, Measure] = {
    "EWC": lambda network, task, examples: fisher_information(
        network, task, examples, "empirical_sample", 100
    ),
    "MAS": lambda network, task, examples: output_sensitivity(network, task, examples, "sample", 100),
    "ANPyC": lambda network, task, examples: removal_importance(network, task, examples, 99, 1),
}
rows: dict[tuple[str, str], list[tuple[float, float]]] = {}


class Measured(Anpyc):
    """ANPyC that measures all kinds of importance before the first and after the last round of the first
    task."""

    def before_round(self, task: Task, round_: int, examples: Examples, optimizer: Optimizer) -> None:
        if task.index == 0 and round_ == 1:
            self._record("before", task, examples)
        super().before_round(task, round_, examples, optimizer)

    def after_task(self, task: Task, examples: Examples) -> None:
        if task.index == 0:
            self._record("after", task, examples)
        super().after_task(task, examples)

    def _record(self, when: str, task: Task, examples: Examples) -> None:
        for name, measure in KINDS.items():
            skewness, kurtosis = importance_moments(measure(self._network, task, examples))
            rows.setdefault((name, when), []).append((skewness or 0.0, kurtosis or 0.0))


class FirstTaskOnly:
    """Stops at the second task, which is there so that the first is pruned."""

    _ended = False

    def evaluation(self, evaluation: Evaluation) -> None:
        self._ended = evaluation.end_of_task

    def should_stop(self) -> bool:
        return self._ended

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments: None


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    torch.set_num_threads(1)
    AnpycStrategy.implementation = Measured
    for seed in range(seeds):
        data = PRESETS["authors-anpyc"].model_dump() | {"seed": seed}
        data["benchmark"]["tasks"] = 2
        data["strategy"]["retrain_epochs"] = 5
        data["training"]["evaluate_every"] = 100
        with suppress(Stopped):
            train(parse_spec(data), FirstTaskOnly(), datasets_dir=settings().datasets, threads=1)
    risen = True
    for name in KINDS:
        before, after = rows[name, "before"], rows[name, "after"]
        means = [fmean(value[i] for value in when) for when in (before, after) for i in (1, 0)]
        print(
            f"{name}: kurtosis / skewness {means[0]:.0f} / {means[1]:.1f} → {means[2]:.0f} / {means[3]:.1f}"
        )
        risen &= means[2] > means[0] and means[3] > means[1]
    print("all rise through pruning" if risen else "NOT all rise through pruning")
    return 0 if risen else 1


if __name__ == "__main__":
    sys.exit(main())
