"""Split CIFAR-10 with the convnet: ANPyC, EWC, fine-tuning and joint training.

    ANPYC_DATASETS_DIR=… python benchmarks/split_cifar10.py [FILE.zip] [EPOCHS]

Five tasks of two classes on ``FILE.zip`` (``cifar10_subset.zip`` in the data-sets folder unless given), Adam
5e-4, batch 64, the convolutions in bfloat16."""

from __future__ import annotations

import sys
from typing import Any

import torch
from _silent import Silent

from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.training import train

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
        "pruned_by": "curvature",
        "fisher_exponent": 0.0625,
        "freed_start": "initial",
        "strength": "movement",
        "normalise": True,
        "recall": "own",
        "importance_images": 200,
    },
    "joint": {"kind": "joint"},
}


def main() -> int:
    file = sys.argv[1] if len(sys.argv) > 1 else "cifar10_subset.zip"
    epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    torch.set_num_threads(1)
    for name, strategy in STRATEGIES.items():
        spec = parse_spec(
            {
                "benchmark": {"kind": "split", "tasks": 5, "classes_per_task": 2},
                "dataset": {"kind": "images", "file": file, "standardise": True},
                "model": {"kind": "convnet", "dropout": 0.2},
                "strategy": strategy,
                "training": {
                    "epochs": epochs,
                    "batch_size": 64,
                    "optimizer": "adam",
                    "lr": 5e-4,
                    "precision": "fast",
                    "evaluate_every": 100,
                },
            }
        )
        result = train(spec, Silent(), datasets_dir=settings().datasets, threads=1)
        row = " ".join(f"{100 * (value or 0):.1f}" for value in result.accuracy[-1])
        average, lost = result.metrics["average_accuracy"], result.metrics["forgetting"]
        print(f"{name}: {average:.2%}, forgetting {lost:.2%} ({row}), {result.seconds:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
