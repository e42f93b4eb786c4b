"""Frozen features: the body learns the first task; each later task trains its head on the features as they
are. Normalisation layers keep the first task's running statistics and use them in training too."""

from __future__ import annotations

import torch
from torch import Tensor

from anpyc.network import Network
from anpyc.spec.strategy import FrozenStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Frozen(Strategy):
    """Nothing is forgotten where each task has a head, and little is learnt."""

    def __init__(self, spec: FrozenStrategy, network: Network, tasks: int) -> None:
        self._network = network
        self._nothing = torch.zeros_like(network.body_flat)

    def resume_task(self, task: Task) -> None:
        self._network.statistics_frozen = task.index > 0

    def before_task(self, task: Task, examples: Examples) -> None:
        self.resume_task(task)

    def trainable(self) -> Tensor | None:
        return self._nothing if self._network.statistics_frozen else None

    def keeps(self, task: Task) -> bool:
        return True
