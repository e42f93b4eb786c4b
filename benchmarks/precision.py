"""What ``training.precision: fast`` gains, and what it costs in accuracy: about a minute.

    ANPYC_DATASETS_DIR=… python benchmarks/precision.py [ITERATIONS]

Two tasks of the protocol of van de Ven and Tolias (MLP 1000-1000, batches of 128), one thread, in 32-bit and
in bfloat16 in turn, three times each: time of training alone, and the average accuracy at the end."""

from __future__ import annotations

import sys
from itertools import chain

from _turns import Clock, tell

from anpyc.settings import settings
from anpyc.training import train
from anpyc_cli.specification import read_specification


def main() -> int:
    iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    changes = [f"training.iterations={iterations}", "benchmark.tasks=2", "training.evaluate_every=10"]
    seconds: dict[str, list[float]] = {"full": [], "fast": []}
    accuracy: dict[str, str] = {}
    for _ in range(3):
        for precision, times in seconds.items():
            wanted = [*changes, f"training.precision={precision}"]
            spec = read_specification(None, "vandeven-permuted-mnist-none", wanted, 0)
            clock = Clock()
            result = train(spec, clock, datasets_dir=settings().datasets, threads=1)
            times.append(sum(chain(*clock.seconds.values())) / (2 * iterations))
            accuracy[precision] = f"{result.metrics['average_accuracy']:.2%}"
    tell(seconds, accuracy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
