"""What is done against forgetting: one file and one class per method, named by its part of the
specification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anpyc.network import Network
from anpyc.spec import RunSpec
from anpyc.strategies.base import Strategy


def build_strategy(spec: RunSpec, network: Network) -> Strategy:
    """The strategy of a specification, ready for the first task."""
    build: Callable[[Any, Network, int], Strategy] = spec.strategy.load_implementation()
    return build(spec.strategy.settled(spec.benchmark.scenario), network, spec.benchmark.tasks)
