"""Average accuracy after k tasks, of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anpyc.metrics import average_accuracy_by_task
from anpyc_server.figures.canvas import Drawing, axis, empty, figure, percent_axis
from anpyc_server.figures.comparison import final, highest, legend, levels, lines, lowest_level
from anpyc_server.figures.declaration import ComparisonFigure, Place
from anpyc_server.figures.options import ComparedOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import Column, Reference

TITLE = "Average accuracy after k tasks, compared"
METRIC = "average_accuracy"


def draw(
    columns: Sequence[Column],
    options: ComparedOptions,
    theme: Theme,
    references: Sequence[Reference] = (),
) -> Drawing:
    """A line per run, a mean with a band of one standard deviation per group."""
    averages = [[average_accuracy_by_task(run.matrix) for run in column.runs] for column in columns]
    longest = max((len(row) for column in averages for row in column), default=0)
    if not longest:
        return empty(theme, title=TITLE, sentence="None of these runs has learnt a task yet.")
    traces: list[dict[str, Any]] = []
    finals: list[float | None] = []
    for column, runs in zip(columns, averages, strict=True):
        series = np.full((len(runs), longest), np.nan)
        for place, values in enumerate(runs):
            series[place, : len(values)] = np.multiply(values, 100)
        traces += lines(column, list(range(1, longest + 1)), series, theme, markers=True, what="")
        finals.append(final(column, series[:, -1].tolist()))
    lowest = min(value for runs in averages for row in runs for value in row)
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=highest(columns, finals, f"After {longest} {'task' if longest == 1 else 'tasks'}"),
        hovermode="x unified",
        **legend(columns, theme),
        **levels(references, METRIC, theme),
        xaxis=axis(
            theme,
            "tasks learnt",
            range=[0.5, longest + 0.5],
            dtick=1 if longest <= 24 else None,
            unifiedhovertitle={"text": "after %{x} tasks"},
        ),
        yaxis=percent_axis(theme, "average accuracy", lowest_level(references, METRIC, lowest)),
    )


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=ComparedOptions,
    feeds=("evaluation",),
    places=(Place("compare", 2, height=360),),
)
