"""Seconds per epoch of EWC on permuted MNIST with Avalanche: ``python avalanche_ewc.py MNIST_FOLDER EPOCHS``.

The second task's epochs, each with the evaluation of both tasks after it, on one thread: the network, batch
size, optimizer and strength of the preset ``bench-ewc``. Prints one line of JSON.
"""

import json
import sys
import time

import torch

torch.set_num_threads(1)
try:
    import torchvision  # noqa: F401
except RuntimeError:  # its compiled part does not fit this torch, and nothing here needs it
    for name, schema in (
        ("nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"),
        ("qnms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"),
    ):
        torch.library.define(f"torchvision::{name}", schema)

from avalanche.benchmarks.classic import PermutedMNIST
from avalanche.core import SupervisedPlugin
from avalanche.evaluation.metrics import accuracy_metrics, loss_metrics
from avalanche.training.plugins import EvaluationPlugin
from avalanche.training.supervised import EWC
from torch import nn


class Stopwatch(SupervisedPlugin):
    """Notes when each epoch begins."""

    def __init__(self):
        super().__init__()
        self.begun = []

    def before_training_epoch(self, *_, **__):
        self.begun.append(time.perf_counter())


def main(folder, epochs):
    benchmark = PermutedMNIST(n_experiences=2, dataset_root=folder, seed=0)
    network = nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(256, 10),
    )
    watch = Stopwatch()
    strategy = EWC(
        model=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.1),
        criterion=nn.CrossEntropyLoss(),
        ewc_lambda=1.0,
        train_mb_size=256,
        eval_mb_size=1000,
        plugins=[watch],
        evaluator=EvaluationPlugin(
            accuracy_metrics(epoch=True, experience=True), loss_metrics(epoch=True), loggers=[]
        ),
        eval_every=1,
    )
    first, second = benchmark.train_stream
    strategy.train_epochs = 1
    strategy.train(first)
    watch.begun.clear()
    strategy.train_epochs = epochs + 1
    strategy.train(second, eval_streams=[benchmark.test_stream])
    seconds = [after - before for before, after in zip(watch.begun, watch.begun[1:], strict=False)]
    print(json.dumps({"seconds_per_epoch": seconds, "images": len(second.dataset)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
