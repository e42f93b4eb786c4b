"""What a data set is once it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.datasets.notes import Note

CHUNK_VALUES = 2**24
"""Pixel values that are widened to floats at a time."""


@dataclass(frozen=True)
class Images:
    """Images and their labels. Bytes 0 … 255 where the source has bytes: a quarter of the memory of
    floats."""

    pixels: Tensor
    """(images, channels, height, width), uint8 or float32 in [0, 1]."""
    labels: Tensor
    """(images,), int64, classes from 0."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, part: slice | Tensor) -> Images:
        return Images(self.pixels[part], self.labels[part])

    def floats(self, part: slice | Tensor, device: torch.device) -> Tensor:
        """Some of the images as float32 in [0, 1] on ``device``."""
        pixels = self.pixels[part].to(device)
        return (
            pixels.float().div_(255) if pixels.dtype == torch.uint8 else pixels.to(torch.float32, copy=True)
        )

    def with_shape(self, channels: int, size: int) -> Images:
        """With a margin of zeros around, and grey repeated in all channels."""
        height, width = self.pixels.shape[2:]
        left, top = (size - width) // 2, (size - height) // 2
        pixels = F.pad(self.pixels, (left, size - width - left, top, size - height - top))
        return Images(pixels.expand(-1, channels, -1, -1), self.labels)

    def mean_and_deviation(self) -> tuple[float, float]:
        """Over all pixels, on the scale of :meth:`floats`."""
        if self.pixels.dtype == torch.uint8:
            return self._of_bytes()
        count = self.pixels.numel()
        mean = sum(float(values.double().sum()) for values in self.chunks()) / count
        squares = sum(float(values.double().sub(mean).square_().sum()) for values in self.chunks())
        return mean, (squares / max(count - 1, 1)) ** 0.5

    def _of_bytes(self) -> tuple[float, float]:
        """From how often each of the 256 values occurs."""
        counts = np.zeros(256, dtype=np.int64)
        for chunk in self.chunks():
            counts += np.bincount(chunk.numpy().reshape(-1), minlength=256)
        values, count = np.arange(256) / 255, max(int(counts.sum()), 1)
        mean = float((values * counts).sum()) / count
        squares = float((np.square(values - mean) * counts).sum())
        return mean, (squares / max(count - 1, 1)) ** 0.5

    def chunks(self) -> Iterator[Tensor]:
        """The pixels of some images at a time."""
        size = max(1, CHUNK_VALUES // max(1, self.pixels[:1].numel()))
        for start in range(0, len(self.pixels), size):
            yield self.pixels[start : start + size]


@dataclass(frozen=True)
class Source:
    """A data set as it was found, before anything is held out."""

    title: str
    names: tuple[str, ...]
    """Of the classes, as they are shown."""
    train: Images
    test: Images
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class ImageData:
    """One data set, split so that nothing that is tested or validated on is trained on."""

    title: str
    names: tuple[str, ...]
    """Of the classes, as they are shown."""
    train: Images
    validation: Images
    test: Images
    notes: tuple[Note, ...] = ()
    """What was decided and found while it was read."""

    @property
    def classes(self) -> int:
        """How many."""
        return len(self.names)

    def with_shape(self, channels: int, size: int) -> ImageData:
        """The same images with a margin of zeros and, where colour is wanted, three equal channels."""
        parts = (part.with_shape(channels, size) for part in (self.train, self.validation, self.test))
        train, validation, test = parts
        return replace(self, train=train, validation=validation, test=test)
