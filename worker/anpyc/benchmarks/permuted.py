"""Permuted images: Goodfellow et al. 2013, "An Empirical Investigation of Catastrophic Forgetting"."""

from __future__ import annotations

import torch
from torch import Tensor

from anpyc.benchmarks.arrangement import Arrangement


class Permuted(Arrangement):
    """Every task reads the pixels in an order of its own."""

    def transform(self, task: int, images: Tensor) -> Tensor:
        _, channels, height, width = images.shape
        pixels = self._spec.pixel_order(task, height * width, self._seed)
        if pixels is None:
            return images
        order = torch.tensor(pixels, device=images.device)
        return images.flatten(2).index_select(2, order).view(-1, channels, height, width)
