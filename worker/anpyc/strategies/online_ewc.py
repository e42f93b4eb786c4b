"""Online elastic weight consolidation: one running Fisher matrix, one anchor.

Schwarz et al., "Progress & Compress", ICML 2018; as in van de Ven and Tolias (2019).

    L = cross-entropy + ½ λ Σ_i F̃_i (θ_i − θ*_i)²,   F̃ ← γ F̃ + F after each task, θ* the parameters after
    the last

Variant: the Fisher is a mean over images, not normalised; the heads are left out.
λ: as for EWC; Hsu et al. (2018) leave out the ½.
"""

from __future__ import annotations

from anpyc.consolidation import Consolidation
from anpyc.importance import fisher_information
from anpyc.network import Network
from anpyc.spec.strategy import OnlineEwcStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class OnlineEwc(Strategy):
    """Holds to the last task's parameters, by the Fisher information of all."""

    consolidation: Consolidation

    def __init__(self, spec: OnlineEwcStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        lam = spec.lam / 2 if spec.halved else spec.lam
        self.consolidation = Consolidation(network.protected_flat, lam, spec.consolidation)

    def after_task(self, task: Task, examples: Examples) -> None:
        images = examples.first(self._spec.fisher_images)
        fisher = fisher_information(self._network, task, images, self._spec.fisher, self._spec.fisher_batch)
        self.consolidation.set_strength(self.consolidation.strength * self._spec.gamma + fisher)
        self.consolidation.anchor_here()
