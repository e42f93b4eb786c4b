"""Runs of one shape trained as one against the same runs one after another, in the same process.

    ANPYC_DATASETS_DIR=… python benchmarks/stacked.py [--runs 12] [--preset authors-anpyc-small] [--threads N]

Whole runs, shortened: data, evaluation, importance, pruning and checkpoints included, nothing recorded. One
after another each has one thread, as a worker gives a perceptron; as one they have one thread, and then
``--threads``. Turns alternate and the best of each counts, in wall time and in processor time. Exits with 1
where the best ratio of wall times is below ``--bound``."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from _silent import Silent

from anpyc.presets import PRESETS
from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc.stacking import Member, train_together
from anpyc.training import train


def shortened(preset: str, runs: int, changes: dict[str, Any]) -> list[RunSpec]:
    """Two tasks of few images and epochs, in every run another seed."""
    data = PRESETS[preset].model_dump(mode="json")
    data["benchmark"]["tasks"] = 2
    data["dataset"]["train_limit"] = 10_000
    data["training"] |= {"epochs": 2, **changes}
    if "retrain_epochs" in data["strategy"]:
        data["strategy"]["retrain_epochs"] = 1
    return [parse_spec({**data, "seed": seed}) for seed in range(runs)]


def one_after_another(specs: Sequence[RunSpec]) -> None:
    for spec in specs:
        train(spec, Silent(), datasets_dir=settings().datasets, threads=1)


def as_one(specs: Sequence[RunSpec], threads: int) -> None:
    members = [Member(spec, Silent()) for spec in specs]
    outcomes = train_together(members, datasets_dir=settings().datasets, threads=threads)
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    if errors:
        raise errors[0]


def seconds(work: Callable[[], None]) -> tuple[float, float]:
    """Of wall and processor time."""
    wall, worked = time.perf_counter(), time.process_time()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - wall, time.process_time() - worked


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--runs", type=int, default=12)
    options.add_argument("--preset", default="authors-anpyc-small")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--turns", type=int, default=2)
    options.add_argument("--batch", type=int, help="images per batch, another than the preset's")
    options.add_argument("--bound", type=float, default=1.7)
    given = options.parse_args()
    specs = shortened(given.preset, given.runs, {"batch_size": given.batch} if given.batch else {})
    ways: dict[str, Callable[[], None]] = {
        "one after another": lambda: one_after_another(specs),
        "as one, one thread": lambda: as_one(specs, 1),
        f"as one, {given.threads} threads": lambda: as_one(specs, given.threads),
    }
    one_after_another(specs[:1])
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(given.turns):
        for way, work in ways.items():
            times[way].append(seconds(work))
    walls = {way: min(wall for wall, _ in turns) for way, turns in times.items()}
    worked = {way: min(work for _, work in turns) for way, turns in times.items()}
    alone = "one after another"
    print(f"{given.runs} runs of {given.preset}, shortened:")
    for way in ways:
        print(
            f"  {way}: {walls[way]:.1f} s ({walls[alone] / walls[way]:.2f} ×), processor {worked[way]:.1f} s "
            f"({worked[alone] / worked[way]:.2f} ×)"
        )
    met = walls[alone] / min(walls.values()) >= given.bound
    print("The bound is met." if met else "The bound is MISSED.")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
