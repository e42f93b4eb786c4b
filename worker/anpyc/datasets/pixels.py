"""From arrays as people save them to pixels in [0, 1]: the range of the numbers, the axis of the channels,
alpha.

What is beyond doubt is decided, and said; all else is refused with what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.datasets.images import CHUNK_VALUES
from anpyc.errors import DatasetUnreadable

Array = npt.NDArray[Any]

_DEPTHS = (1_023, 4_095, 16_383, 32_767, 65_535, 2**31 - 1, 2**32 - 1)
"""Largest values of whole numbers of 10, 12, 14, 15, 16, 31 and 32 bits."""
_SLACK = 1e-3
"""By how much of a range values may overshoot it, as they do when images were resized."""


@dataclass(frozen=True)
class Extent:
    """What the values of some images span."""

    low: float
    high: float
    whole: bool
    """Whether all are whole numbers."""
    dtype: np.dtype[Any]

    def __str__(self) -> str:
        return f"{_number(self.low)}…{_number(self.high)}"

    def joined(self, other: Extent) -> Extent:
        """Of both together."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return Extent(low, high, self.whole and other.whole, np.promote_types(self.dtype, other.dtype))


@dataclass(frozen=True)
class Range:
    """The values that stand for black and for white."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{_number(self.low)}…{_number(self.high)}"

    def covers(self, extent: Extent) -> bool:
        """Whether the values lie in it, but for an overshoot."""
        slack = _SLACK * (self.high - self.low)
        return self.low - slack <= extent.low and extent.high <= self.high + slack


BYTES = Range(0, 255)
_UNIT, _SIXTEENTHS = Range(0, 1), Range(0, 16)
_SIGNED_UNIT, _SIGNED_BYTES, _SIGNED_WORDS = Range(-1, 1), Range(-128, 127), Range(-32_768, 32_767)


@dataclass(frozen=True)
class Layout:
    """Where the channels of (count, …) lie."""

    axis: int | None
    """1 or 3; None: there is no such axis, the images are grey."""
    channels: int
    """1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha."""

    @property
    def alpha(self) -> bool:
        """Whether the last channel is one."""
        return self.channels in (2, 4)

    def __str__(self) -> str:
        order = {None: "(count, height, width)", 1: "channels first", 3: "channels last"}[self.axis]
        names = {1: "grey", 2: "grey and alpha", 3: "colour", 4: "colour and alpha"}
        return f"{order}, {names[self.channels]}"


def find_layout(title: str, shape: tuple[int, ...]) -> Layout:
    """:raises DatasetUnreadable: with the shape, if it can be read in two ways or in none."""
    shapes = f"{title} holds images of shape {shape}"
    if len(shape) not in (3, 4):
        raise DatasetUnreadable(
            f"{shapes}; they must be (count, height, width) or (count, height, width, channels)."
        )
    first, last = (len(shape) == 4 and 1 <= shape[axis] <= 4 for axis in (1, 3))
    if first and last:
        raise DatasetUnreadable(
            f"{shapes}, in which both the first and the last axis of an image may be its channels; save "
            "larger images or (count, height, width)."
        )
    if len(shape) == 4 and not (first or last):
        raise DatasetUnreadable(
            f"{shapes}, in which no axis can be the channels; save (count, height, width, channels) with 1 "
            "(grey), 3 (colour) or 4 (colour and alpha) channels."
        )
    axis = 1 if first else 3 if last else None
    layout = Layout(axis, 1 if axis is None else shape[axis])
    height, width = image_size(shape, layout)
    if min(height, width) < 2:
        raise DatasetUnreadable(
            f"{shapes}, which are {height:,}×{width:,} pixels; give them the height and width they had."
        )
    return layout


def image_size(shape: tuple[int, ...], layout: Layout) -> tuple[int, int]:
    """(height, width)."""
    sides = [side for axis, side in enumerate(shape) if axis not in (0, layout.axis)]
    return sides[0], sides[1]


def find_extent(title: str, part: str, values: Array) -> Extent:
    """:param values: (count, …), of numbers or truth values.
    :raises DatasetUnreadable: if one is not finite."""
    low, high, whole = np.inf, -np.inf, True
    for start, chunk in _chunks(values, values[:1].size):
        lowest, highest = float(chunk.min()), float(chunk.max())
        if not np.isfinite(lowest) or not np.isfinite(highest):
            broken = start + int(np.nonzero(~np.isfinite(chunk).reshape(len(chunk), -1).all(1))[0][0])
            raise DatasetUnreadable(
                f"{part.capitalize()} image {broken} of {title} has pixels that are not finite numbers: "
                "repair or remove it."
            )
        low, high = min(low, lowest), max(high, highest)
        whole = whole and (chunk.dtype.kind in "biu" or bool((chunk == np.rint(chunk)).all()))
    return Extent(low, high, whole, values.dtype)


def find_range(extent: Extent) -> Range | None:
    """The smallest known range that the values fill; None where they fit none."""
    if extent.dtype.kind == "b":
        return _UNIT
    if extent.low < -_SLACK:
        return _signed_range(extent)
    if _UNIT.covers(extent):
        return _UNIT
    if not extent.whole:
        return BYTES if extent.high >= BYTES.high / 2 and BYTES.covers(extent) else None
    if _SIXTEENTHS.covers(extent):
        return _SIXTEENTHS
    if BYTES.covers(extent):
        return BYTES
    return _deep_range(extent)


def _signed_range(extent: Extent) -> Range | None:
    reach = max(-extent.low, extent.high)
    if _SIGNED_UNIT.covers(extent):
        return _SIGNED_UNIT
    if not extent.whole:
        return None
    if _SIGNED_BYTES.covers(extent) and (reach >= 64 or extent.dtype == np.int8):
        return _SIGNED_BYTES
    return _SIGNED_WORDS if _SIGNED_WORDS.covers(extent) and reach >= 16_384 else None


def _deep_range(extent: Extent) -> Range | None:
    """Whole numbers of more than eight bits."""
    top = next((depth for depth in _DEPTHS if extent.high <= depth), None)
    if top is None or (extent.high < top / 2 and extent.dtype != np.uint16):
        return None
    return Range(0, top) if extent.dtype.kind in "iu" or top == 65_535 else None


def common_range(title: str, train: Extent, test: Extent) -> Range:
    """The range of both parts of a data set.

    :raises DatasetUnreadable: with the values, if they fit no known range or each part another."""
    if train.low == train.high or test.low == test.high:  # says nothing about the scale
        train = test = train.joined(test)
    first, second = find_range(train), find_range(test)
    if first is None or second is None:
        values = train if first is None else test
        raise DatasetUnreadable(
            f"The pixels of {title} have values of {values} ({values.dtype}), which is no range that is "
            "known; scale them to 0…1 or to 0…255."
        )
    if first != second and (first.low != second.low or min(first.high, second.high) < BYTES.high):
        raise DatasetUnreadable(
            f"The training images of {title} have values of {train} and its test images of {test}; scale "
            "both alike."
        )
    return max(first, second, key=lambda extent: extent.high)


@dataclass(frozen=True)
class Reading:
    """All that has to be known to read an array of images."""

    layout: Layout
    brightness: Range
    opacity: Range | None
    """Of the alpha channel, where there is one."""
    as_bytes: bool
    """Whether nothing is lost when pixels are kept as bytes."""

    def pixels(self, values: Array, order: npt.NDArray[np.int64], size: int, colour: bool) -> Tensor:
        """(count, 1 or 3, size, size): bytes, or float32 in [0, 1]. Transparent pixels show white.

        :param order: the images wanted, by their places in ``values``."""
        channels = 3 if colour else 1
        kept = torch.uint8 if self.as_bytes else torch.float32
        pixels = torch.empty((len(order), channels, size, size), dtype=kept)
        for start, places in _chunks(order, values[:1].size):
            made = _with_channels(self._composited(values[places]), channels)
            if made.shape[2:] != (size, size):
                made = F.interpolate(made, (size, size), mode="bilinear", antialias=True)
            pixels[start : start + len(places)] = made.round() if self.as_bytes else made
        return pixels

    def _composited(self, values: Array) -> Tensor:
        """(count, 1 or 3, height, width) without alpha, float32, in [0, 1] or, for bytes, in [0, 255]."""
        tensor = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
        if self.layout.axis is None:
            tensor = tensor.unsqueeze(1)
        elif self.layout.axis == 3:
            tensor = tensor.permute(0, 3, 1, 2)
        white = 255.0 if self.as_bytes else 1.0
        if self.opacity is None:
            return _scaled(tensor, self.brightness, white)
        opacity = _scaled(tensor[:, -1:], self.opacity, 1.0)
        return _scaled(tensor[:, :-1], self.brightness, white) * opacity + white * (1 - opacity)


def range_text(extent: Extent, known: Range) -> str:
    """What was found and is scaled, in words."""
    if str(extent) == str(known):
        return f"values of {extent}, scaled to 0…1"
    return f"values of {extent}; {known} is scaled to 0…1"


def _scaled(values: Tensor, known: Range, top: float) -> Tensor:
    """From a range to [0, ``top``]."""
    return ((values - known.low) * (top / (known.high - known.low))).clamp(0, top)


def _with_channels(pixels: Tensor, wanted: int) -> Tensor:
    if pixels.shape[1] == wanted:
        return pixels
    return pixels.expand(-1, wanted, -1, -1) if wanted == 3 else pixels.mean(1, keepdim=True)


def _chunks(values: Array, size_of_one: int) -> Iterator[tuple[int, Array]]:
    """Some rows at a time, with the number of the first."""
    size = max(1, CHUNK_VALUES // max(1, size_of_one))
    for start in range(0, len(values), size):
        yield start, values[start : start + size]


def _number(value: float) -> str:
    return f"{int(value):,}" if value == round(value) and abs(value) < 1e12 else f"{value:.4g}"
