"""What learning without forgetting costs where it has the most heads to answer for: about two minutes.

    ANPYC_DATASETS_DIR=… python benchmarks/distillation.py [TASKS]

The protocol of van de Ven and Tolias (MLP 1000-1000, batches of 128, bfloat16), one thread, 40 iterations a
task: time per iteration on the last task, LwF and fine-tuning in turn, five times each. The network that is
distilled is asked once per batch, so about 1.35 times fine-tuning is what the arithmetic alone takes."""

from __future__ import annotations

import sys
from statistics import median

from _turns import Clock, tell

from anpyc.settings import settings
from anpyc.spec.training import ITERATION_EPOCHS
from anpyc.training import train
from anpyc_cli.specification import read_specification

ITERATIONS = 40
TURNS = 5


def main() -> int:
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    changes = [
        f"benchmark.tasks={tasks}",
        f"training.iterations={ITERATIONS}",
        f"training.evaluate_every={ITERATION_EPOCHS}",
        "training.precision=fast",
        "dataset.train_limit=6000",
    ]
    times: dict[str, list[float]] = {"none": [], "lwf": []}
    early: dict[str, list[float]] = {"none": [], "lwf": []}
    for _ in range(TURNS):
        for method, seconds in times.items():
            spec = read_specification(None, f"vandeven-permuted-mnist-{method}", changes, 0)
            clock = Clock()
            train(spec, clock, datasets_dir=settings().datasets, threads=1)
            seconds.append(_per_iteration(clock, tasks - 1))
            early[method].append(_per_iteration(clock, 1))
    tell(times, {way: f"{1000 * median(seconds):.1f} on the second task" for way, seconds in early.items()})
    return 0


def _per_iteration(clock: Clock, task: int) -> float:
    return median(clock.seconds[task]) * ITERATION_EPOCHS / ITERATIONS


if __name__ == "__main__":
    sys.exit(main())
