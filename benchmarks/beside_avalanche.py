"""Seconds per epoch of EWC beside Avalanche, a bare loop and the matrix products alone, in turns.

    ANPYC_DATASETS_DIR=… python benchmarks/beside_avalanche.py [--turns 3] [--precision fast]

The preset ``bench-ewc`` (permuted MNIST, MLP 512-256, batch 256) on one thread; the second task's epochs,
with all that lies between one epoch and the next: the penalty, the evaluation of both tasks, statistics.
Avalanche 0.6 runs in an environment of its own with the same torch. Exits with 1 below 7 times Avalanche's
speed (10 in bfloat16) or above 1.5 times the matrix products of training and evaluation.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

import torch
from _peers import AVALANCHE, environment
from _silent import Silent
from training import BareLoop

from anpyc.presets import PRESETS
from anpyc.recording import EpochResult
from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc.training import Stopped, train

EPOCHS = 3
BATCH, TEST_BATCH = 256, 1_000
TASKS_TESTED, TEST_IMAGES = 2, 10_000


class Stopwatch(Silent):
    """The time from one epoch of the second task to the next, everything between included."""

    def __init__(self) -> None:
        self.begun: list[float] = []

    def epoch(self, result: EpochResult) -> None:
        if result.task == 1:
            self.begun.append(time.perf_counter())

    def should_stop(self) -> bool:
        return len(self.begun) > EPOCHS


def ours(spec: RunSpec) -> float:
    """Seconds per epoch."""
    watch = Stopwatch()
    with suppress(Stopped):
        train(spec, watch, datasets_dir=settings().datasets, threads=1)
    return median(after - before for before, after in zip(watch.begun, watch.begun[1:], strict=False))


def avalanche() -> float:
    """Seconds per epoch."""
    script = Path(__file__).parent / "peers" / "avalanche_ewc.py"
    python = environment("avalanche", AVALANCHE, with_torch=True)
    answer = subprocess.run(
        [python, "-W", "ignore", script, settings().datasets, str(EPOCHS)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return median(json.loads(answer.stdout.splitlines()[-1])["seconds_per_epoch"])


def products(images: int, dtype: torch.dtype) -> float:
    """Seconds of the matrix products of one epoch and the evaluation after it: nothing but them."""
    widths = (784, 512, 256, 10)
    layers = [torch.randn(outputs, inputs, dtype=dtype) for inputs, outputs in itertools.pairwise(widths)]
    batch = [torch.randn(BATCH, units, dtype=dtype) for units in widths]
    test = [torch.randn(TEST_BATCH, units, dtype=dtype) for units in widths]

    def step() -> None:
        for place, layer in enumerate(layers):
            torch.mm(batch[place], layer.T)
        for place in reversed(range(len(layers))):
            torch.mm(batch[place + 1].T, batch[place])
            if place:
                torch.mm(batch[place + 1], layers[place])

    def evaluate() -> None:
        for place, layer in enumerate(layers):
            torch.mm(test[place], layer.T)

    def seconds(act: Callable[[], None], times: int) -> float:
        act()
        began = time.perf_counter()
        for _ in range(times):
            act()
        return time.perf_counter() - began

    return seconds(step, images // BATCH) + seconds(evaluate, TASKS_TESTED * TEST_IMAGES // TEST_BATCH)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--precision", choices=("full", "fast"), default="full")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    data = PRESETS["bench-ewc"].model_dump(mode="json")
    data["training"] |= {"epochs": EPOCHS + 2, "precision": asked.precision}
    data["benchmark"] |= {"tasks": 2}
    spec = parse_spec(data)
    images = 60_000
    bare = BareLoop(spec.model.hidden, spec.training.lr)
    environment("avalanche", AVALANCHE, with_torch=True)
    ways: dict[str, Callable[[], float]] = {
        "ours": lambda: ours(spec),
        "Avalanche": avalanche,
        "a bare loop without evaluation": lambda: median(bare.epoch(images) for _ in range(EPOCHS)),
        "the matrix products": lambda: median(products(images, torch.float32) for _ in range(EPOCHS)),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(asked.turns):
        for way, measure in ways.items():
            times[way].append(measure())
    for way, seconds in times.items():
        print(f"{way}: {median(seconds):.2f} s per epoch ({', '.join(f'{each:.2f}' for each in seconds)})")
    ratios = {
        way: median(theirs / mine for mine, theirs in zip(times["ours"], times[way], strict=True))
        for way in ways
    }
    least = 10 if asked.precision == "fast" else 7
    words = "bfloat16" if asked.precision == "fast" else "float32"
    print(f"| EWC, {words}: times Avalanche's speed | {ratios['Avalanche']:.1f} | ≥ {least} |")
    print(f"| the same, of a bare loop's time | {1 / ratios['a bare loop without evaluation']:.2f} | |")
    print(f"| the same, of the matrix products' time | {1 / ratios['the matrix products']:.2f} | ≤ 1.5 |")
    met = ratios["Avalanche"] >= least and 1 / ratios["the matrix products"] <= 1.5
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
