"""Memory aware synapses.

Aljundi et al., "Memory Aware Synapses: Learning what (not) to forget", ECCV 2018.

    L = cross-entropy + λ Σ_i Ω_i (θ_i − θ*_i)²,   Ω_i = mean over images of |∂ ‖f(x)‖² / ∂θ_i|, summed over
    tasks

f are the logits of the task's head; no labels are needed. The heads are left out. λ: no ½. Hsu et al. (2018)
take the gradient of a batch's mean squared output instead of each image's, ``gradients: batch``, with λ 1.
"""

from __future__ import annotations

from anpyc.consolidation import Consolidation
from anpyc.importance import output_sensitivity
from anpyc.network import Network
from anpyc.spec.strategy import MasStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Mas(Strategy):
    """Holds what the size of the output depends on."""

    consolidation: Consolidation

    def __init__(self, spec: MasStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self.consolidation = Consolidation(network.protected_flat, spec.lam, spec.consolidation)

    def after_task(self, task: Task, examples: Examples) -> None:
        spec = self._spec
        fresh = output_sensitivity(self._network, task, examples, spec.gradients, spec.importance_batch)
        self.consolidation.set_strength(self.consolidation.strength + fresh)
        self.consolidation.anchor_here()
