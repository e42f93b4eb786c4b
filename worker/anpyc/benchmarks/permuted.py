"""Permuted images: Goodfellow et al. 2013, "An Empirical Investigation of Catastrophic Forgetting"."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.benchmarks.arrangement import Arrangement
from anpyc.datasets.images import ImageData
from anpyc.spec import Benchmark
from anpyc.transfer import to_device


class Permuted(Arrangement):
    """Every task reads the pixels in an order of its own."""

    def __init__(self, spec: Benchmark, data: Sequence[ImageData], seed: int) -> None:
        super().__init__(spec, data, seed)
        self._orders: dict[int, Tensor | None] = {}
        """By task, on the run's one device."""

    def transform(self, task: int, images: Tensor) -> Tensor:
        order = self.pixel_order(task, images[0, 0].numel(), images.device)
        return images if order is None else images.flatten(2).index_select(2, order).view(images.shape)

    def leaves_images(self, task: int) -> bool:
        return self._spec.pixel_order(task, 1, self._seed) is None

    def pixel_order(self, task: int, pixels: int, device: torch.device) -> Tensor | None:
        if task not in self._orders:
            drawn = self._spec.pixel_order(task, pixels, self._seed)
            self._orders[task] = None if drawn is None else to_device(torch.tensor(drawn), device)
        return self._orders[task]
