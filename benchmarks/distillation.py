"""What learning without forgetting costs where it has the most heads to answer for: about two minutes.

    ANPYC_DATASETS_DIR=… python benchmarks/distillation.py [TASKS]

The protocol of van de Ven and Tolias (MLP 1000-1000, batches of 128, bfloat16), one thread, 40 iterations a
task: time per iteration on the last task, LwF and fine-tuning in turn, five times each. The network that is
distilled is asked once per batch, so about 1.35 times fine-tuning is what the arithmetic alone takes."""

from __future__ import annotations

import sys
from statistics import median

from _silent import Silent

from anpyc.recording import EpochResult
from anpyc.settings import settings
from anpyc.training import ITERATION_EPOCHS, train
from anpyc_cli.specification import read_specification

ITERATIONS = 40
TURNS = 5


class LastTask(Silent):
    """The seconds of every epoch of the last task."""

    def __init__(self, tasks: int) -> None:
        self._last = tasks - 1
        self.seconds: list[float] = []

    def epoch(self, result: EpochResult) -> None:
        if result.task == self._last:
            self.seconds.append(result.seconds)


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
    for _ in range(TURNS):
        for method, seconds in times.items():
            spec = read_specification(None, f"vandeven-permuted-mnist-{method}", changes, 0)
            clock = LastTask(tasks)
            train(spec, clock, datasets_dir=settings().datasets, threads=1)
            seconds.append(median(clock.seconds) * ITERATION_EPOCHS / ITERATIONS)
    for method, seconds in times.items():
        each = ", ".join(f"{1000 * t:.1f}" for t in seconds)
        print(f"{method}: {1000 * median(seconds):.1f} ms per iteration of task {tasks} ({each})")
    print(f"lwf / none: {median(times['lwf']) / median(times['none']):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
