"""Accuracy over training, of several runs: the mean over the tasks seen so far, or one task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, axis, empty, figure, percent_axis
from anpyc_server.figures.comparison import final, highest, legend, levels, lines, lowest_level
from anpyc_server.figures.declaration import ComparisonFigure, Place, RunNeeds
from anpyc_server.figures.options import ComparedOptions, Points, Task
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import Column, Reference, RunRows
from anpyc_server.records.thinning import kept

TITLE = "Accuracy over training, compared"
_AVERAGE = "average_accuracy"


class ComparedCurveOptions(ComparedOptions):
    """One task, or the mean over those seen so far."""

    task: Task = None
    points: Points = 2_000


def draw(
    columns: Sequence[Column],
    options: ComparedCurveOptions,
    theme: Theme,
    references: Sequence[Reference] = (),
) -> Drawing:
    """Runs of different lengths are laid over each other by their share of training done."""
    curves = [[curve(run, options.task) for run in column.runs] for column in columns]
    if not any(len(steps) for column in curves for steps, _ in column):
        return empty(theme, title=TITLE, sentence="Nothing has been evaluated yet in these runs.")
    lengths = {
        run.steps or (int(steps[-1]) if len(steps) else 0)
        for column, own in zip(columns, curves, strict=True)
        for run, (steps, _) in zip(column.runs, own, strict=True)
    }
    by_share = len(lengths) > 1
    traces: list[dict[str, Any]] = []
    finals: list[float | None] = []
    thinned = False
    for column, own in zip(columns, curves, strict=True):
        grid, series, cut = _together(column, own, options.points, by_share)
        thinned |= cut
        traces += lines(column, grid, series, theme, markers=False, what="")
        finals.append(final(column, [values[-1] if len(values) else np.nan for _, values in own]))
    lowest = min(float(values.min()) for column in curves for _, values in column if len(values)) / 100
    if options.task is None:
        lowest = lowest_level(references, _AVERAGE, lowest)
    what = "accuracy" if options.task is None else f"accuracy on task {options.task}"
    return figure(
        traces,
        theme,
        title=TITLE if options.task is None else f"{TITLE}: task {options.task}",
        sentence=highest(columns, finals, "At the newest evaluation"),
        thinned=thinned,
        hovermode="x unified",
        **legend(columns, theme),
        **levels(references, _AVERAGE if options.task is None else "", theme),
        xaxis=axis(
            theme,
            "share of training done" if by_share else "epochs of the whole run",
            **({"ticksuffix": " %", "range": [0, 100]} if by_share else {"rangemode": "tozero"}),
        ),
        yaxis=percent_axis(theme, f"{what}, tasks seen so far" if options.task is None else what, lowest),
    )


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=ComparedCurveOptions,
    needs=RunNeeds(evaluations=True),
    feeds=("evaluation",),
    places=(Place("compare", 1, height=360),),
)


def curve(run: RunRows, task: int | None) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Steps and percent: the mean over the tasks evaluated at each, or that of one task."""
    data = run.evaluations
    if task is not None:
        own = (data.on_task == task) & (data.on_task <= data.task)
        return data.step[own], data.accuracy[own] * 100
    seen = data.on_task <= data.task
    steps, place = np.unique(data.step[seen], return_inverse=True)
    sums = np.bincount(place, weights=data.accuracy[seen], minlength=len(steps))
    return steps, 100 * sums / np.maximum(np.bincount(place, minlength=len(steps)), 1)


def _together(
    column: Column,
    curves: Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]],
    points: int,
    by_share: bool,
) -> tuple[list[float], npt.NDArray[np.float64], bool]:
    """The runs of a column on one axis. Those of a group mostly share their steps as well."""
    thinned = False
    placed = []
    for run, (steps, values) in zip(column.runs, curves, strict=True):
        chosen = kept(steps, values, points) if len(column.runs) == 1 else np.ones(len(steps), dtype=bool)
        thinned |= not bool(chosen.all())
        whole = run.steps or (int(steps[-1]) if len(steps) else 1)
        x = np.round(100 * steps[chosen] / whole, 3) if by_share else steps[chosen].astype(np.float64)
        placed.append((x, values[chosen]))
    grid = np.unique(np.concatenate([x for x, _ in placed]))
    if len(grid) > points:
        every = -(-len(grid) // points)
        grid, thinned = grid[::every], True
    series = np.full((len(placed), len(grid)), np.nan)
    for place, (x, values) in enumerate(placed):
        if len(x):
            inside = (grid >= x[0]) & (grid <= x[-1])
            series[place, inside] = np.interp(grid[inside], x, values)
    return grid.tolist(), series, thinned
