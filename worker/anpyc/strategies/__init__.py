"""What is done against forgetting: one file and one class per method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anpyc.network import Network
from anpyc.spec import RunSpec
from anpyc.strategies.anpyc import Anpyc
from anpyc.strategies.base import Strategy
from anpyc.strategies.ewc import Ewc
from anpyc.strategies.finetune import Finetune
from anpyc.strategies.frozen import Frozen
from anpyc.strategies.joint import Joint
from anpyc.strategies.lwf import Lwf
from anpyc.strategies.mas import Mas
from anpyc.strategies.online_ewc import OnlineEwc
from anpyc.strategies.packnet import Packnet
from anpyc.strategies.si import Si
from anpyc.strategies.single_head import SingleHead

STRATEGIES: dict[str, type[Strategy]] = {
    "anpyc": Anpyc,
    "ewc": Ewc,
    "online_ewc": OnlineEwc,
    "mas": Mas,
    "si": Si,
    "lwf": Lwf,
    "packnet": Packnet,
    "finetune": Finetune,
    "single_head": SingleHead,
    "frozen": Frozen,
    "joint": Joint,
}


def build_strategy(spec: RunSpec, network: Network) -> Strategy:
    """The strategy of a specification, ready for the first task."""
    build: Callable[[Any, Network, int], Strategy] = STRATEGIES[spec.strategy.kind]
    return build(spec.strategy.settled(spec.benchmark.scenario), network, spec.benchmark.tasks)
