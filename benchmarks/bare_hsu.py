"""Split MNIST after Hsu et al. (2018), Adam alone, in a plain PyTorch loop that the engine must agree with.

    ANPYC_DATASETS_DIR=… python benchmarks/bare_hsu.py [SEEDS]

Twice per seed: with the gradients of heads not in use as None, so that they stay as they are, and as zeros,
so that the optimizer's momentum moves them on, as in the PyTorch of that time."""

from __future__ import annotations

import sys
from statistics import mean, stdev

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.datasets.vision import torchvision_datasets
from anpyc.settings import settings

TASKS, EPOCHS, BATCH = 5, 4, 128


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    torch.set_num_threads(1)
    train, test = _tasks(train=True), _tasks(train=False)
    for none in (True, False):
        found = [_accuracy(train, test, seed, none) for seed in range(seeds)]
        spread = stdev(found) if seeds > 1 else 0.0
        print(f"unused gradients {None if none else 0}: {mean(found):.2f} ± {spread:.2f}", flush=True)
    return 0


def _tasks(train: bool) -> list[tuple[Tensor, Tensor]]:
    """Images of two classes each, padded to 32 × 32 and standardised, and their labels 0 and 1."""
    data = torchvision_datasets().MNIST(settings().datasets, train=train)
    images = F.pad(data.data.float() / 255, (2, 2, 2, 2)).sub_(0.1).div_(0.2752).flatten(1)
    return [
        (images[own], data.targets[own] - 2 * t) for t in range(TASKS) for own in [data.targets // 2 == t]
    ]


def _accuracy(
    train: list[tuple[Tensor, Tensor]], test: list[tuple[Tensor, Tensor]], seed: int, none: bool
) -> float:
    """Average accuracy over all tasks after the last, in percent."""
    torch.manual_seed(1000 + seed)
    body = nn.Sequential(nn.Linear(1024, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU())
    heads = nn.ModuleList(nn.Linear(400, 2) for _ in range(TASKS))
    optimizer = torch.optim.Adam([*body.parameters(), *heads.parameters()], lr=1e-3)
    for (images, labels), head in zip(train, heads, strict=True):
        for _ in range(EPOCHS):
            for chosen in torch.randperm(len(images)).split(BATCH):
                optimizer.zero_grad(set_to_none=none)
                F.cross_entropy(head(body(images[chosen])), labels[chosen]).backward()
                optimizer.step()
    with torch.no_grad():
        right = [
            (head(body(images)).argmax(1) == labels).float().mean()
            for (images, labels), head in zip(test, heads, strict=True)
        ]
    return 100 * mean(float(share) for share in right)


if __name__ == "__main__":
    sys.exit(main())
