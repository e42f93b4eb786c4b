"""How an array is laid out for looking at: its rows in an order, the kernels of a convolution as images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.errors import Invalid
from anpyc_server.masks.arrays import StoredArray
from anpyc_server.masks.schemas import ArrayKind, Layout, RowOrder

_MOST_CLUSTERED = 4_096
"""Rows; distances between all pairs of more would take seconds and gigabytes."""
_FEATURES = 256
"""Columns that a row is compared by; more are averaged."""


@dataclass(frozen=True)
class Arranged:
    """An array as rows × columns of a picture."""

    values: npt.NDArray[Any]
    units: npt.NDArray[np.int64]
    """Which unit, or filter, stands at each place from the top down."""
    kernel: tuple[int, int]
    """How many rows and columns of the picture belong to one unit and one input channel."""
    order: RowOrder

    @property
    def tiled(self) -> bool:
        """Whether kernels stand in it as images."""
        return self.kernel != (1, 1)

    def like(self, other: StoredArray) -> npt.NDArray[Any]:
        """Another array of the same tensor, laid out in the same way."""
        return _tiled(other.values[self.units], self.kernel)


def arranged(stored: StoredArray, order: RowOrder, layout: Layout) -> Arranged:
    """The array in an order and a layout; what has no kernels stays as it is.

    :raises Invalid: when there are too many rows to cluster.
    """
    kernel = kernel_of(stored.shape) if layout == "filters" else (1, 1)
    units = _units(stored, order)
    in_order = stored.values if order == "index" else stored.values[units]
    return Arranged(_tiled(in_order, kernel), units, kernel, order)


def picture_shape(stored: StoredArray, layout: Layout) -> tuple[int, int]:
    """Rows and columns of the picture that an array would make."""
    rows, columns = stored.values.shape
    height, _ = kernel_of(stored.shape) if layout == "filters" else (1, 1)
    return rows * height, columns // height


def kernel_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a convolution's kernels; 1 × 1 for everything else."""
    return (shape[2], shape[3]) if len(shape) == 4 else (1, 1)


def _tiled(values: npt.NDArray[Any], kernel: tuple[int, int]) -> npt.NDArray[Any]:
    """filters × (channels · height · width) as a grid of kernels, a row per filter, a column per channel."""
    height, width = kernel
    if kernel == (1, 1):
        return values
    filters, channels = len(values), values.shape[1] // (height * width)
    grid = values.reshape(filters, channels, height, width).transpose(0, 2, 1, 3)
    return grid.reshape(filters * height, channels * width)


def _units(stored: StoredArray, order: RowOrder) -> npt.NDArray[np.int64]:
    if order == "index":
        return np.arange(len(stored.values))
    if order not in stored.orders:
        find = by_density if order == "density" else by_likeness
        stored.orders[order] = find(stored.values, stored.of)
    return stored.orders[order]


def by_density(values: npt.NDArray[Any], of: ArrayKind) -> npt.NDArray[np.int64]:
    """The rows that hold most first: kept parameters, or the sum of magnitudes."""
    held = {
        "mask": lambda: np.count_nonzero(values, axis=1),
        "owner": lambda: np.count_nonzero(values >= 0, axis=1),
        "importance": lambda: values.sum(axis=1, dtype=np.float64),
        "weight": lambda: np.abs(values).sum(axis=1, dtype=np.float64),
    }[of]()
    return np.argsort(-held, kind="stable")


def by_likeness(values: npt.NDArray[Any], of: ArrayKind) -> npt.NDArray[np.int64]:
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
    return np.asarray(leaves_list(linkage(_features(values, of), method="average")), dtype=np.int64)


def _features(values: npt.NDArray[Any], of: ArrayKind) -> npt.NDArray[np.float64]:
    """What rows are compared by: shares of each owner, magnitudes of importance, means of the rest."""
    if of == "owner":
        return np.hstack([_folded(values == owner) for owner in np.unique(values)])
    if of == "importance":
        largest = float(values.max()) or 1.0
        return _folded(np.log10(np.maximum(values, largest * 1e-6)))
    return _folded(values)


def _folded(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    width = -(-values.shape[1] // _FEATURES)
    starts = np.arange(0, values.shape[1], width)
    lengths = np.diff(np.append(starts, values.shape[1]))
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=1)
    return np.asarray(sums / lengths, dtype=np.float64)
