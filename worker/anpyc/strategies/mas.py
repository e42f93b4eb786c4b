"""Memory aware synapses.

Aljundi et al., "Memory Aware Synapses: Learning what (not) to forget", ECCV 2018.

    L = cross-entropy + λ Σ_i Ω_i (θ_i − θ*_i)²,   Ω_i = mean over images of |∂ ‖f(x)‖² / ∂θ_i|, summed over
    tasks

f are the logits of the task's head; no labels are needed. The heads are left out. λ: no ½. Hsu et al. (2018)
take the gradient of a batch's mean squared output instead of each image's, ``gradients: batch``, with λ 1.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anpyc.benchmarks import Examples, Task
from anpyc.consolidation import Consolidation
from anpyc.importance import output_sensitivity
from anpyc.models import Network
from anpyc.spec import MasStrategy
from anpyc.strategies.base import Strategy


class Mas(Strategy):
    """Holds what the size of the output depends on."""

    def __init__(self, spec: MasStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self._consolidation = Consolidation(network.body_flat, spec.lam, spec.consolidation)

    def after_backward(self, gradient: Tensor) -> None:
        self._consolidation.add_gradient(gradient)

    def after_step(self, lr: float) -> None:
        self._consolidation.pull_back(lr)

    def after_task(self, task: Task, examples: Examples) -> None:
        spec = self._spec
        fresh = output_sensitivity(self._network, task, examples, spec.gradients, spec.importance_batch)
        self._consolidation.set_strength(self._consolidation.strength + fresh)
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
