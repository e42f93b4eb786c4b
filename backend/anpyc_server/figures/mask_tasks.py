"""The weights of one task among all others, or of two tasks, each as its own end left the layer."""

from __future__ import annotations

import numpy as np

from anpyc_server.figures import sets
from anpyc_server.figures.canvas import Drawing, empty
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds
from anpyc_server.figures.options import OtherTaskOptions, WindowOptions
from anpyc_server.figures.palette import Theme, of_two
from anpyc_server.figures.raster import Raster
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.overlap import Counts, Mask, counts
from anpyc_server.wording import capital, count, whole_percent

TITLE = "Weights of one task, or of two"


class TasksOptions(WindowOptions, OtherTaskOptions):
    """A window of one task's weights, or two tasks'."""


def draw(rows: ArrayRows, options: TasksOptions, theme: Theme) -> Drawing:
    """What the task has and other tasks hold; with another task, what either has alone and both have."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    return sets.draw(TITLE, rows.stored, _pair(rows, theme), options, theme)


def raster(rows: ArrayRows, options: TasksOptions, theme: Theme) -> Raster | None:
    """The same with its cells as bytes; None where each is told about."""
    if rows.stored is None:
        return None
    return sets.raster(TITLE, rows.stored, _pair(rows, theme), options, theme)


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    raster=raster,
    options=TasksOptions,
    needs=ArrayNeeds(other="task", newest=True),
    feeds=("masks",),
    places=(),
)


def had(stored: StoredArray) -> Mask:
    """What the task whose end it is has: what it has claimed, of owners; what was kept, of a mask."""
    mask: Mask = stored.values == stored.task if stored.kind == "owner" else stored.values.astype(np.bool_)
    return mask


def _pair(rows: ArrayRows, theme: Theme) -> sets.Pair:
    stored, other = rows.stored, rows.other
    assert stored is not None  # noqa: S101 - drawn only when there is one
    return _alone(rows, stored, theme) if other is None else _two(stored, other, theme)


def _alone(rows: ArrayRows, stored: StoredArray, theme: Theme) -> sets.Pair:
    own = had(stored)
    by_owner = stored.kind == "owner"
    others = (stored.values >= 0) & ~own if by_owner else np.zeros_like(own)
    counted = counts(own, others)
    colors = (theme.consolidated, theme.boundary)[: 1 + by_owner]
    names = sets.Names("free", f"task {stored.task}", "other tasks" if by_owner else None, None, colors)
    return sets.Pair(own, others, names, counted, _alone_in_words(rows, stored, own, counted))


def _alone_in_words(rows: ArrayRows, stored: StoredArray, own: Mask, counted: Counts) -> str:
    task, layer = stored.task, stored.layer
    verb = "claimed" if stored.kind == "owner" else "kept"
    weights = f"{count(counted.first)} of {count(counted.total, 'weight')} of {layer}"
    if not counted.first:
        why = (
            " A task claims weights when it is pruned, and the last one is not." if verb == "claimed" else ""
        )
        return f"Task {task} {verb} nothing of {layer}.{why}"
    sentence = f"Task {task} {verb} {weights} ({whole_percent(counted.first / counted.total)})"
    if stored.kind == "mask":
        return f"{sentence} at its end; {count(counted.neither)} were free."
    sentence += f"; other tasks held {count(counted.second)}, {count(counted.neither)} were free."
    newest = rows.newest
    if newest is None or newest.task <= task:
        return sentence
    still = int(np.count_nonzero(own & (newest.values == task)))
    return f"{sentence} It still owns {count(still)} of them after task {newest.task}."


def _two(stored: StoredArray, other: StoredArray, theme: Theme) -> sets.Pair:
    first, second = had(stored), had(other)
    counted = counts(first, second)
    one, two = f"task {stored.task}", f"task {other.task}"
    names = sets.Names("neither", f"only {one}", f"only {two}", "both", of_two(theme))
    verb = "claimed" if stored.kind == "owner" else "kept"
    total = counted.total
    sentence = (
        f"Of {count(total, 'weight')} of {stored.layer}, tasks {stored.task} and {other.task} both {verb} "
        f"{count(counted.both)} ({whole_percent(counted.both / total)}); {one} alone {count(counted.first)} "
        f"({whole_percent(counted.first / total)}), {two} alone {count(counted.second)} "
        f"({whole_percent(counted.second / total)}), neither {count(counted.neither)}. "
    )
    if counted.neither == total:
        return sets.Pair(first, second, names, counted, f"Neither task {verb} anything of {stored.layer}.")
    sentence += f"{capital(whole_percent(counted.shared))} of what either has they share."
    return sets.Pair(first, second, names, counted, sentence)
