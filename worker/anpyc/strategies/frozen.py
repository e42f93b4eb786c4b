"""Frozen features: the body learns the first task; each later task trains its head on the features as they
are."""

from __future__ import annotations

from torch import Tensor, nn

from anpyc.benchmarks import Examples, Task
from anpyc.models import Network
from anpyc.spec import FrozenStrategy
from anpyc.strategies.base import Strategy


class Frozen(Strategy):
    """Nothing is forgotten, and little is learnt."""

    def __init__(self, spec: FrozenStrategy, network: Network, tasks: int) -> None:
        self._network = network
        self._frozen = False

    def resume_task(self, task: Task) -> None:
        self._frozen = task.index > 0
        for module in self._network.body.modules():
            if self._frozen and isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.0  # running statistics stay as well

    def before_task(self, task: Task, examples: Examples) -> None:
        self.resume_task(task)

    def after_backward(self, gradient: Tensor) -> None:
        if self._frozen:
            gradient.zero_()
