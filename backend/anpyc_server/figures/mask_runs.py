"""The masks of two runs of one network, weight on weight: what only the one keeps, the other, and both."""

from __future__ import annotations

import numpy as np

from anpyc_server.figures import sets
from anpyc_server.figures.canvas import Drawing, empty, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds
from anpyc_server.figures.options import OtherRunOptions, WindowOptions
from anpyc_server.figures.palette import Theme, of_two
from anpyc_server.figures.raster import Raster
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.records.overlap import counts
from anpyc_server.wording import capital, count, whole_percent

TITLE = "Masks of two runs"
_LONGEST = 40


class RunsOptions(WindowOptions, OtherRunOptions):
    """A window of two runs' masks."""


def draw(rows: ArrayRows, options: RunsOptions, theme: Theme) -> Drawing:
    """What either run keeps alone and what both keep, at the same moment."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    return sets.draw(TITLE, rows.stored, _pair(rows, theme), options, theme)


def raster(rows: ArrayRows, options: RunsOptions, theme: Theme) -> Raster | None:
    """The same with its cells as bytes; None where each is told about."""
    if rows.stored is None:
        return None
    return sets.raster(TITLE, rows.stored, _pair(rows, theme), options, theme)


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    raster=raster,
    options=RunsOptions,
    needs=ArrayNeeds(kind="mask", other="run"),
    feeds=("masks",),
    places=(),
)


def _pair(rows: ArrayRows, theme: Theme) -> sets.Pair:
    stored, other, other_run = rows.stored, rows.other, rows.other_run
    assert stored is not None and other is not None and other_run is not None  # noqa: PT018, S101 - or missing
    first, second = stored.values.astype(np.bool_), other.values.astype(np.bool_)
    counted = counts(first, second)
    one, two = (text(run.name, _LONGEST) for run in (rows.run, other_run))
    if one == two:
        one, two = "this run", "the other"
    names = sets.Names("free in both", f"only {one}", f"only {two}", "both", of_two(theme))
    total = counted.total
    when = f"after task {stored.task}" + (f", pruning round {stored.round}" if stored.round else "")
    sentence = (
        f"{capital(when)}, both keep {count(counted.both)} of {count(total, 'weight')} of "
        f"{stored.layer}; {count(counted.first)} only {one}, {count(counted.second)} only {two}, "
        f"{count(counted.neither)} are free in both. They agree on {whole_percent(counted.alike)} of the "
        f"weights; masks as dense would agree on {whole_percent(counted.by_chance)} by chance."
    )
    return sets.Pair(first, second, names, counted, sentence)
