"""Online elastic weight consolidation: one running Fisher matrix, one anchor.

Schwarz et al., "Progress & Compress", ICML 2018; as in van de Ven and Tolias (2019).

    L = cross-entropy + ½ λ Σ_i F̃_i (θ_i − θ*_i)²,   F̃ ← γ F̃ + F after each task, θ* the parameters after
    the last

Variant: the Fisher is a mean over images, not normalised; the heads are left out.
λ: as for EWC; Hsu et al. (2018) leave out the ½.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anpyc.benchmarks import Examples, Task
from anpyc.consolidation import Consolidation
from anpyc.importance import fisher_information
from anpyc.models import Network
from anpyc.spec import OnlineEwcStrategy
from anpyc.strategies.base import Strategy


class OnlineEwc(Strategy):
    """Holds to the last task's parameters, by the Fisher information of all."""

    def __init__(self, spec: OnlineEwcStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        lam = spec.lam / 2 if spec.halved else spec.lam
        self._consolidation = Consolidation(network.body_flat, lam, spec.consolidation)

    def after_backward(self, gradient: Tensor) -> None:
        self._consolidation.add_gradient(gradient)

    def after_step(self, lr: float) -> None:
        self._consolidation.pull_back(lr)

    def after_task(self, task: Task, examples: Examples) -> None:
        images = examples.first(self._spec.fisher_images)
        fisher = fisher_information(self._network, task, images, self._spec.fisher, self._spec.fisher_batch)
        self._consolidation.set_strength(self._consolidation.strength * self._spec.gamma + fisher)
        self._consolidation.anchor_here()

    def penalty_value(self) -> float:
        return self._consolidation.value()

    def mask(self) -> Tensor:
        """Every parameter is held; none is ever freed."""
        return torch.ones_like(self._consolidation.strength, dtype=torch.bool)

    def importance(self) -> Tensor:
        return self._consolidation.strength

    def divergence_cause(self, lr: float) -> str | None:
        return self._consolidation.divergence_cause(lr)

    def state_dict(self) -> dict[str, Tensor]:
        return self._consolidation.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._consolidation.load_state_dict(state)
