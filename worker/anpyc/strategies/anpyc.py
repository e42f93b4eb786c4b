"""ANPyC: adversarial neural pruning and synaptic consolidation.

Peng, Tang, Jiang, Li, Lei, Lin, Li, "Overcoming Long-term Catastrophic Forgetting through Adversarial Neural
Pruning and Synaptic Consolidation", IEEE TNNLS 2021, arXiv 1912.09091.

    Ω  = mean over batches of max(0, a + ½a²),  a = θ·∂/∂θ Σ_x H(x),  H the entropy of the output
    L  = cross-entropy + λ Σ Ω (θ − θ_old)²,    no factor ½; heads of tasks left out, a head of all
                                               tasks held like the body, and neither pruned

After each task but the last, rounds at q = 10, 20, … % free what Ω says is least needed of what no earlier
task holds and retrain the rest; the freed parameters start the next task at zero, with Ω = 0, held by
nothing. Variant: the authors' script, with log-softmax in place of log(p), and Ω combined over tasks by sum,
maximum or mean. Beyond the paper, each off by default: other orders of pruning, strengths from the Fisher
information, earlier tasks tested with their own parameters, and freed ones that start where they were before
the first task."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.consolidation import Consolidation
from anpyc.importance import fisher_information, removal_importance
from anpyc.network import Network
from anpyc.normalisation import OwnNormalisation
from anpyc.pruning import claimed, first_mask
from anpyc.spec.strategy import AnpycStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Anpyc(Strategy):
    """Prunes after each task and consolidates the rest."""

    def __init__(self, spec: AnpycStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self._tasks = tasks
        self._consolidation = Consolidation(network.protected_flat, spec.lam, spec.consolidation)
        self._initial = network.body_flat.clone() if spec.freed_start == "initial" else None
        """The parameters before the first task, where freed ones start again from them. In no checkpoint: the
        seed draws them again when a run is resumed."""
        kept = torch.ones_like(network.body_flat, dtype=torch.bool)
        self._mask = kept
        """The current mask: the last round's."""
        self._previous_mask = kept.clone()
        """The last mask of the task before; what is False here is free."""
        self._keep: Tensor | None = None
        """The mask as factors on gradients, during pruning rounds."""
        self._claimed: Tensor | None = None
        """What passed the last round's threshold by this task's importance, held before or not."""
        self._importance = torch.zeros_like(network.protected_flat)
        self._born = torch.zeros_like(network.body_flat, dtype=torch.int16)
        """The task from whose end on a parameter is held; for tests with a task's own parameters."""
        self._last_birth = 0
        self._norms = OwnNormalisation(network)

    def before_task(self, task: Task, examples: Examples) -> None:
        if self._initial is not None:
            theta = self._network.body_flat
            theta.copy_(torch.where(self._mask, theta, self._initial))
        self._consolidation.anchor_here()
        self._previous_mask = self._mask.clone()
        self._keep = self._claimed = None

    def round_epochs(self, task: Task) -> Sequence[int]:
        return self._spec.round_epochs(task.index, self._tasks)

    def before_round(self, task: Task, round_: int, examples: Examples) -> None:
        """Measure, mask, zero."""
        q = self._percentiles(task)[round_ - 1]
        self._importance = self._removal(task, examples)
        self._claimed = torch.cat([own.flatten() for own in self._claims(task, q)])
        self._mask = self._claimed if task.index == 0 else self._previous_mask | self._claimed
        self._keep = self._mask.to(self._importance.dtype)
        self._network.body_flat.mul_(self._keep)

    def trainable(self) -> Tensor | None:
        return self._keep

    def after_backward(self, gradient: Tensor) -> None:
        self._consolidation.add_gradient(gradient)

    def after_step(self, lr: float) -> None:
        self._consolidation.pull_back(lr)

    def after_task(self, task: Task, examples: Examples) -> None:
        spec = self._spec
        if self._percentiles(task):
            self._born.masked_fill_(~self._mask, task.index + 1)
            self._last_birth = task.index + 1
        elif task.index < self._tasks - 1:
            self._mask = torch.ones_like(self._mask)  # not pruned, it has taken all that was free
        measure = self._removal if spec.strength == "removal" else self._movement
        fresh = measure(task, examples)
        if spec.recall == "own":
            self._norms.keep(task.index)
            fresh = fresh * (
                self._mask & ~self._norms.where
            )  # what later tasks do not share, nothing need hold
        if spec.normalise:
            mean = fresh.mean()
            fresh = fresh / torch.where(mean > 0, mean, 1.0)
        self._importance = _combine(self._consolidation.strength, fresh, spec.combine, task.index)
        self._consolidation.set_strength(self._importance)

    def tested_with(self) -> Sequence[str]:
        return ("mask", "importance", "born", *self._norms.entries())

    def parameters_for(self, task: Task) -> Tensor | None:
        """With ``recall: own``, what was free at the task's end and grew later is left out."""
        body = None
        if self._spec.recall == "own" and self._last_birth > task.index:
            body = self._network.body_flat * (self._born <= task.index)
        return self._norms.parameters(task.index, body)

    def statistics_for(self, task: Task) -> Tensor | None:
        return self._norms.statistics(task.index)

    def penalty_value(self) -> Tensor | None:
        return self._consolidation.value()

    def mask(self) -> Tensor:
        return self._mask

    def claimed(self) -> Tensor | None:
        return self._claimed

    def importance(self) -> Tensor:
        """During rounds the current task's, at a task's end that of all tasks together."""
        return self._importance

    def ranking(self) -> Tensor:
        """What removing each parameter does, or what moving it does in the order that prunes."""
        return self._importance if self._spec.strength == "removal" else self._order(self._importance)

    def divergence_cause(self, lr: float) -> str | None:
        return self._consolidation.divergence_cause(lr)

    def state_dict(self) -> dict[str, Tensor]:
        state = {f"consolidation.{name}": t for name, t in self._consolidation.state_dict().items()}
        state |= {"mask": self._mask, "previous_mask": self._previous_mask, "importance": self._importance}
        state |= {"born": self._born, **self._norms.state_dict()}
        if self._keep is not None:
            state["keep"] = self._keep
        if self._claimed is not None:
            state["claimed"] = self._claimed
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._consolidation.load_state_dict(
            {name: state[f"consolidation.{name}"] for name in self._consolidation.state_dict()}
        )
        self._mask, self._previous_mask = state["mask"], state["previous_mask"]
        self._importance, self._keep = state["importance"], state.get("keep")
        self._born, self._claimed = state["born"], state.get("claimed")
        self._last_birth = int(self._born.max())
        self._norms.load_state_dict(state)

    def _percentiles(self, task: Task) -> tuple[float, ...]:
        return self._spec.percentiles(task.index, self._tasks)

    def _claims(self, task: Task, q: float) -> list[Tensor]:
        """Per tensor, weights and biases apart, what passes the threshold of this task; normalisation layers
        belong to the first and are not pruned."""
        claims = []
        for segment in self._network.segments:
            importance = segment.of(self._importance)
            if segment.normalises:
                claims.append(torch.full_like(importance, task.index == 0, dtype=torch.bool))
            elif task.index == 0:
                claims.append(first_mask(importance, q))
            else:
                claims.append(claimed(importance, segment.of(self._previous_mask), q))
        return claims

    def _removal(self, task: Task, examples: Examples) -> Tensor:
        """What removing each parameter does to the output."""
        spec = self._spec
        if spec.pruned_by == "curvature":
            return self._order(self._movement(task, examples))
        images = examples.first(spec.importance_images)
        return removal_importance(self._network, task, images, spec.importance_batch, spec.importance_skip)

    def _order(self, fisher: Tensor) -> Tensor:
        """½(F^e·θ)²: for e = ½ what removing a parameter does to second order, for e = 0 its magnitude."""
        return fisher.pow(self._spec.fisher_exponent).mul_(self._network.protected_flat).square_().mul_(0.5)

    def _movement(self, task: Task, examples: Examples) -> Tensor:
        """What moving each parameter does to the output, to second order: the Fisher information."""
        images = examples.first(self._spec.importance_images)
        return fisher_information(self._network, task, images, "exact", self._spec.importance_batch)


def _combine(old: Tensor, fresh: Tensor, how: str, earlier_tasks: int) -> Tensor:
    """Ω over all tasks from that over the earlier ones and that of the task just learnt."""
    if how == "sum":
        return old + fresh
    if how == "maximum":
        return torch.maximum(old, fresh)
    return old.lerp(fresh, 1 / (earlier_tasks + 1))
