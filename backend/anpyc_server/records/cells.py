"""From a window of an array to a grid of cells, vectorised."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.errors import Invalid

_SAMPLED = 4
"""Of a cell of owners this many parameters along each side are looked at, at most."""


@dataclass(frozen=True)
class Window:
    """Part of an array and the cells it is cut into."""

    rows: tuple[int, int]
    cols: tuple[int, int]
    cell: tuple[int, int]

    @property
    def exact(self) -> bool:
        """Whether a cell is one parameter."""
        return self.cell == (1, 1)

    def cut(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The part of the array."""
        return values[self.rows[0] : self.rows[1], self.cols[0] : self.cols[1]]


def window(shape: tuple[int, ...], rows: str, cols: str, size: int) -> Window:
    """The window of an array of rows × columns, at most ``size`` cells along each side.

    :raises Invalid: when ``rows`` or ``cols`` is no range within the array.
    """
    first_row, end_row = _range("rows", rows, shape[0])
    first_col, end_col = _range("cols", cols, shape[1])
    cell = (-(-(end_row - first_row) // size), -(-(end_col - first_col) // size))
    return Window((first_row, end_row), (first_col, end_col), cell)


def means(values: npt.NDArray[Any], cell: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The mean of each cell; those at the lower and right edge may be smaller."""
    height, width = cell
    if (height, width) == (1, 1):
        return values.astype(np.float64)
    starts_right = np.arange(0, values.shape[1], width)
    down = _sums_down(values, height).astype(np.float64)
    sums = np.add.reduceat(down, starts_right, axis=1) if width > 1 else down
    heights = _lengths(np.arange(0, values.shape[0], height), values.shape[0])
    return np.asarray(sums / np.outer(heights, _lengths(starts_right, values.shape[1])), dtype=np.float64)


def _sums_down(values: npt.NDArray[Any], height: int) -> npt.NDArray[Any]:
    """Sums over bands of so many rows. Narrow numbers are added as they are: that is what makes it fast."""
    numbers = values.view(np.uint8) if values.dtype == np.bool_ else values
    if height == 1:
        return numbers
    narrow = numbers.dtype if numbers.dtype != np.uint8 or height <= 255 else np.dtype(np.uint32)
    whole = len(numbers) // height * height
    bands = numbers[:whole].reshape(-1, height, numbers.shape[1]).sum(axis=1, dtype=narrow)
    if whole == len(numbers):
        return np.asarray(bands)
    return np.concatenate([bands, numbers[whole:].sum(axis=0, dtype=narrow)[None]])


def most_frequent(values: npt.NDArray[np.int16], cell: tuple[int, int]) -> npt.NDArray[np.int64]:
    """The most frequent value of each cell, of a big one by a regular sample; of equals the smallest."""
    height, width = cell
    if (height, width) == (1, 1):
        return values.astype(np.int64)
    step_down, row_of = _sample(values.shape[0], height)
    step_right, col_of = _sample(values.shape[1], width)
    sampled = values[::step_down, ::step_right].astype(np.int64)
    lowest = int(sampled.min())
    kinds = int(sampled.max()) - lowest + 1
    down, right = int(row_of[-1]) + 1, int(col_of[-1]) + 1
    place = (row_of[:, None] * right + col_of[None, :]) * kinds + (sampled - lowest)
    counts = np.bincount(place.ravel(), minlength=down * right * kinds)
    return np.asarray(counts.reshape(down, right, kinds).argmax(axis=2) + lowest, dtype=np.int64)


def rounded(values: npt.NDArray[np.float64], digits: int = 4) -> npt.NDArray[np.float64]:
    """To so many significant digits: what a reader can use, and what keeps an answer small."""
    magnitude = np.abs(values)
    with np.errstate(divide="ignore"):
        exponent = np.where(magnitude > 0, np.floor(np.log10(magnitude)), 0)
    scale = 10.0 ** np.clip(digits - 1 - exponent, -300, 300)
    return np.asarray(np.round(values * scale) / scale, dtype=np.float64)


def _range(name: str, text: str, length: int) -> tuple[int, int]:
    match = re.fullmatch(r"(\d*):(\d*)", text)
    if match is None:
        raise Invalid.at(name, "Give first:end, such as 0:64; leave a side empty for all.")
    first = int(match[1] or 0)
    end = min(int(match[2] or length), length)
    if first >= end:
        raise Invalid.at(name, f"Nothing lies in {text}; there are {length}, counted from 0.")
    return first, end


def _lengths(starts: npt.NDArray[np.int64], end: int) -> npt.NDArray[np.int64]:
    return np.diff(np.append(starts, end))


def _sample(length: int, cell: int) -> tuple[int, npt.NDArray[np.int64]]:
    """Every which position is looked at, and the cell each of them lies in."""
    step = max(1, -(-cell // _SAMPLED))
    return step, np.arange(0, length, step) // cell
