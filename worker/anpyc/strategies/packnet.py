"""PackNet.

Mallya and Lazebnik, "PackNet: Adding Multiple Tasks to a Single Network by Iterative Pruning", CVPR 2018.

After each task the smallest of the weights it trained are set to zero, layer by layer, and the others
retrained, then frozen for good; the next task trains what is zero. A task is tested with its own and earlier
tasks' weights only. Variant: biases are trained with the first task and frozen after it; of normalisation
layers each task has its own scales, shifts and statistics; the last task is not pruned. There is no λ."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.network import Network
from anpyc.normalisation import OwnNormalisation
from anpyc.pruning import percentile_among
from anpyc.spec.strategy import PacknetStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Packnet(Strategy):
    """Deals the weights out to the tasks."""

    def __init__(self, spec: PacknetStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self._tasks = tasks
        self._owner = torch.full_like(network.body_flat, -1, dtype=torch.int16)
        """The task that a parameter belongs to; −1: free."""
        self._newest_owner = -1
        self._trained = torch.ones_like(network.body_flat)
        """Factors on gradients: 1 where the task under way may train."""
        self._norms = OwnNormalisation(network)

    def round_epochs(self, task: Task) -> Sequence[int]:
        return self._spec.round_epochs(task.index, self._tasks)

    def before_task(self, task: Task, examples: Examples) -> None:
        self._trained.copy_((self._owner < 0) | self._norms.where)

    def before_round(self, task: Task, round_: int, examples: Examples) -> None:
        """Prune by magnitude."""
        theta = self._network.body_flat
        for segment in self._network.segments:
            owner, values = segment.of(self._owner), segment.of(theta)
            keep = free = owner < 0
            if values.dim() > 1:
                keep = free & (values.abs() > percentile_among(values.abs(), free, self._spec.prune_percent))
            owner.masked_fill_(keep, task.index)
            values.mul_(owner >= 0)
            segment.of(self._trained).copy_(keep)
        self._trained.masked_fill_(self._norms.where, 1)
        self._newest_owner = task.index

    def trainable(self) -> Tensor:
        return self._trained

    def after_task(self, task: Task, examples: Examples) -> None:
        self._norms.keep(task.index)
        if task.index == self._tasks - 1:
            self._owner.masked_fill_(self._owner < 0, task.index)
            self._newest_owner = task.index

    def tested_with(self) -> Sequence[str]:
        return ("owner", *self._norms.entries())

    def parameters_for(self, task: Task) -> Tensor | None:
        """Later tasks' weights left out, once the task has its own."""
        body = None
        if self._newest_owner > task.index:
            body = self._network.body_flat * (self._owner <= task.index)
        return self._norms.parameters(task.index, body)

    def statistics_for(self, task: Task) -> Tensor | None:
        return self._norms.statistics(task.index)

    def keeps(self, task: Task) -> bool:
        return True

    def mask(self) -> Tensor:
        if self._newest_owner < 0:
            return torch.ones_like(self._owner, dtype=torch.bool)
        return self._owner >= 0

    def state_dict(self) -> dict[str, Tensor]:
        return {"owner": self._owner, "trained": self._trained, **self._norms.state_dict()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._owner.copy_(state["owner"])
        self._newest_owner = int(self._owner.max())
        self._trained.copy_(state["trained"])
        self._norms.load_state_dict(state)
