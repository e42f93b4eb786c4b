"""Joint training: each task is trained together with all data of the earlier ones. The upper bound.

An epoch is one pass over the data of all tasks so far; where iterations are counted, batches are drawn from
all of them."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc.network import Network
from anpyc.spec.strategy import JointStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Task


class Joint(Strategy):
    """Keeps all data and all heads in training."""

    keeps_data = True

    def __init__(self, spec: JointStrategy, network: Network, tasks: int) -> None:
        self._heads = len(network.heads)

    def trained_heads(self, task: Task) -> Sequence[int]:
        return range(min(task.index + 1, self._heads))
