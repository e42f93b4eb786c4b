"""Parallel coordinates: how the varied settings go with what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from anpyc.measures import MEASURES, Measure, known
from anpyc_queue.finding import flattened
from anpyc_server.figures.canvas import Drawing, axis, empty, figure, text
from anpyc_server.figures.comparison import final, label, symbol
from anpyc_server.figures.declaration import ComparisonFigure, Place
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme, run_color, run_dash, translucent
from anpyc_server.figures.rows import Column
from anpyc_server.wording import count

TITLE = "Settings and outcome"
_OUTCOMES = ("average_accuracy", "forgetting")
_MOST_AXES = 8
_TOO_FEW = "Choose at least two runs that differ in a setting or an outcome."


@dataclass(frozen=True)
class _Axis:
    title: str
    heights: list[float | None]
    """Of each column, from 0 to 1."""
    ticks: list[tuple[float, str]]
    words: list[str]
    """Each column's value as text."""


def draw(columns: Sequence[Column], options: FigureOptions, theme: Theme) -> Drawing:
    """An upright axis per setting that varies, then one per outcome; a line per run or group."""
    axes = [*_settings(columns), *_outcomes(columns)]
    if len(columns) < 2 or not axes:
        return empty(theme, title=TITLE, sentence=_TOO_FEW)
    traces: list[dict[str, Any]] = []
    for place, column in enumerate(columns):
        color = run_color(column.rank, theme)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": label(column),
                "x": list(range(len(axes))),
                "y": [dimension.heights[place] for dimension in axes],
                "connectgaps": True,
                "customdata": [[text(dimension.title), text(dimension.words[place])] for dimension in axes],
                "hovertemplate": "%{fullData.name}<br>%{customdata[0]}: %{customdata[1]}<extra></extra>",
                "line": {"color": color, "width": 1.5, "dash": run_dash(column.rank)},
                "marker": {"color": color, "size": 6, "symbol": symbol(column)},
            }
        )
    ticks = [
        {
            "x": place,
            "y": height,
            "xanchor": "right",
            "xshift": -6,
            "showarrow": False,
            "text": text(words, 16),
            "font": {"size": 10, "color": theme.muted},
            # Lines pass behind the words.
            "bgcolor": translucent(theme.panel, 0.85),
            "borderpad": 1,
        }
        for place, dimension in enumerate(axes)
        for height, words in dimension.ticks
    ]
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=_sentence(columns, axes),
        shapes=[
            {
                "type": "line",
                "x0": place,
                "x1": place,
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.boundary, "width": 1},
            }
            for place in range(len(axes))
        ],
        annotations=ticks,
        xaxis=axis(
            theme,
            "",
            tickvals=list(range(len(axes))),
            ticktext=[text(dimension.title, 24) for dimension in axes],
            showgrid=False,
            side="top",
            range=[-0.5, len(axes) - 0.8],
        ),
        yaxis=axis(theme, "", visible=False, range=[-0.05, 1.05]),
    )


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=FigureOptions,
    feeds=("evaluation",),
    places=(Place("compare", 4, height=360),),
)


def _settings(columns: Sequence[Column]) -> list[_Axis]:
    contents = [_content(column) for column in columns]
    fields = [field for field in dict.fromkeys(f for content in contents for f in content) if field != "name"]
    if any(len(column.runs) > 1 for column in columns):
        fields = [field for field in fields if field != "seed"]
    # A setting that only some of them have belongs to another choice, which has an axis of its own.
    shared = [field for field in fields if all(field in content for content in contents)]
    varied = [field for field in shared if len({str(content[field]) for content in contents}) > 1]
    return [_scaled(field, [content[field] for content in contents]) for field in varied[:_MOST_AXES]]


def _content(column: Column) -> dict[str, Any]:
    """What the runs of a column share, and as text the values in which they differ."""
    specs = [dict(flattened(spec)) for spec in column.specs]
    values = {
        field: list(dict.fromkeys(spec.get(field) for spec in specs)) for spec in specs for field in spec
    }
    return {
        field: contents[0] if len(contents) == 1 else ", ".join(str(value) for value in contents)
        for field, contents in values.items()
    }


def _outcomes(columns: Sequence[Column]) -> list[_Axis]:
    axes = []
    for name in _OUTCOMES:
        values: list[Any] = []
        for column in columns:
            numbers = [known(run.metrics).get(name, np.nan) for run in column.runs]
            values.append(final(column, numbers))
        if any(value is not None for value in values):
            axes.append(_scaled(_title(name), values, MEASURES[name]))
    return axes


def _title(name: str) -> str:
    return MEASURES[name].title.lower()


def _scaled(title: str, values: list[Any], measure: Measure | None = None) -> _Axis:
    """Numbers by size, anything else by name."""
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]

    def write(value: Any) -> str:
        if value is None:
            return "—"
        if measure is not None:
            return measure.write(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    words = [write(value) for value in values]
    if numbers and len(numbers) == sum(value is not None for value in values):
        low, high = min(numbers), max(numbers)
        span = high - low or 1.0
        heights = [None if value is None else (float(value) - low) / span for value in values]
        ticks = [(0.0, write(low)), (1.0, write(high))] if high > low else [(0.0, write(low))]
        return _Axis(title, heights, ticks, words)
    names = sorted(set(words))
    steps = max(1, len(names) - 1)
    heights = [names.index(word) / steps for word in words]
    return _Axis(title, heights, [(place / steps, name) for place, name in enumerate(names)], words)


def _sentence(columns: Sequence[Column], axes: Sequence[_Axis]) -> str:
    outcome = next((axis for axis in axes if axis.title == _title("average_accuracy")), None)
    settings = [axis for axis in axes if axis.title not in {_title(name) for name in _OUTCOMES}]
    varying = count(len(settings), "setting that varies", "settings that vary")
    sentence = f"{count(len(columns), 'line')} over {varying}."
    if outcome is None or all(height is None for height in outcome.heights):
        return sentence
    heights = [-1.0 if height is None else height for height in outcome.heights]
    best = heights.index(max(heights))
    chosen = ", ".join(f"{axis.title} {axis.words[best]}" for axis in settings[:3])
    sentence += f" Best on average: {columns[best].label} with {outcome.words[best]}"
    return f"{sentence} ({chosen})." if chosen else f"{sentence}."
