"""What ``training.precision: fast`` gains, and what it costs in accuracy: about a minute.

    ANPYC_DATASETS_DIR=… python benchmarks/precision.py [ITERATIONS]

Two tasks of the protocol of van de Ven and Tolias (MLP 1000-1000, batches of 128), one thread, in 32-bit and
in bfloat16 in turn, three times each: time of training alone, and the average accuracy at the end."""

from __future__ import annotations

import sys
from statistics import median
from typing import Any

from _silent import Silent

from anpyc.recording import EpochResult
from anpyc.settings import settings
from anpyc.training import train
from anpyc_cli.specification import read_specification


class Clock(Silent):
    """Adds up the seconds of the epochs."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def epoch(self, result: EpochResult) -> None:
        self.seconds += result.seconds


def main() -> int:
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    changes = [f"training.iterations={iterations}", "benchmark.tasks=2", "training.evaluate_every=10"]
    seconds: dict[str, list[float]] = {"full": [], "fast": []}
    accuracy: dict[str, Any] = {}
    for _ in range(3):
        for precision, times in seconds.items():
            wanted = [*changes, f"training.precision={precision}"]
            spec = read_specification(None, "vandeven-permuted-mnist-none", wanted, 0)
            clock = Clock()
            result = train(spec, clock, datasets_dir=settings().datasets, threads=1)
            times.append(clock.seconds / (2 * iterations))
            accuracy[precision] = result.metrics["average_accuracy"]
    for precision, times in seconds.items():
        each = ", ".join(f"{1000 * t:.1f}" for t in times)
        print(f"{precision}: {1000 * median(times):.1f} ms per iteration ({each}), {accuracy[precision]:.2%}")
    print(f"fast / full: {median(seconds['fast']) / median(seconds['full']):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
