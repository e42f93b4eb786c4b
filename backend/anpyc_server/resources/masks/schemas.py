"""A window of a stored array."""

from __future__ import annotations

from anpyc_server.records.arrays import ArrayKind
from anpyc_server.schemas import Answer, Cells


class MaskWindow(Answer):
    """Means over cells of a window; for masks the density of kept parameters."""

    task: int
    round: int
    layer: str
    shape: list[int]
    """Of the tensor; the window is cut from it as rows × columns, further axes folded into the columns; with
    the layout ``filters`` from a grid of kernels, a row of them per filter, a column per channel. Filters
    of at most four channels stand side by side, as many as keep the grid about twice as wide as high."""
    of: ArrayKind
    rows: list[int]
    """[first, one past the last]"""
    cols: list[int]
    cell: list[int]
    """Parameters per cell: [height, width]. Cells at the lower and right edge may be smaller."""
    values: Cells
    """For owners the most frequent task of the cell, −1 for none; null never occurs for the other kinds."""
    exact: bool
    """True when a cell is one parameter."""
    units: list[int] | None
    """With the rows in another order: which row of the tensor each row of the window belongs to, of filters
    side by side the leftmost."""
    rounds: list[int]
    """All rounds of this task for which this array is stored."""
    tasks: list[int]
    """All tasks for which this array is stored."""
    kinds: list[ArrayKind]
    """What is stored of this layer at this task and round."""


class MaskIndexEntry(Answer):
    """One stored tensor."""

    task: int
    round: int
    layer: str
    shape: list[int]
    kinds: list[ArrayKind]
    free: int | None
    """How many of its parameters are free; null where nobody counted."""


class MaskIndex(Answer):
    """All that can be looked into; empty for a strategy that keeps no masks."""

    items: list[MaskIndexEntry]
    sentence: str
    """What there is, or why there is nothing."""


class MaskDifference(Answer):
    """What happened to the parameters of a layer between two tasks, by cell."""

    layer: str
    shape: list[int]
    before: list[int]
    """[task, round]"""
    after: list[int]
    rows: list[int]
    cols: list[int]
    cell: list[int]
    freed: Cells
    """Share of the cell kept before and free after."""
    taken: Cells
    """Share free before and kept after."""
    totals: dict[str, int]
    """Of the whole layer: freed, taken, kept, free."""
    exact: bool


class LayerBeside(Answer):
    """One layer's masks in two runs. The four counts add up to ``total``."""

    layer: str
    shape: list[int]
    total: int
    first: int
    """Kept by the run alone."""
    second: int
    """Kept by the other alone."""
    both: int
    neither: int
    alike: float
    """The share of its weights on which they agree."""
    by_chance: float
    """The share on which masks as dense as these would agree by chance."""


class MasksBeside(Answer):
    """The masks of two runs of one network after a task."""

    task: int
    first: str
    """The run's name."""
    second: str
    layers: list[LayerBeside]
    sentence: str


class UnitImages(Answer):
    """The input weights of each unit as an image in the original pixel order."""

    layer: str
    task: int
    round: int
    of: ArrayKind
    image_shape: list[int]
    """(channels, height, width)"""
    units: list[int]
    """Which rows of the tensor these are."""
    images: list[list[list[float]]]
    """For each unit height × width; channels are averaged. Of owners: what this task claimed last."""
    total: list[list[float]]
    """Mean over all units of the layer."""
    claimed: list[list[float]] | None
    """Which pixels the task claims: of all units' weights at each pixel, the share that it owns; null where
    no owners are stored for that moment."""
    permuted: bool
    """True when the task's permutation of pixels was undone."""
