"""One task of a sequence, and images on the device that are ready to be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    """The examples of several tasks as one, each answered by its own task's head."""

    def __init__(self, parts: Sequence[Examples], heads: Sequence[int]) -> None:
        self._parts = list(parts)
        self._heads = heads
        self._ends = torch.tensor([len(part) for part in parts]).cumsum(0)

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def newest(self) -> Examples:
        """Those of the task being learnt."""
        return self._parts[-1]

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images, labels and heads at the positions ``chosen``, sorted by task."""
        places = chosen.cpu()
        owners = torch.bucketize(places, self._ends, right=True)
        images, labels, heads = [], [], []
        for index, part in enumerate(self._parts):
            start = int(self._ends[index]) - len(part)
            own = (places[owners == index] - start).to(chosen.device)
            images.append(part.images.index_select(0, own))
            labels.append(part.labels.index_select(0, own))
            heads.append(torch.full_like(own, self._heads[index]))
        return torch.cat(images), torch.cat(labels), torch.cat(heads)
