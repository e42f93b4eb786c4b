"""How an array is laid out for looking at: its rows in an order, the kernels of a convolution as images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.errors import Invalid
from anpyc_server.records.arrays import ArrayKind, Layout, RowOrder, StoredArray

_MOST_CLUSTERED = 4_096
"""Rows; distances between all pairs of more would take seconds and gigabytes."""
_FEW_CHANNELS = 4
_FEATURES = 256
"""Columns that a row is compared by; more are averaged."""


@dataclass(frozen=True)
class Tiles:
    """How kernels stand in a picture; one parameter each, in one row per unit, where there are none."""

    height: int = 1
    width: int = 1
    channels: int = 0
    per_row: int = 1
    """Filters next to each other: several where they have few channels."""

    def __bool__(self) -> bool:
        return self.channels > 0

    @property
    def across(self) -> int:
        """Columns of the picture that one filter takes."""
        return self.channels * self.width


@dataclass(frozen=True)
class Arranged:
    """An array as rows × columns of a picture."""

    values: npt.NDArray[Any]
    units: npt.NDArray[np.int64]
    """The units, or filters, in the order in which they stand, from the top down and from left to right."""
    tiles: Tiles
    order: RowOrder

    def like(self, other: StoredArray) -> npt.NDArray[Any]:
        """Another array of the same tensor, laid out in the same way."""
        return self.laid(other.values)

    def laid(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values of the same tensor, rows × columns as they are stored, laid out in the same way."""
        return _tiled(values[self.units], self.tiles)


def arranged(stored: StoredArray, order: RowOrder, layout: Layout) -> Arranged:
    """The array in an order and a layout; what has no kernels stays as it is.

    :raises Invalid: when there are too many rows to cluster.
    """
    tiles = tiles_of(stored.shape) if layout == "filters" else Tiles()
    units = _units(stored, order)
    in_order = stored.values if order == "index" else stored.values[units]
    return Arranged(_tiled(in_order, tiles), units, tiles, order)


def picture_shape(stored: StoredArray, layout: Layout) -> tuple[int, int]:
    """Rows and columns of the picture that an array would make."""
    rows, columns = stored.values.shape
    tiles = tiles_of(stored.shape) if layout == "filters" else Tiles()
    return rows * tiles.height // tiles.per_row, columns * tiles.per_row // tiles.height


def tiles_of(shape: tuple[int, ...]) -> Tiles:
    """A row per filter and a column per channel; filters with few channels stand side by side, in a picture
    that is at most about twice as wide as high."""
    if len(shape) != 4:
        return Tiles()
    filters, channels, height, width = shape
    per_row = 1
    if channels <= _FEW_CHANNELS:
        widest = math.isqrt(max(1, 2 * filters * height // (channels * width)))
        per_row = max(side for side in range(1, widest + 1) if filters % side == 0)
    return Tiles(height, width, channels, per_row)


def _tiled(values: npt.NDArray[Any], tiles: Tiles) -> npt.NDArray[Any]:
    """filters × (channels · height · width) as a grid of kernels."""
    if not tiles:
        return values
    lines = len(values) // tiles.per_row
    grid = values.reshape(lines, tiles.per_row, tiles.channels, tiles.height, tiles.width)
    return grid.transpose(0, 3, 1, 2, 4).reshape(lines * tiles.height, tiles.per_row * tiles.across)


def _units(stored: StoredArray, order: RowOrder) -> npt.NDArray[np.int64]:
    if order == "index":
        return np.arange(len(stored.values))
    if order not in stored.orders:
        find = by_density if order == "density" else by_likeness
        stored.orders[order] = find(stored.values, stored.kind)
    return stored.orders[order]


def by_density(values: npt.NDArray[Any], kind: ArrayKind) -> npt.NDArray[np.int64]:
    """The rows that hold most first: kept parameters, or the sum of magnitudes."""
    kept = {
        "mask": lambda: np.count_nonzero(values, axis=1),
        "owner": lambda: np.count_nonzero(values >= 0, axis=1),
        "importance": lambda: values.sum(axis=1, dtype=np.float64),
        "weight": lambda: np.abs(values).sum(axis=1, dtype=np.float64),
    }[kind]()
    return np.argsort(-kept, kind="stable")


def by_likeness(values: npt.NDArray[Any], kind: ArrayKind) -> npt.NDArray[np.int64]:
    """Rows that are alike next to each other: the leaves of a tree by average linkage.

    :raises Invalid: when there are too many rows.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(values) > _MOST_CLUSTERED:
        raise Invalid.at(
            "order",
            f"There are {len(values):,} rows and at most {_MOST_CLUSTERED:,} are clustered; "
            "sort by density instead.",
        )
    if len(values) < 3:
        return np.arange(len(values))
    return np.asarray(leaves_list(linkage(_features(values, kind), method="average")), dtype=np.int64)


def _features(values: npt.NDArray[Any], kind: ArrayKind) -> npt.NDArray[np.float64]:
    """What rows are compared by: shares of each owner, magnitudes of importance, means of the rest."""
    if kind == "owner":
        return np.hstack([_folded(values == owner) for owner in np.unique(values)])
    if kind == "importance":
        largest = float(values.max()) or 1.0
        return _folded(np.log10(np.maximum(values, largest * 1e-6)))
    return _folded(values)


def _folded(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    width = -(-values.shape[1] // _FEATURES)
    starts = np.arange(0, values.shape[1], width)
    lengths = np.diff(np.append(starts, values.shape[1]))
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=1)
    return np.asarray(sums / lengths, dtype=np.float64)
