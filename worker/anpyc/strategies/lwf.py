"""Learning without forgetting.

Li and Hoiem, "Learning without Forgetting", TPAMI 2017.

    L = cross-entropy + λ Σ_k<t T² · H(softmax(f°_k / T), softmax(f_k / T))

on the new task's images; f°_k is head k of the network as it was when the task began, T the temperature. Old
heads train on. Variant: van de Ven and Tolias (2019) weight the first term by 1/t and the mean of the others
by 1 − 1/t, which for λ = 1 is the same up to a common factor, and Adam does not see one. Their code of
that time also averaged H over the classes: λ is 1 / classes then. Where all tasks share a head, it stands for
every earlier task: the one distillation over the outputs of old weighs as much as t − 1 heads would."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.network import Network
from anpyc.spec.strategy import LwfStrategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, Task


class Lwf(Strategy):
    """Distils the network before the task into the one after it."""

    def __init__(self, spec: LwfStrategy, network: Network, tasks: int) -> None:
        self._spec = spec
        self._network = network
        self._teacher = network.frozen_copy()
        self._earlier: dict[int, slice] = {}
        """Heads of earlier tasks and the outputs in use of each."""
        self._learnt = 0
        """Earlier tasks; more than heads where they share one."""

    def trained_heads(self, task: Task) -> Sequence[int]:
        return range(min(task.index + 1, len(self._network.heads)))

    def before_task(self, task: Task, examples: Examples) -> None:
        self._teacher.flat.copy_(self._network.flat)
        for ours, theirs in zip(self._network.buffers(), self._teacher.buffers(), strict=True):
            theirs.copy_(ours)

    def after_task(self, task: Task, examples: Examples) -> None:
        self._earlier[task.head] = task.classes
        self._learnt = task.index + 1

    def penalty(self, images: Tensor, features: Tensor) -> Tensor | None:
        if not self._earlier:
            return None
        with torch.no_grad():
            target = F.softmax(self._answers(self._teacher, self._teacher.features(images)), 1)
        distance = F.cross_entropy(self._answers(self._network, features), target)
        return distance * (self._spec.lam * self._spec.temperature**2 * self._learnt)

    def _answers(self, network: Network, features: Tensor) -> Tensor:
        """(batch · earlier tasks, outputs): the softened logits of all earlier heads. Together, since a head
        at a time spends more on starting operations than on doing them."""
        return network.stacked_logits(features, self._earlier).flatten(0, 1) / self._spec.temperature

    def state_dict(self) -> dict[str, Tensor]:
        heads = [[head, classes.start, classes.stop] for head, classes in self._earlier.items()]
        earlier = torch.tensor(heads).view(-1, 3)
        state = {"teacher": self._teacher.flat, "earlier": earlier, "learnt": torch.tensor(self._learnt)}
        return state | {f"buffer{i}": buffer for i, buffer in enumerate(self._teacher.buffers())}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._teacher.flat.copy_(state["teacher"])
        for i, buffer in enumerate(self._teacher.buffers()):
            buffer.copy_(state[f"buffer{i}"])
        self._earlier = {head: slice(start, stop) for head, start, stop in state["earlier"].tolist()}
        self._learnt = int(state["learnt"])
