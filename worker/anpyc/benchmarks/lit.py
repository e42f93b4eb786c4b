"""Test images in groups that leave the same pixels dark.

Around a digit most pixels are 0, and a fully connected first layer multiplies by them in vain. Images of one
class leave much the same ones dark: a group of them is kept without the pixels that are dark in all of it,
and the layer shown to it without their weights. A third to a half of its products are spared, and what is
left out of each sum are zeros."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

GROUP = 500
"""Images tested together: fewer have more dark pixels in common, more make better matrix products."""
WORTH = 0.8
"""Share of values left above which sparing the others is not worth it."""
KEPT_BYTES = 2**28
"""Test images above this size are not kept a second time."""


@dataclass(frozen=True)
class LitImages:
    """Some images without the pixels that are 0 in all of them."""

    values: Tensor
    """(images, lit) bytes."""
    labels: Tensor
    """(images,), positions in the task's head."""
    lit: Tensor
    """(lit,) where each value stands among those of an image."""

    def floats(self) -> Tensor:
        """(images, lit) in [0, 1]."""
        return self.values.float().div_(255)


def lit_groups(pixels: Tensor, labels: Tensor) -> tuple[LitImages, ...] | None:
    """The images in groups, those of a class side by side; None where little would be spared.

    :param pixels: (images, channels, height, width)."""
    if pixels.dtype != torch.uint8 or not len(labels) or pixels.numel() > KEPT_BYTES:
        return None
    flat = pixels.flatten(1)
    groups = []
    for chosen in torch.split(labels.argsort(stable=True), GROUP):
        own = flat.index_select(0, chosen)
        lit = own.amax(0).nonzero().squeeze(1)
        groups.append(LitImages(own.index_select(1, lit), labels.index_select(0, chosen), lit))
    left = sum(group.values.numel() for group in groups)
    return tuple(groups) if left <= WORTH * flat.numel() else None
