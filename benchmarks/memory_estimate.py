"""What a run is estimated to take while it trains, before it is queued, against what its process takes.

    python benchmarks/memory_estimate.py

Each specification is trained for two short tasks in a process of its own. Measured is the peak of its
resident memory above what it holds with everything imported and a first product done, so that torch itself
(about 250 MB, the same for every run) is not counted on either side. The images are random and as many as
MNIST's. The estimate decides whether a run may be queued (``ANPYC_MAX_MEMORY_GB``): too low lets through what
a machine cannot hold, too high refuses what it could.
"""

from __future__ import annotations

import os
import resource
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

LOW, HIGH = 0.7, 1.5
"""Measured over estimated."""

SPECS: dict[str, dict[str, Any]] = {
    "MNIST, MLP 512-256, EWC, SGD, batches of 256": {
        "dataset": {"kind": "mnist"},
        "model": {"kind": "mlp", "hidden": [512, 256], "dropout": 0.5},
        "strategy": {"kind": "ewc", "fisher_images": 500},
        "training": {"iterations": 40, "batch_size": 256, "optimizer": "sgd", "lr": 0.01},
    },
    "digits, MLP 4000-4000, ANPyC, Adam, batches of 64": {
        "dataset": {"kind": "digits"},
        "model": {"kind": "mlp", "hidden": [4000, 4000]},
        "strategy": {"kind": "anpyc", "retrain_epochs": 1, "prune_step": 40, "importance_images": 100},
        "training": {"iterations": 10, "batch_size": 64, "optimizer": "adam", "lr": 0.001},
    },
    "MNIST padded to 32×32, convnet, ANPyC, SGD, batches of 256": {
        "dataset": {"kind": "mnist", "pad": 2},
        "model": {"kind": "convnet"},
        "strategy": {"kind": "anpyc", "retrain_epochs": 1, "prune_step": 40, "importance_images": 100},
        "training": {"iterations": 10, "batch_size": 256, "optimizer": "sgd", "lr": 0.01},
    },
    "MNIST padded to 32×32, ResNet-18 of width 32, SI, Adam, batches of 128": {
        "dataset": {"kind": "mnist", "pad": 2},
        "model": {"kind": "resnet18", "width": 32},
        "strategy": {"kind": "si"},
        "training": {"iterations": 5, "batch_size": 128, "optimizer": "adam", "lr": 0.001},
    },
}
BENCHMARK = {"kind": "permuted", "tasks": 2}


def random_images(folder: Path) -> None:
    """As many and as large as MNIST's, where torchvision looks for them."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for name, number in (("train", 60_000), ("t10k", 10_000)):
        images = chance.integers(0, 256, (number, 28, 28), dtype=np.uint8)
        head = struct.pack(">4I", 0x803, number, 28, 28)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        labels = chance.integers(0, 10, number, dtype=np.uint8)
        head = struct.pack(">2I", 0x801, number)
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())


def peak(name: str, datasets: Path) -> int:
    """In this process: bytes at the peak of training above those before it."""
    import torch
    from _silent import Silent

    from anpyc.datasets.vision import torchvision_datasets
    from anpyc.spec import parse_spec
    from anpyc.training import train

    torch.set_num_threads(1)
    torchvision_datasets()
    torch.randn(256, 784) @ torch.randn(784, 512)
    before = _resident()
    train(parse_spec(SPECS[name] | {"benchmark": BENCHMARK}), Silent(), datasets_dir=datasets, threads=1)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def main() -> int:
    """Print the rows; answers 1 when a ratio is out of bounds."""
    if sys.argv[1:2] == ["peak"]:
        print(peak(sys.argv[2], Path(sys.argv[3])))
        return 0
    from anpyc.preview import preview
    from anpyc.spec import parse_spec

    within = True
    with tempfile.TemporaryDirectory(prefix="anpyc-memory-") as folder:
        random_images(Path(folder))
        print(f"load {os.getloadavg()[0]:.1f}")
        for name, parts in SPECS.items():
            estimated = preview(parse_spec(parts | {"benchmark": BENCHMARK}), Path(folder)).memory
            command = [sys.executable, __file__, "peak", name, folder]
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
            measured = int(answer.stdout)
            within = within and LOW <= measured / estimated <= HIGH
            print(
                f"| {name} | {estimated / 1e6:,.0f} MB estimated, {measured / 1e6:,.0f} MB measured: "
                f"{measured / estimated:.2f} | {LOW} to {HIGH} |",
                flush=True,
            )
    return int(not within)


if __name__ == "__main__":
    sys.exit(main())
