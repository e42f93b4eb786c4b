"""What training costs above its matrix products, evaluation included.

    ANPYC_DATASETS_DIR=… python benchmarks/matrix_products.py [--set training.precision=fast]

EWC, MLP 512-256, batch 256, one CPU thread (preset ``bench-ewc``): the epochs of the second task, each with
its test of both tasks. After each the same matrix products alone: of every step forward and backward, in the
network's shapes, and of every test image forward, all pixels counted. Both take turns; medians count.
Processor time of the process. Exits with 1 above 1.5."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import suppress
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from _silent import Silent
from torch.nn import functional as F

from anpyc.datasets.vision import torchvision_datasets
from anpyc.settings import settings
from anpyc.training import Stopped, train
from anpyc_cli.specification import read_specification

EPOCHS = 6
TEST_IMAGES, TEST_BATCH = 10_000, 2_000
BOUND = 1.5


class Products:
    """The matrix products of a perceptron, and nothing else."""

    def __init__(self, sizes: list[int], batch: int) -> None:
        self._weights = [torch.randn(outputs, inputs) / inputs**0.5 for inputs, outputs in pairwise(sizes)]
        self._batch = batch

    def epoch(self, images: int, tasks: int) -> float:
        """Seconds of processor time for one epoch and a test of so many tasks."""
        shown, tested = torch.rand(self._batch, self._inputs), torch.rand(TEST_BATCH, self._inputs)
        began = time.process_time()
        for _ in range(-(-images // self._batch)):
            self._step(shown)
        for _ in range(tasks * TEST_IMAGES // TEST_BATCH):
            x = tested
            for weight in self._weights:
                x = F.linear(x, weight)
        return time.process_time() - began

    @property
    def _inputs(self) -> int:
        return self._weights[0].shape[1]

    def _step(self, x: torch.Tensor) -> None:
        inputs = []
        for weight in self._weights:
            inputs.append(x)
            x = F.linear(x, weight)
        gradient = x
        for index in reversed(range(len(inputs))):
            gradient.t() @ inputs[index]
            if index:
                gradient = gradient @ self._weights[index]


class Turns(Silent):
    """Keeps the processor time from the end of one test of the second task to the end of the next, the
    products in between left out."""

    def __init__(self, products: Products, images: int) -> None:
        self._products, self._images = products, images
        self._mark: float | None = None
        self.ours: list[float] = []
        self.alone: list[float] = []

    def evaluation(self, evaluation: Any) -> None:
        if evaluation.task != 1 or evaluation.end_of_task:
            return
        if self._mark is not None:
            self.ours.append(time.process_time() - self._mark)
            self.alone.append(self._products.epoch(self._images, tasks=2))
        self._mark = time.process_time()

    def should_stop(self) -> bool:
        return len(self.ours) >= EPOCHS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", dest="changes", action="append", default=[], metavar="FIELD=VALUE")
    asked = parser.parse_args()
    changes = [f"training.epochs={EPOCHS + 2}", "training.evaluate_every=1", "benchmark.tasks=3"]
    spec = read_specification(None, "bench-ewc", [*changes, *asked.changes], 0)
    torch.set_num_threads(1)
    torchvision_datasets()
    images = spec.dataset.train_limit or 60_000 - spec.dataset.validation
    turns = Turns(Products([784, *spec.model.hidden, 10], spec.training.batch_size), images)
    with suppress(Stopped):
        train(spec, turns, datasets_dir=settings().datasets, threads=1)
    ours, alone = median(turns.ours), median(turns.alone)
    for name, seconds in (("with everything", turns.ours), ("products alone", turns.alone)):
        print(f"{name}: {', '.join(f'{s:.2f}' for s in seconds)}")
    print(f"an epoch with its tests: {ours:.2f} s of processor time; matrix products alone {alone:.2f} s")
    print(f"| above the matrix products | {ours / alone:.2f} | ≤ {BOUND} |")
    return 0 if ours / alone <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
