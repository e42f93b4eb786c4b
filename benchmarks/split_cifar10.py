"""Split CIFAR-10 with the convnet: ANPyC, EWC, fine-tuning and joint training.

    ANPYC_DATASETS_DIR=… python benchmarks/split_cifar10.py [FILE.zip] [EPOCHS]
    ANPYC_DATASETS_DIR=… python benchmarks/split_cifar10.py --search 1e3,1e4,1e5

Five tasks of two classes on ``FILE.zip`` (``cifar10_subset.zip`` in the data-sets folder unless given), Adam
5e-4, batch 64, the convolutions in bfloat16."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import torch
from _recipes import OWN as OWN_RECIPE
from _silent import Silent

from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc.training import train

VALIDATION = 1000
"""Images held out of training to choose λ on."""
STRATEGIES: dict[str, dict[str, Any]] = {
    "fine-tuning": {"kind": "finetune"},
    "EWC": {"kind": "ewc", "lam": 1000, "fisher": "empirical_batch", "consolidation": "closed_form"},
    "ANPyC": {
        "kind": "anpyc",
        "lam": 10_000,
        "initial_prune_percent": 70,
        "prune_decay": 1.0,
        "prune_step": 70,
        "retrain_epochs": 2,
        **OWN_RECIPE,
        "importance_images": 200,
    },
    "joint": {"kind": "joint"},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", nargs="?", default="cifar10_subset.zip")
    parser.add_argument("epochs", nargs="?", type=int, default=8)
    parser.add_argument("--search", metavar="λ,λ,…", help="EWC alone, with each λ, on validation images")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.search:
        for lam in options.search.split(","):
            strategy = STRATEGIES["EWC"] | {"lam": float(lam)}
            _measure(f"EWC, λ {lam}, validation", _spec(strategy, options, validate=True))
    else:
        for name, strategy in STRATEGIES.items():
            _measure(name, _spec(strategy, options, validate=False))
    return 0


def _spec(strategy: dict[str, Any], options: argparse.Namespace, validate: bool) -> RunSpec:
    dataset = {"kind": "images", "file": options.file, "standardise": True}
    return parse_spec(
        {
            "benchmark": {"kind": "split", "tasks": 5, "classes_per_task": 2},
            "dataset": dataset | ({"validation": VALIDATION} if validate else {}),
            "model": {"kind": "convnet", "dropout": 0.2},
            "strategy": strategy,
            "training": {
                "epochs": options.epochs,
                "batch_size": 64,
                "optimizer": "adam",
                "lr": 5e-4,
                "precision": "fast",
                "evaluate_every": 100,
                "evaluate_on": "validation" if validate else "test",
            },
        }
    )


def _measure(name: str, spec: RunSpec) -> None:
    result = train(spec, Silent(), datasets_dir=settings().datasets, threads=1)
    row = " ".join(f"{100 * (value or 0):.1f}" for value in result.accuracy[-1])
    average, lost = result.metrics["average_accuracy"], result.metrics["forgetting"]
    print(f"{name}: {average:.2%}, forgetting {lost:.2%} ({row}), {result.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
