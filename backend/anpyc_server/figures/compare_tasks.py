"""Final accuracy on every task, of several runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anpyc.metrics import rows_done
from anpyc_server.figures.canvas import Drawing, axis, empty, figure, percent_axis
from anpyc_server.figures.comparison import final, highest, legend, lines
from anpyc_server.figures.declaration import ComparisonFigure, Place
from anpyc_server.figures.options import ComparedOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import Column, Reference, RunRows

TITLE = "Accuracy on every task at the end, compared"


def draw(
    columns: Sequence[Column],
    options: ComparedOptions,
    theme: Theme,
    references: Sequence[Reference] = (),
) -> Drawing:
    """A point per task; oldest tasks on the left, where forgetting shows."""
    rows = [[_last_row(run) for run in column.runs] for column in columns]
    longest = max((len(row) for column in rows for row in column), default=0)
    if not longest:
        return empty(theme, title=TITLE, sentence="None of these runs has learnt a task yet.")
    traces: list[dict[str, Any]] = []
    finals: list[float | None] = []
    for column, runs in zip(columns, rows, strict=True):
        series = np.full((len(runs), longest), np.nan)
        for place, values in enumerate(runs):
            series[place, : len(values)] = np.multiply(values, 100)
        traces += lines(column, list(range(longest)), series, theme, markers=True, what="")
        finals.append(final(column, series[:, 0].tolist()))
    lowest = min(value for runs in rows for row in runs for value in row)
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=highest(columns, finals, "On task 0, the oldest"),
        hovermode="x unified",
        **legend(columns, theme),
        xaxis=axis(
            theme, "task", dtick=1 if longest <= 24 else None, unifiedhovertitle={"text": "task %{x}"}
        ),
        yaxis=percent_axis(theme, "accuracy", lowest),
    )


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=ComparedOptions,
    feeds=("evaluation",),
    places=(Place("compare", 3, height=360),),
)


def _last_row(run: RunRows) -> list[float]:
    done = rows_done(run.matrix)
    return [value for value in run.matrix[done - 1][:done] if value is not None] if done else []
