"""What is held and what the defaults do, off the path of the published protocols.

    python benchmarks/held.py thirty resnet defaults one-head --seeds 3
    ANPYC_DATASETS_DIR=… python benchmarks/held.py domain

``thirty``: ANPyC whose pruned share falls to 0 long before the last of thirty tasks, each tested with its
own parameters. ``resnet``: methods with own parameters on a small network with normalisation layers.
``defaults``: five permuted tasks of digits with every default. ``one-head``: the same with one head.
``domain``: the first five tasks of the protocol of van de Ven and Tolias, with one head and a fifth of the
steps, EWC λ 1,000. What an earlier version of the package knows can be measured with the same script."""

from __future__ import annotations

import argparse
import sys
from statistics import mean, stdev
from typing import Any

from _recipes import OWN as OWN_RECIPE
from _silent import Silent

from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.training import train

OWN: dict[str, Any] = {
    "kind": "anpyc",
    "lam": 10,
    "prune_step": 40,
    "retrain_epochs": 5,
    "consolidation": "closed_form",
    **OWN_RECIPE,
    "importance_images": 2000,
}
"""The default recipe, written out."""
DIGITS: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 5},
    "dataset": {"kind": "digits"},
    "model": {"kind": "mlp", "hidden": [256, 128]},
    "training": {"epochs": 30, "evaluate_every": 30},
}
ONE_HEAD = DIGITS | {"benchmark": {"kind": "permuted", "tasks": 5, "scenario": "domain"}}
SMALL_RESNET: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 5},
    "dataset": {"kind": "digits"},
    "model": {"kind": "resnet18", "width": 8},
    "training": {"epochs": 5, "batch_size": 64, "optimizer": "adam", "lr": 0.002, "evaluate_every": 30},
}
THIRTY: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 30},
    "dataset": {"kind": "digits"},
    "model": {"kind": "mlp", "hidden": [256, 128]},
    "training": {"epochs": 10, "evaluate_every": 30},
}
VANDEVEN: dict[str, Any] = {
    "benchmark": {"kind": "permuted", "tasks": 5, "scenario": "domain", "permute_first": False},
    "dataset": {"kind": "mnist", "pad": 2},
    "model": {"kind": "mlp", "hidden": [1000, 1000]},
    "training": {
        "iterations": 1000,
        "batch_size": 128,
        "optimizer": "adam",
        "lr": 0.0001,
        "evaluate_every": 10,
    },
}


def packnet(percent: float) -> dict[str, Any]:
    return {"kind": "packnet", "prune_percent": percent, "retrain_epochs": 5}


def pruned(percent: float, decay: float = 1.0, **more: Any) -> dict[str, Any]:
    return OWN | {"initial_prune_percent": percent, "prune_decay": decay, **more}


SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "thirty": {
        f"ANPyC, 50 % pruned at first, decay {decay}": THIRTY
        | {"strategy": pruned(50, decay, lam=1e6, prune_step=50)}
        for decay in (0.0, 0.5, 0.8, 1.0)
    },
    "resnet": {
        "PackNet": SMALL_RESNET | {"strategy": packnet(75)},
        "PackNet, Adam remembers": SMALL_RESNET
        | {
            "strategy": packnet(75),
            "training": SMALL_RESNET["training"] | {"keep_optimizer": True},
        },
        "ANPyC": SMALL_RESNET | {"strategy": pruned(70, importance_images=200, lam=1e6)},
        "frozen": SMALL_RESNET | {"strategy": {"kind": "frozen"}},
    },
    "defaults": {
        **{
            f"ANPyC, {percent} % pruned": DIGITS
            | {"strategy": {"kind": "anpyc", "initial_prune_percent": percent}}
            for percent in (50, 70, 80, 90)
        },
        **{
            kind: DIGITS | {"strategy": {"kind": kind}}
            for kind in ("packnet", "ewc", "mas", "si", "finetune")
        },
    },
    "one-head": {
        "ANPyC, default": ONE_HEAD | {"strategy": {"kind": "anpyc"}},
        "ANPyC, λ 0.01, 30 % pruned": ONE_HEAD
        | {"strategy": {"kind": "anpyc", "lam": 0.01, "initial_prune_percent": 30}},
        **{kind: ONE_HEAD | {"strategy": {"kind": kind}} for kind in ("ewc", "finetune", "joint")},
    },
    "domain": {
        "EWC, λ 1,000": VANDEVEN
        | {"strategy": {"kind": "ewc", "lam": 1000, "consolidation": "explicit", "fisher_images": 5000}},
    },
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="+", choices=SETTINGS)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    print("| | average accuracy | forgetting | seeds |\n|---|---|---|---|")
    for what in options.what:
        for name, parts in SETTINGS[what].items():
            print(_row(f"{what}: {name}", parts, options.seeds), flush=True)
    return 0


def _row(name: str, parts: dict[str, Any], seeds: int) -> str:
    runs = [
        train(
            parse_spec(parts | {"seed": seed}), Silent(), datasets_dir=settings().datasets, threads=1
        ).metrics
        for seed in range(seeds)
    ]
    accuracy = [100 * metrics["average_accuracy"] for metrics in runs]
    lost = 100 * mean(metrics["forgetting"] for metrics in runs)
    spread = f" ± {stdev(accuracy):.2f}" if seeds > 1 else ""
    return f"| {name} | {mean(accuracy):.2f}{spread} | {lost:.2f} | {seeds} |"


if __name__ == "__main__":
    sys.exit(main())
