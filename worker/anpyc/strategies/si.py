"""Synaptic intelligence.

Zenke, Poole, Ganguli, "Continual Learning Through Synaptic Intelligence", ICML 2017.

    L = cross-entropy + c Σ_i Ω_i (θ_i − θ*_i)²
    ω_i = − Σ over steps of g_i Δθ_i,   Ω_i ← Ω_i + max(0, ω_i) / ((θ_i − θ*_i)² + ξ) after each task

g is the gradient of the cross-entropy alone, Δθ the step that was taken. The heads are left out. c: no ½. Van
de Ven and Tolias (2019) take ξ = 0.1 and c = 10 on permuted MNIST; Hsu et al. (2018) ξ = 0.1 and c = 300 on
split MNIST."""

from __future__ import annotations

import torch
from torch import Tensor

from anpyc.consolidation import Consolidation
from anpyc.network import Network
from anpyc.spec.strategy import SiStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Si(Strategy):
    """Holds what has lowered the loss."""

    consolidation: Consolidation

    def __init__(self, spec: SiStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self.consolidation = Consolidation(network.protected_flat, spec.lam, spec.consolidation)
        self._path = torch.zeros_like(network.protected_flat)
        """ω."""
        self._before = network.protected_flat.clone()
        """The parameters before the step under way."""
        self._gradient = torch.zeros_like(network.protected_flat)

    def after_backward(self, gradient: Tensor) -> None:
        self._gradient.copy_(gradient)
        self._before.copy_(self._network.protected_flat)
        self.consolidation.add_gradient(gradient)

    def after_step(self, lr: float) -> None:
        self.consolidation.pull_back(lr)
        self._path.addcmul_(self._gradient, self._before.sub_(self._network.protected_flat))

    def after_task(self, task: Task, examples: Examples) -> None:
        moved = self._network.protected_flat - self.consolidation.anchor
        fresh = self._path.clamp(min=0) / (moved.square_() + self._spec.damping)
        self._path.zero_()
        self.consolidation.set_strength(self.consolidation.strength + fresh)
        self.consolidation.anchor_here()

    def state_dict(self) -> dict[str, Tensor]:
        return {**self.consolidation.state_dict(), "path": self._path}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.consolidation.load_state_dict(state)
        self._path.copy_(state["path"])
