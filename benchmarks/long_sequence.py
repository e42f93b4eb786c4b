"""What a long sequence of tasks costs, and what of it is not training.

    ANPYC_DATASETS_DIR=… python benchmarks/long_sequence.py
    ANPYC_DATASETS_DIR=… python benchmarks/long_sequence.py --beside ~/earlier --methods finetune
    ANPYC_DATASETS_DIR=… python benchmarks/long_sequence.py --growth --methods packnet

24 permuted MNIST tasks of 100 iterations of 128 images, MLP 400-400, one thread: fine-tuning, online EWC and
ANPyC, each in a process of its own. Every task is tested at its end on all tasks so far. ``--beside`` names a
checkout of earlier code, which takes turns with this one; accuracies are compared number by number.
``--growth`` trains 200 tasks of 10 iterations under the worker's recorder, with SQLite and a folder for
checkpoints, and compares the tasks around the 20th with the last ones, part by part.

Times are processor time of the whole process, which other programs on the machine disturb least; training is
wall-clock time, as runs report it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from _recipes import OWN as OWN_RECIPE
from _silent import Silent

from anpyc.datasets.vision import torchvision_datasets
from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.training import train

STRATEGIES: dict[str, dict[str, Any]] = {
    "finetune": {"kind": "finetune"},
    "online_ewc": {
        "kind": "online_ewc",
        "lam": 100,
        "halved": True,
        "gamma": 1.0,
        "consolidation": "explicit",
        "fisher_images": 2_000,
    },
    "anpyc": {
        "kind": "anpyc",
        "lam": 10,
        "initial_prune_percent": 90,
        "prune_decay": 1.0,
        "prune_step": 45,
        "exact_share": True,
        "retrain_epochs": 1,
        "consolidation": "closed_form",
        "importance_images": 2_000,
        **OWN_RECIPE,
    },
    "packnet": {"kind": "packnet"},
}
"""Written out, since defaults are not those of earlier code."""
TOLD = ("finetune", "online_ewc", "anpyc")
PARTS = {
    "testing": (("anpyc.assembly:Assembly", "accuracies"),),
    "packing checkpoints": (("anpyc.training", "pack_tensors"), ("anpyc.training", "pack_outcome")),
    "statistics and masks": (("anpyc.capacity:Ledger", "close_round"),),
}
"""What is timed within a task, where the code has it: module or class, and function."""


class Timeline(Silent):
    """Processor time at the end of each task, of its training, and of its parts."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = dict.fromkeys(("training", *PARTS), 0.0)
        self.tasks: list[dict[str, float]] = []
        self._mark, self._inside = self._snapshot(), False

    def epoch(self, result: Any) -> None:
        self.parts["training"] += result.seconds

    def evaluation(self, evaluation: Any) -> None:
        if evaluation.step == 0:
            self._mark = self._snapshot()

    def checkpoint(self, checkpoint: Any) -> None:
        if checkpoint.outcome is None:
            return
        now = self._snapshot()
        self.tasks.append({name: value - self._mark[name] for name, value in now.items()})
        self._mark = now

    def watch(self) -> None:
        """Time the parts from here on."""
        for part, places in PARTS.items():
            for place, name in places:
                owner = _found(place)
                if hasattr(owner, name):
                    setattr(owner, name, self._timed(part, getattr(owner, name)))

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **options: Any) -> Any:
            if self._inside:
                return function(*arguments, **options)
            self._inside, began = True, time.thread_time()
            try:
                return function(*arguments, **options)
            finally:
                self._inside = False
                self.parts[part] += time.thread_time() - began

        return timed

    def _snapshot(self) -> dict[str, float]:
        return {"whole": time.process_time(), "wall": time.perf_counter(), **self.parts}


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    try:
        return getattr(import_module(module), name) if name else import_module(module)
    except ImportError:
        return None


def measure(
    method: str, tasks: int, iterations: int, images: str, changes: Mapping[str, Any], recorded: bool
) -> None:
    """One run in this process; prints its timeline as JSON."""
    torchvision_datasets()  # its imports are no part of a run's growth
    training = {"iterations": iterations, "batch_size": 128, "optimizer": "adam", "lr": 0.001}
    spec = parse_spec(
        {
            "benchmark": {"kind": "permuted", "tasks": tasks, "permute_first": False},
            "dataset": {"kind": images},
            "model": {"kind": "mlp", "hidden": [400, 400]},
            "strategy": STRATEGIES[method],
            "training": training | {"evaluate_every": 10} | changes,
        }
    )
    timeline = Timeline()
    timeline.watch()
    began, wall = time.process_time(), time.perf_counter()
    with ExitStack() as stack:
        recorder = stack.enter_context(_Recorded(spec, timeline)) if recorded else timeline
        result = train(spec, recorder, datasets_dir=settings().datasets, threads=1)
    print(
        json.dumps(
            {
                "seconds": time.process_time() - began,
                "wall": time.perf_counter() - wall,
                "tasks": timeline.tasks,
                "matrix": result.accuracy,
            }
        )
    )


class _Recorded:
    """The worker's recorder over a database of its own, which tells the timeline too."""

    def __init__(self, spec: Any, timeline: Timeline) -> None:
        self._spec, self._timeline = spec, timeline

    def __enter__(self) -> Any:
        from anpyc_queue import jobs
        from anpyc_queue.engine import open_database
        from anpyc_queue.wakeup import WakeUp
        from anpyc_worker.checkpoints import ArtifactStore
        from anpyc_worker.recorder import DatabaseRecorder

        self._folder = tempfile.TemporaryDirectory(prefix="anpyc-long-")
        folder = Path(self._folder.name)
        self._database = open_database(f"sqlite:///{folder / 'anpyc.sqlite3'}")
        self._database.migrate()
        with self._database.write() as session:
            run, _ = jobs.submit(session, self._spec)
        with self._database.write() as session:
            held = jobs.claim(session, run.id, "benchmark", 6_000)
        assert held is not None
        self._recorder = DatabaseRecorder(self._database, ArtifactStore(str(folder)), held, WakeUp())
        self._recorder.start()
        return _Both(self._recorder, self._timeline)

    def __exit__(self, *_error: object) -> None:
        self._recorder.close()
        self._database.dispose()
        self._folder.cleanup()


class _Both:
    """Tells a recorder, then the timeline."""

    def __init__(self, recorder: Any, timeline: Timeline) -> None:
        self._recorder, self._timeline = recorder, timeline

    def should_stop(self) -> bool:
        return bool(self._recorder.should_stop())

    def __getattr__(self, name: str) -> Callable[..., None]:
        def tell(*arguments: Any) -> None:
            getattr(self._recorder, name)(*arguments)
            getattr(self._timeline, name)(*arguments)

        return tell


def timed(checkout: Path, arguments: list[str]) -> dict[str, Any]:
    """One run with the code of a checkout, in a process of its own."""
    paths = os.pathsep.join([str(checkout / "worker"), str(checkout / "backend")])
    answer = subprocess.run(
        [sys.executable, __file__, "--measure", *arguments],
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def compare(method: str, here: Path, beside: Path | None, turns: int, arguments: list[str]) -> None:
    """Print what the run costs here and, in turn, beside."""
    codes = {"here": here} | ({"beside": beside} if beside else {})
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in codes}
    for _ in range(turns):
        for name, checkout in codes.items():
            runs[name].append(timed(checkout, [method, *arguments]))
    for name, own in runs.items():
        best = min(own, key=lambda run: float(run["seconds"]))
        training = sum(task["training"] for task in best["tasks"])
        parts = ", ".join(f"{part} {sum(t[part] for t in best['tasks']):.1f}" for part in PARTS)
        each = ", ".join(f"{run['seconds']:.1f}" for run in own)
        print(
            f"{method}, {name}: {best['seconds']:.1f} s of processor time ({each}), "
            f"training {training:.1f}, {parts}"
        )
    if beside:
        ratios = [h["seconds"] / b["seconds"] for h, b in zip(runs["here"], runs["beside"], strict=True)]
        apart = _apart(runs["here"][0]["matrix"], runs["beside"][0]["matrix"])
        print(
            f"| {method}, of the earlier code | {median(ratios):.2f} | "
            f"accuracies apart by at most {apart:.2%} |"
        )


def _apart(ours: list[list[float | None]], theirs: list[list[float | None]]) -> float:
    pairs = [pair for rows in zip(ours, theirs, strict=True) for pair in zip(*rows, strict=True)]
    return max(abs(a - b) for a, b in pairs if a is not None and b is not None)


def growth(method: str, here: Path, arguments: list[str]) -> None:
    """Print what a task around the 20th costs and what one of the last does, part by part."""
    tasks = timed(here, [method, *arguments, "--recorded"])["tasks"]
    early, late = tasks[15:25], tasks[-10:]
    names = list(early[0])
    means = {name: [sum(t[name] for t in some) / len(some) for some in (early, late)] for name in names}
    for name, (before, after) in means.items():
        print(
            f"{method}, {name}: {1000 * before:.0f} ms a task around the 20th, {1000 * after:.0f} at the end"
        )
    whole = means["whole"]
    rest = (whole[1] - means["testing"][1]) / (whole[0] - means["testing"][0])
    print(f"| {method}, a task of the last 10 over one around the 20th | {whole[1] / whole[0]:.2f} | ≤ 2 |")
    print(f"| {method}, the same without testing | {rest:.2f} | ≤ 1.1 |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--methods", help="some of them, with commas between")
    parser.add_argument("--beside", type=Path, help="a checkout of earlier code")
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--growth", action="store_true", help="200 short tasks instead")
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--images", default="mnist", choices=("mnist", "digits"), help="mnist unless given")
    parser.add_argument("--training", default="{}", help="further settings of the training, as JSON")
    parser.add_argument("--measure", metavar="METHOD", help=argparse.SUPPRESS)
    parser.add_argument("--recorded", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    tasks = asked.tasks or (200 if asked.growth else 24)
    iterations = asked.iterations or (10 if asked.growth else 100)
    if asked.measure:
        measure(asked.measure, tasks, iterations, asked.images, json.loads(asked.training), asked.recorded)
        return 0
    here = Path(__file__).parents[1]
    passed = ["--tasks", str(tasks), "--iterations", str(iterations), "--images", asked.images]
    passed += ["--training", asked.training]
    for method in asked.methods.split(",") if asked.methods else TOLD:
        if asked.growth:
            growth(method, here, passed)
        else:
            compare(method, here, asked.beside, asked.turns, passed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
