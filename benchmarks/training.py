"""Time per epoch against a bare PyTorch loop measured in the same process, and memory against the size of the
data.

    ANPYC_DATASETS_DIR=… python benchmarks/training.py

One thread, permuted MNIST, batch 256. The bare loop is what a careful user would write: the same network of
torch modules with dropout, all images in one tensor, a shuffled index, ``torch.optim.SGD``; no evaluation and
no penalty. The epochs of ours are those of the second task, where the penalty (or a pruning round) is active.
Both take turns, and the median counts. Exits with 1 above the bounds: 1.1 for EWC, 1.0 for ``authors-anpyc``,
1.5 times the data for memory."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import torch
from _silent import Silent
from torch import nn

from anpyc.datasets.reading import load_dataset
from anpyc.datasets.vision import torchvision_datasets
from anpyc.presets import PRESETS
from anpyc.recording import EpochResult
from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc.spec.dataset import MnistDataset
from anpyc.training import Stopped, train

EPOCHS = 6


class BareLoop:
    """Fine-tuning of one network, written without this package."""

    def __init__(self, hidden: Sequence[int], lr: float) -> None:
        data = load_dataset(MnistDataset(), settings().datasets).train
        self._images = data.pixels.float().div_(255).flatten(1)
        self._labels = data.labels
        layers: list[nn.Module] = []
        inputs = self._images.shape[1]
        for units in hidden:
            layers += [nn.Linear(inputs, units), nn.ReLU(), nn.Dropout(0.5)]
            inputs = units
        self._network = nn.Sequential(*layers, nn.Linear(inputs, 10))
        self._optimizer = torch.optim.SGD(self._network.parameters(), lr=lr)

    def epoch(self, images: int, batch: int = 256) -> float:
        """Seconds for one pass over so many images."""
        started = time.perf_counter()
        order = torch.randperm(images)
        for start in range(0, images, batch):
            chosen = order[start : start + batch]
            loss = nn.functional.cross_entropy(self._network(self._images[chosen]), self._labels[chosen])
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
        return time.perf_counter() - started


class Stopwatch:
    """Keeps the seconds of the second task's epochs, a bare epoch after each, and stops when it has
    enough."""

    def __init__(self, bare: BareLoop, images: int) -> None:
        self._bare = bare
        self._images = images
        self.ours: list[float] = []
        self.theirs: list[float] = []

    def epoch(self, result: EpochResult) -> None:
        if result.task == 1:
            self.ours.append(result.seconds)
            self.theirs.append(self._bare.epoch(self._images))

    def should_stop(self) -> bool:
        return len(self.ours) >= EPOCHS

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments: None


def shortened(name: str) -> RunSpec:
    """A short first task, then enough epochs to time."""
    data = PRESETS[name].model_dump()
    data["benchmark"]["tasks"] = 3
    data["training"] |= {"epochs": 3 if name == "authors-anpyc" else EPOCHS, "evaluate_every": 100}
    if name == "authors-anpyc":
        data["strategy"] |= {"retrain_epochs": 3, "prune_step": 50}
    return parse_spec(data)


def ratio(name: str) -> float:
    spec = shortened(name)
    images = 60_000 - spec.dataset.validation
    bare = BareLoop(spec.model.hidden, spec.training.lr)
    bare.epoch(images)
    watch = Stopwatch(bare, images)
    with suppress(Stopped):
        train(spec, watch, datasets_dir=settings().datasets, threads=1)
    ours, theirs = median(watch.ours), median(watch.theirs)
    print(f"{name}: {ours:.3f} s per epoch, bare loop {theirs:.3f} s, ratio {ours / theirs:.2f}")
    return ours / theirs


def memory_share() -> float:
    """Peak memory above that of the imports, in units of the data as floats; in a process of its own."""
    spec = shortened("bench-ewc").model_copy(
        update={"training": PRESETS["bench-ewc"].training.model_copy(update={"epochs": 1})}
    )
    torchvision_datasets()
    torch.randn(256, 784) @ torch.randn(784, 512)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = 70_000 * 784 * 4
    train(spec, Silent(), datasets_dir=settings().datasets, threads=1)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / data


def main() -> int:
    if sys.argv[1:] == ["memory"]:
        print(memory_share())
        return 0
    torch.set_num_threads(1)
    answer = subprocess.run(
        [sys.executable, Path(__file__), "memory"], capture_output=True, text=True, check=True
    )
    memory = float(answer.stdout)
    print(f"memory: {memory:.2f} times the data")
    within = [ratio("bench-ewc") <= 1.1, ratio("authors-anpyc") <= 1.0, memory <= 1.5]
    print("within the bounds" if all(within) else "OUTSIDE the bounds")
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
