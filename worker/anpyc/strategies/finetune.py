"""Fine-tuning: each task is trained after the other and nothing is done against forgetting. The lower
bound."""

from __future__ import annotations

from anpyc.network import Network
from anpyc.spec.strategy import FinetuneStrategy
from anpyc.strategies.base import Strategy


class Finetune(Strategy):
    """No hook at all."""

    def __init__(self, spec: FinetuneStrategy, network: Network, tasks: int) -> None:
        pass
