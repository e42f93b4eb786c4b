"""Parallel coordinates: how the varied settings go with what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from statistics import fmean
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from anpyc.measures import MEASURES, Measure, known
from anpyc_queue.finding import flattened
from anpyc_server.figures.canvas import Drawing, axis, empty, figure, text
from anpyc_server.figures.comparison import final, label, legend
from anpyc_server.figures.declaration import ComparisonFigure, Place
from anpyc_server.figures.field_names import known_fields, names_in
from anpyc_server.figures.field_values import field_named
from anpyc_server.figures.options import ByPage, ComparedOptions
from anpyc_server.figures.palette import Theme, run_color, run_dash, run_symbol, translucent
from anpyc_server.figures.quantities import Quantity, fits_log, ticks
from anpyc_server.figures.rows import Column, Reference
from anpyc_server.records.finding.fields import UnknownField
from anpyc_server.wording import count

TITLE = "Settings and outcome"
_OUTCOMES = ("average_accuracy", "forgetting")
_MOST_AXES = 8
_MOST_NAMES = 14
"""Of words on one axis that have a tick."""
_TOO_FEW = "Choose at least two runs that differ in a setting or an outcome."


class AxesOptions(ComparedOptions):
    """What stands on the axes."""

    axes: Annotated[
        str | None,
        Field(
            max_length=600,
            title="Axes",
            description="Fields of runs with commas between, ten at most; without it, settings that differ "
            "and outcomes.",
        ),
        AfterValidator(known_fields(10)),
        ByPage(),
    ] = None
    log: Annotated[bool, Field(title="Logarithmic where it fits")] = True


@dataclass(frozen=True)
class _Axis:
    title: str
    heights: list[float | None]
    """Of each column, from 0 to 1."""
    ticks: list[tuple[float, str]]
    words: list[str]
    """Each column's value as text."""
    log: bool = False
    is_outcome: bool = False


def draw(
    columns: Sequence[Column],
    options: AxesOptions,
    theme: Theme,
    references: Sequence[Reference] = (),
) -> Drawing:
    """An upright axis per setting that varies, then one per outcome; a line per run or group."""
    if options.axes:
        axes = [_of_field(columns, name, options.log) for name in names_in(options.axes)]
    else:
        axes = [*_settings(columns, options.log), *_outcomes(columns, options.log)]
    if len(columns) < 2 or not axes:
        return empty(theme, title=TITLE, sentence=_TOO_FEW)
    keys = [column.key for column in columns]
    named = legend(columns, theme)
    named["meta"]["axes"] = [
        {
            "title": one.title, "log": one.log, "keys": keys, "heights": one.heights, "words": one.words
        } for one in axes
    ]  # fmt: skip
    return figure(
        [_line(place, column, axes, theme) for place, column in enumerate(columns)],
        theme,
        title=TITLE,
        sentence=_sentence(columns, axes),
        shapes=[_upright(place, theme) for place in range(len(axes))],
        annotations=[
            note for place, dimension in enumerate(axes) for note in _tick_labels(place, dimension, theme)
        ],
        xaxis=axis(
            theme,
            "",
            tickvals=list(range(len(axes))),
            ticktext=[text(dimension.title, 24) + (" (log)" if dimension.log else "") for dimension in axes],
            showgrid=False,
            side="top",
            range=[-0.5, len(axes) - 0.8],
            fixedrange=True,
        ),
        yaxis=axis(theme, "", visible=False, range=[-0.05, 1.05], fixedrange=True),
        dragmode=False,
        **named,
    )


def _fields(options: AxesOptions) -> list[str]:
    return names_in(options.axes or "")


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=AxesOptions,
    fields=_fields,
    feeds=("evaluation",),
    places=(Place("compare", 4, height=360),),
)


def _line(place: int, column: Column, axes: Sequence[_Axis], theme: Theme) -> dict[str, Any]:
    color = run_color(column.rank, theme)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label(column),
        "legendgroup": column.key,
        "meta": {"keys": [column.key]},
        "x": list(range(len(axes))),
        "y": [dimension.heights[place] for dimension in axes],
        "connectgaps": True,
        "customdata": [[text(dimension.title), text(dimension.words[place])] for dimension in axes],
        "hovertemplate": "%{fullData.name}<br>%{customdata[0]}: %{customdata[1]}<extra></extra>",
        "line": {"color": color, "width": 1.5, "dash": run_dash(column.rank)},
        "marker": {"color": color, "size": 6, "symbol": run_symbol(column.rank)},
    }


def _upright(place: int, theme: Theme) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "y0": 0,
        "y1": 1,
        "line": {"color": theme.boundary, "width": 1},
    }


def _tick_labels(place: int, dimension: _Axis, theme: Theme) -> list[dict[str, Any]]:
    return [
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
        for height, words in dimension.ticks
    ]


def _settings(columns: Sequence[Column], log: bool) -> list[_Axis]:
    contents = [_content(column) for column in columns]
    fields = [field for field in dict.fromkeys(f for content in contents for f in content) if field != "name"]
    if any(len(column.runs) > 1 for column in columns):
        fields = [field for field in fields if field != "seed"]
    # A setting that only some of them have belongs to another choice, which has an axis of its own.
    shared = [field for field in fields if all(field in content for content in contents)]
    varied = [field for field in shared if len({str(content[field]) for content in contents}) > 1]
    return [
        _of_setting(field, [content[field] for content in contents], log) for field in varied[:_MOST_AXES]
    ]


def _of_setting(name: str, values: list[Any], log: bool) -> _Axis:
    """Called as everywhere; a setting of an earlier version by its path."""
    try:
        quantity = Quantity(field_named(name))
    except UnknownField:
        return _scaled(name, values, log)
    if not quantity.is_number:
        values = [None if value is None else quantity.category(value) for value in values]
    return _scaled(quantity.title, values, log, quantity)


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


def _outcomes(columns: Sequence[Column], log: bool) -> list[_Axis]:
    axes = []
    for name in _OUTCOMES:
        values: list[Any] = []
        for column in columns:
            numbers = [known(run.metrics).get(name, np.nan) for run in column.runs]
            values.append(final(column, numbers))
        if any(value is not None for value in values):
            axes.append(_scaled(_title(name), values, log, MEASURES[name]))
    return axes


def _of_field(columns: Sequence[Column], name: str, log: bool) -> _Axis:
    """Numbers as the mean over a column's runs, anything else as what they share."""
    quantity = Quantity(field_named(name))
    values: list[Any] = []
    for column in columns:
        found = [run.values.get(name) for run in column.runs]
        if quantity.is_number:
            numbers = [value for value in found if quantity.number(value) is not None]
            values.append(fmean(float(value or 0) for value in numbers) if numbers else None)
        else:
            values.append(", ".join(dict.fromkeys(quantity.category(value) for value in found)))
    return _scaled(quantity.title, values, log, quantity, is_outcome=name in MEASURES)


def _title(name: str) -> str:
    return MEASURES[name].title.lower()


def _scaled(
    title: str,
    values: list[Any],
    log: bool,
    how: Measure | Quantity | None = None,
    *,
    is_outcome: bool = False,
) -> _Axis:
    """Numbers by size, anything else by name."""
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]

    def write(value: Any) -> str:
        if value is None:
            return "—"
        if how is not None and not isinstance(value, str):
            return how.write(value)
        return f"{value:g}" if isinstance(value, float) else str(value)

    words = [write(value) for value in values]
    outcome = is_outcome or isinstance(how, Measure)
    if numbers and len(numbers) == sum(value is not None for value in values):
        low, high = min(numbers), max(numbers)
        logarithmic = log and not outcome and fits_log(numbers)

        def height(value: float) -> float:
            if logarithmic:
                return log10(value / low) / log10(high / low)
            return (value - low) / (high - low or 1.0)

        heights = [None if value is None else height(float(value)) for value in values]
        marks = [(height(value), write(value)) for value in ticks(low, high, logarithmic=logarithmic)]
        return _Axis(title, heights, marks, words, logarithmic, outcome)
    names = sorted(set(words))
    steps = max(1, len(names) - 1)
    heights = [names.index(word) / steps for word in words]
    every = -(-len(names) // _MOST_NAMES)
    named = [(place / steps, name) for place, name in enumerate(names) if place % every == 0]
    return _Axis(title, heights, named, words, is_outcome=outcome)


def _sentence(columns: Sequence[Column], axes: Sequence[_Axis]) -> str:
    settings = [axis for axis in axes if not axis.is_outcome]
    varied = count(len(settings), "setting that varies", "settings that vary")
    sentence = f"{count(len(columns), 'line')} over {varied}."
    outcome = next((axis for axis in axes if axis.title == _title("average_accuracy")), None)
    if outcome is None or all(height is None for height in outcome.heights):
        return sentence
    ranks = [column.finished for column in columns]
    heights = [
        height if height is not None and (is_whole or not any(ranks)) else -1.0
        for height, is_whole in zip(outcome.heights, ranks, strict=True)
    ]
    if max(heights) < 0:
        return sentence
    best = heights.index(max(heights))
    chosen = ", ".join(f"{axis.title} {axis.words[best]}" for axis in settings[:3])
    sentence += f" Best on average: {columns[best].label} with {outcome.words[best]}"
    return f"{sentence} ({chosen})." if chosen else f"{sentence}."
