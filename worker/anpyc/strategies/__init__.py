"""What is done against forgetting: one file and one class per method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anpyc.models import Network
from anpyc.spec import RunSpec
from anpyc.strategies.anpyc import Anpyc
from anpyc.strategies.base import Strategy
from anpyc.strategies.finetune import Finetune

STRATEGIES: dict[str, type[Strategy]] = {
    "anpyc": Anpyc,
    "finetune": Finetune,
}


def build_strategy(spec: RunSpec, network: Network) -> Strategy:
    """The strategy of a specification, ready for the first task."""
    build: Callable[[Any, Network, int], Strategy] = STRATEGIES[spec.strategy.kind]
    return build(spec.strategy, network, spec.benchmark.tasks)
