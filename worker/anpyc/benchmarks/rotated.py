"""Rotated images: Lopez-Paz and Ranzato 2017, "Gradient Episodic Memory for Continual Learning"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.benchmarks.arrangement import Arrangement
from anpyc.datasets.images import ImageData
from anpyc.spec.benchmark import RotatedBenchmark


class Rotated(Arrangement):
    """Every task turns the images further."""

    def __init__(self, spec: RotatedBenchmark, data: Sequence[ImageData], seed: int) -> None:
        super().__init__(spec, data, seed)
        self._step = spec.step

    def transform(self, task: int, images: Tensor) -> Tensor:
        return turned(images, self._step * task)


def turned(images: Tensor, degrees: float) -> Tensor:
    """Images turned anticlockwise about their centre, bilinear, with zeros coming in at the corners."""
    if degrees % 360 == 0:
        return images
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device)
    grid = F.affine_grid(turn.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
