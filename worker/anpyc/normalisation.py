"""Normalisation layers of which each task has its own.

A task that is tested with parameters of its own is not protected where normalisation layers are shared: later
tasks move their running means and variances, their scales and their shifts. So each task keeps a copy of all
four as they were at its end and is tested with it. They are few (0.2 % of a ResNet-18), and mask methods for
networks with batch normalisation keep them per task too (Mallya et al., "Piggyback", ECCV 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.network import Network


class OwnNormalisation:
    """What the normalisation layers were at the end of each task; nothing for a body that has none."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.where = torch.zeros_like(network.body_flat, dtype=torch.bool)
        """Over the body's flat parameters, True for scales and shifts."""
        for segment in network.segments:
            segment.of(self.where).fill_(segment.normalises)
        self._any = bool(self.where.any())
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        """Task → scales and shifts, running statistics, both flat."""

    def keep(self, task: int) -> None:
        """Remember them as the task's own."""
        if self._any:
            self._kept[task] = (self._network.body_flat[self.where], self._network.statistics)

    def parameters(self, task: int, body: Tensor | None) -> Tensor | None:
        """``body``, or the parameters that are there for None, with the task's own scales and shifts; None
        where that is what is there."""
        if task not in self._kept:
            return body
        own = self._network.body_flat.clone() if body is None else body
        own[self.where] = self._kept[task][0]
        return own

    def statistics(self, task: int) -> Tensor | None:
        """The task's own; None where it has none yet."""
        return self._kept[task][1] if task in self._kept else None

    def entries(self) -> Sequence[str]:
        """The names in :meth:`state_dict`."""
        return ("norm.tasks", "norm.affine", "norm.statistics") if self._kept else ()

    def state_dict(self) -> dict[str, Tensor]:
        if not self._kept:
            return {}
        affine, statistics = zip(*self._kept.values(), strict=True)
        return {
            "norm.tasks": torch.tensor(list(self._kept)),
            "norm.affine": torch.stack(affine),
            "norm.statistics": torch.stack(statistics),
        }

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._kept = {}
        if "norm.tasks" in state:
            pairs = zip(state["norm.affine"], state["norm.statistics"], strict=True)
            self._kept = dict(zip(state["norm.tasks"].tolist(), pairs, strict=True))
