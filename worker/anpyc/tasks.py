"""One task of a sequence, and images on the device that are ready to be trained on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Task:
    """One task of the sequence."""

    index: int
    title: str
    head: int
    """The head that answers it."""
    classes: slice
    """Outputs of that head that may be right: the task's, or with one head over all classes those seen so
    far."""


@dataclass(frozen=True)
class Examples:
    """Images on the device, ready for the network, with their labels."""

    images: Tensor
    """(images, channels, height, width), float32."""
    labels: Tensor
    """(images,), int64, positions in the task's head."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def newest(self) -> Examples:
        """Those of the task being learnt: all."""
        return self

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images and labels at the positions ``chosen``, and no heads: the task's own answers all."""
        return self.images.index_select(0, chosen), self.labels.index_select(0, chosen), None

    def first(self, count: int | None) -> Examples:
        """The first so many; all for None."""
        return Examples(self.images[:count], self.labels[:count])


class PooledExamples:
    """The examples of several tasks as one, each answered by its own task's head.

    A GPU holds them in one tensor: to sort a batch by task, it would have to be waited for."""

    def __init__(self) -> None:
        self._parts: list[Examples] = []
        self._heads: list[int] = []
        self._ends = torch.empty(0, dtype=torch.int64)
        self._together: tuple[Tensor, Tensor, Tensor] | None = None
        """Images, labels and heads of all tasks, on a GPU."""

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def tasks(self) -> int:
        """How many tasks they are of."""
        return len(self._parts)

    @property
    def newest(self) -> Examples:
        """Those of the task being learnt."""
        return self._parts[-1]

    def add(self, examples: Examples, head: int) -> None:
        """Those of a further task."""
        self._parts.append(examples)
        self._heads.append(head)
        self._ends = torch.tensor([len(part) for part in self._parts]).cumsum(0)
        if examples.images.device.type == "cuda":
            images = torch.cat([part.images for part in self._parts])
            labels = torch.cat([part.labels for part in self._parts])
            heads = [torch.full_like(p.labels, h) for p, h in zip(self._parts, self._heads, strict=True)]
            self._together = images, labels, torch.cat(heads)
            borders = pairwise([0, *self._ends.tolist()])
            self._parts = [Examples(images[start:stop], labels[start:stop]) for start, stop in borders]

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images, labels and heads at the positions ``chosen``; on the CPU sorted by task."""
        if self._together is not None:
            together, answers, answered_by = self._together
            return together[chosen], answers[chosen], answered_by[chosen]
        owners = torch.bucketize(chosen, self._ends, right=True)
        images, labels, heads = [], [], []
        for index, part in enumerate(self._parts):
            own = chosen[owners == index] - (int(self._ends[index]) - len(part))
            images.append(part.images.index_select(0, own))
            labels.append(part.labels.index_select(0, own))
            heads.append(torch.full_like(own, self._heads[index]))
        return torch.cat(images), torch.cat(labels), torch.cat(heads)
