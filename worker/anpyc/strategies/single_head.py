"""Single head: one head for all tasks, even where the task is known, and nothing against forgetting."""

from __future__ import annotations

from anpyc.network import Network
from anpyc.spec.strategy import SingleHeadStrategy
from anpyc.strategies.base import Strategy


class SingleHead(Strategy):
    """Fine-tuning without the help of a head per task."""

    def __init__(self, spec: SingleHeadStrategy, network: Network, tasks: int) -> None:
        pass
