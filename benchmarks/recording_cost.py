"""What recording masks costs a run: processor time beside that of training, and bytes in the database.

``python benchmarks/recording_cost.py [PRESET] [--epochs N]``: trains the preset (``authors-anpyc``) under the
worker's recorder on one thread, with SQLite, and adds up the processor time of taking statistics and masks
on the training thread and of compressing and writing them on the recorder's. Bytes are what the database
shrinks by when the run's masks and statistics are deleted. ``--epochs`` shortens base training and rounds to
so many epochs each and states what that means for the full run: the same masks are recorded, only training is
shorter.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anpyc import training
from anpyc.presets import PRESETS
from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc_queue import jobs, recording
from anpyc_queue.engine import open_database
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.recorder import CHECKPOINT_SECONDS, DatabaseRecorder

MOST_SHARE, MOST_BYTES = 0.03, 3_000_000


class Timed:
    """A function that adds up the processor time of its calls, on whichever thread they come."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.seconds, self.calls = 0.0, 0

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., Any]:
        return lambda *arguments, **options: self(instance, *arguments, **options)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        began = time.thread_time()
        try:
            return self._function(*arguments, **options)
        finally:
            self.seconds += time.thread_time() - began
            self.calls += 1


def main() -> int:
    """Train, print a table; answers 1 when recording costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", default="authors-anpyc")
    parser.add_argument("--epochs", type=int, help="shorten base training and rounds to so many epochs")
    asked = parser.parse_args()
    full = PRESETS[asked.preset]
    spec = full if asked.epochs is None else _shortened(full, asked.epochs)
    with tempfile.TemporaryDirectory(prefix="anpyc-recording-") as folder:
        path = Path(folder) / "anpyc.sqlite3"
        parts, trained, seconds = _train(spec, path, folder)
        arrays, all_bytes = _bytes(path)
    recorded = sum(part.seconds for part in parts.values())
    share = recorded / (seconds - recorded)
    print(f"{asked.preset}: {trained} epochs, {seconds:.1f} s of processor time, all threads")
    for name, part in parts.items():
        print(f"  {name}: {part.calls} calls, {part.seconds:.3f} s")
    print(f"| recording, share of training | {100 * share:.2f} % | < {100 * MOST_SHARE:.0f} % |")
    print(
        f"| masks and statistics in the database | {all_bytes / 1e6:.2f} MB | < {MOST_BYTES / 1e6:.0f} MB |"
    )
    print(f"  of these the arrays: {', '.join(f'{of} {size / 1e6:.2f} MB' for of, size in arrays.items())}")
    if asked.epochs is not None:
        whole = recorded / ((seconds - recorded) * full.epochs() / trained)
        print(f"  at the full length of {full.epochs()} epochs the same recording is {100 * whole:.2f} %")
        share = whole
    return 0 if share < MOST_SHARE and all_bytes < MOST_BYTES else 1


def _shortened(spec: RunSpec, epochs: int) -> RunSpec:
    content = spec.model_dump()
    content["training"]["epochs"] = content["strategy"]["retrain_epochs"] = epochs
    return parse_spec(content)


def _train(spec: RunSpec, path: Path, folder: str) -> tuple[dict[str, Timed], int, float]:
    database = open_database(f"sqlite:///{path}")
    database.migrate()
    with database.write() as session:
        run, _ = jobs.submit(session, spec)
    with database.write() as session:
        held = jobs.claim(session, run.id, "benchmark", 6_000)
    assert held is not None
    parts = _watched()
    recorder = DatabaseRecorder(database, ArtifactStore(folder), held, WakeUp())
    recorder.start()
    began = time.process_time()
    result = training.train(
        spec, recorder, datasets_dir=settings().datasets, threads=1, checkpoint_seconds=CHECKPOINT_SECONDS
    )
    recorder.close()
    with database.write() as session:
        jobs.finish(session, held, result.metrics)
    seconds = time.process_time() - began
    database.dispose()
    return parts, result.epochs, seconds


def _watched() -> dict[str, Timed]:
    """From here on the parts of recording count what they cost."""
    watched = {}
    for title, place, name in (
        ("statistics and copies", training.Ledger, "close_round"),
        ("handing over", DatabaseRecorder, "masks"),
        ("compressing", recording.Batch, "compress"),
        ("writing statistics", recording, "_layers"),
        ("writing masks", recording, "_masks"),
    ):
        watched[title] = Timed(getattr(place, name))
        setattr(place, name, watched[title])
    return watched


def _bytes(path: Path) -> tuple[dict[str, int], int]:
    """Of each kind of array, and of all that recording left."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    arrays = dict(connection.execute('SELECT "of", SUM(LENGTH(data)) FROM masks GROUP BY "of"').fetchall())
    connection.execute("VACUUM")
    before = path.stat().st_size
    connection.execute("DELETE FROM masks")
    connection.execute("DELETE FROM layers")
    connection.execute("DELETE FROM events WHERE kind IN ('layers', 'masks')")
    connection.execute("VACUUM")
    connection.close()
    return arrays, before - path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
