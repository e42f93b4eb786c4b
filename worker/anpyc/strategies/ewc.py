"""Elastic weight consolidation, a Fisher matrix per task.

Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS 2017.

    L = cross-entropy + ½ λ Σ_k Σ_i F_k,i (θ_i − θ*_k,i)²      k: the tasks so far

Variant: the terms of all tasks, each with its own anchor θ*_k, are kept as one quadratic, which they add up
to exactly. The heads are left out. λ: van de Ven and Tolias (2019) take ½λ with the exact Fisher, a mean over
images; Hsu et al. (2018) λ without ½ and the Fisher of the predicted class; Avalanche λ without ½ and the
squares of batches' gradients."""

from __future__ import annotations

from anpyc.consolidation import Consolidation
from anpyc.importance import fisher_information
from anpyc.network import Network
from anpyc.spec.strategy import EwcStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Ewc(Strategy):
    """Adds one quadratic term after each task."""

    consolidation: Consolidation

    def __init__(self, spec: EwcStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        lam = spec.lam / 2 if spec.halved else spec.lam
        self.consolidation = Consolidation(network.protected_flat, lam, spec.consolidation)

    def after_task(self, task: Task, examples: Examples) -> None:
        images = examples.first(self._spec.fisher_images)
        fisher = fisher_information(self._network, task, images, self._spec.fisher, self._spec.fisher_batch)
        self.consolidation.add_term(fisher)
