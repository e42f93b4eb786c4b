"""What checkpoints cost a training run of the convnet, as the worker takes them.

``python benchmarks/checkpoint_cost.py``: trains under the worker's recorder, with SQLite and a folder for the
artifacts, and adds up the time that packing takes from the training thread and the processor time of storing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anpyc import training
from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc_queue import jobs
from anpyc_queue.engine import open_database
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.recorder import CHECKPOINT_SECONDS, DatabaseRecorder

SPEC: dict[str, Any] = {
    "benchmark": {"kind": "split", "tasks": 2, "classes_per_task": 2},
    "dataset": {"kind": "mnist", "train_limit": 1_500, "pad": 2},
    "model": {"kind": "convnet"},
    "strategy": {"kind": "anpyc", "prune_step": 50, "retrain_epochs": 1},
    "training": {"epochs": 2, "batch_size": 64},
}


class Timed:
    """A function that adds up what its calls cost."""

    def __init__(self, function: Callable[..., Any], clock: Callable[[], float]) -> None:
        self._function, self._clock = function, clock
        self.seconds, self.calls = 0.0, 0

    def __call__(self, *arguments: Any) -> Any:
        began = self._clock()
        try:
            return self._function(*arguments)
        finally:
            self.seconds += self._clock() - began
            self.calls += 1


def main() -> int:
    """Train, print a table; answers 1 when checkpoints cost 2 % or more."""
    spec = parse_spec(SPEC)
    with tempfile.TemporaryDirectory(prefix="anpyc-checkpoints-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'anpyc.sqlite3'}")
        database.migrate()
        with database.write() as session:
            run, _ = jobs.submit(session, spec)
        with database.write() as session:
            held = jobs.claim(session, run.id, "benchmark", 600)
        assert held is not None
        store = ArtifactStore(folder)
        pack = training.pack_tensors = Timed(training.pack_tensors, time.perf_counter)  # type: ignore[assignment]
        save = store.save = Timed(store.save, time.thread_time)  # type: ignore[method-assign]
        recorder = DatabaseRecorder(database, store, held, WakeUp())
        recorder.start()
        began = time.perf_counter()
        result = training.train(
            spec, recorder, datasets_dir=settings().datasets, threads=1, checkpoint_seconds=CHECKPOINT_SECONDS
        )
        total = time.perf_counter() - began
        recorder.close()
        with database.write() as session:
            jobs.finish(session, held, result.metrics)
        with database.read() as session:
            size = jobs.checkpoints(session, run.id)[0].size
        database.dispose()
    share = (pack.seconds + save.seconds) / total
    print(f"training {total:.1f} s, {result.epochs} epochs; a checkpoint is {size / 1e6:.1f} MB")
    print(f"packed {pack.calls} times, {pack.seconds:.3f} s; stored {save.calls} times, {save.seconds:.3f} s")
    print(f"| checkpoints of the convnet, share of training time | {100 * share:.2f} % | < 2 % |")
    return 0 if share < 0.02 else 1


if __name__ == "__main__":
    sys.exit(main())
