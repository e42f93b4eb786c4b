"""What the figures that compare runs share: a column's line, its mean and its band over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc.measures import MEASURES
from anpyc_server.figures.canvas import text
from anpyc_server.figures.palette import Theme, run_color, run_dash, run_symbol, translucent
from anpyc_server.figures.rows import Column, Reference
from anpyc_server.wording import count, listed, percent, points

_Floats = npt.NDArray[np.float64]
LEVEL = 0.05
"""Percentage points: a lead that is written as 0.0."""
_MOST_NAMED = 4


def lines(
    column: Column,
    x: Sequence[float],
    series: npt.NDArray[np.float64],
    theme: Theme,
    *,
    markers: bool,
    what: str,
) -> list[dict[str, Any]]:
    """One line for a run; for several seeds the mean, with a band of one standard deviation to each side; for
    several settings the mean of theirs, with a band from the lowest to the highest.

    ``series`` is runs × points, in percent; not a number where a run has no value there.
    """
    color, dash = run_color(column.rank, theme), run_dash(column.rank)
    known = np.isfinite(series).sum(axis=0)
    places = known > 0
    xs = [value for value, is_known in zip(x, places, strict=True) if is_known]
    values = series[:, places]
    number = known[places]
    mean = _mean_of_settings(column, values)
    name = label(column)
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if markers or len(xs) == 1 else "lines",
        "name": name,
        "legendgroup": column.key,
        "meta": {"keys": [column.key]},
        "x": xs,
        "y": np.round(mean, 4).tolist(),
        "line": {"color": color, "width": 2, "dash": dash},
        "marker": {"color": color, "size": 6, "symbol": run_symbol(column.rank)},
        "hovertemplate": f"%{{y:.1f}} %{what}",
    }
    if len(column.runs) == 1:
        return [line]
    settings = len(set(column.settings))
    low, high, words = _range(column, values) if settings > 1 else _deviation(values, mean, number)
    differing = count(settings, "setting") if settings > 1 else count(len(column.runs), "seed")
    line["name"] = f"{name} · {differing}"
    line["customdata"] = words
    line["hovertemplate"] = f"%{{y:.1f}} %{what} %{{customdata}}"
    line["meta"] |= {"low": np.round(low, 4).tolist(), "high": np.round(high, 4).tolist()}
    band = {
        "type": "scatter",
        "mode": "lines",
        "legendgroup": column.key,
        "meta": {"keys": [column.key]},
        "showlegend": False,
        "hoverinfo": "skip",
        "x": xs + xs[::-1],
        "y": np.round(np.concatenate([high, low[::-1]]), 4).tolist(),
        "fill": "toself",
        "fillcolor": translucent(color, 0.15),
        "line": {"width": 0, "color": color},
    }
    return [band, line]


def _deviation(
    values: _Floats, mean: _Floats, number: npt.NDArray[np.int64]
) -> tuple[_Floats, _Floats, list[str]]:
    """One sample standard deviation over seeds to each side."""
    squares = np.where(np.isfinite(values), (values - mean) ** 2, 0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(number - 1, 1))
    words = [
        f"± {deviation:.1f} over {count(int(n), 'seed')}" if n > 1 else "one run"
        for deviation, n in zip(spread, number, strict=True)
    ]
    return mean - spread, mean + spread, words


def _range(column: Column, values: _Floats) -> tuple[_Floats, _Floats, list[str]]:
    """From the lowest to the highest of the settings' means: between settings there is no deviation."""
    means = np.array([_mean(values[places]) for places in _places(column.settings)])
    low, high = np.nanmin(means, axis=0), np.nanmax(means, axis=0)
    known = np.isfinite(means).sum(axis=0)
    words = [
        f"the mean of {count(int(n), 'setting')}, {a:.1f} to {b:.1f} %"
        for a, b, n in zip(low, high, known, strict=True)
    ]
    return low, high, words


def _mean_of_settings(column: Column, values: _Floats) -> _Floats:
    """Every setting counts the same, however many seeds it has."""
    return _mean(np.array([_mean(values[places]) for places in _places(column.settings)]))


def _mean(values: _Floats) -> _Floats:
    """Over runs, where any has a value; else not a number."""
    known = np.isfinite(values).sum(axis=0)
    return np.asarray(np.where(known > 0, np.nansum(values, axis=0) / np.maximum(known, 1), np.nan))


def _places(settings: Sequence[str]) -> list[list[int]]:
    """The runs of each setting."""
    places: dict[str, list[int]] = {}
    for place, setting in enumerate(settings):
        places.setdefault(setting, []).append(place)
    return list(places.values())


def label(column: Column, length: int = 40) -> str:
    """What tells it from the others; else title and note as text: a long title is cut, never the note."""
    if column.short:
        return text(column.short, length)
    note = f" · {text(column.note)}" if column.note else ""
    return text(column.title, length - min(len(note), length // 2)) + note


def final(column: Column, values: Sequence[float]) -> float | None:
    """The mean of one number of each run, every setting counting the same; not a number where unknown."""
    mean = float(_mean_of_settings(column, np.asarray(values, dtype=np.float64)[:, np.newaxis])[0])
    return mean if np.isfinite(mean) else None


def highest(columns: Sequence[Column], finals: Sequence[float | None], where: str) -> str:
    """Whose mean is highest at the end, in percent; whether the lead holds is for the seeds to say. Beside
    finished runs, those that did not finish are not ranked."""
    known = [(value, column) for value, column in zip(finals, columns, strict=True) if value is not None]
    if not known:
        return "None of these runs has learnt a task yet."
    finished = [(value, column) for value, column in known if column.finished]
    ranked = sorted(finished or known, key=lambda pair: -pair[0])
    (best, first), *others = ranked
    sentence = f"{where}, {first.label} is highest with {percent(best / 100)}"
    level = [column.label for value, column in ranked if best - value < LEVEL]
    if len(level) > 1:
        named = listed(level) if len(level) <= _MOST_NAMED else count(len(level), "of them", "of them")
        sentence = f"{where}, {named} are level at {percent(best / 100)}"
    elif others:
        sentence += f", {points((best - others[0][0]) / 100)} above {others[0][1].label}"
    left_out = len(known) - len(ranked)
    if left_out:
        sentence += f"; {left_out} unfinished {'is' if left_out == 1 else 'are'} not ranked"
    return f"{sentence}."


_MOST_BESIDE = 12


def legend(columns: Sequence[Column], theme: Theme) -> dict[str, Any]:
    """The parts of a layout that name the lines. ``meta.legend`` has them for a page that writes the legend
    itself, by method, with full names; whoever draws the figure elsewhere has Plotly's own."""
    return {
        "showlegend": True,
        "legend": plain_legend(len(columns)),
        "meta": {"legend": [entry(column, theme) for column in columns]},
    }


def plain_legend(entries: int) -> dict[str, Any]:
    """Plotly's: above the figure, or at its right where there are many."""
    if entries > _MOST_BESIDE:
        return {"orientation": "v", "x": 1.01, "y": 1, "font": {"size": 10}, "tracegroupgap": 0}
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}}


def entry(column: Column, theme: Theme) -> dict[str, Any]:
    """A line of the legend."""
    return {
        "key": column.key,
        "keys": [column.key],
        "method": column.method or column.key,
        "name": column.short or column.label,
        "full": column.full or column.label,
        "color": run_color(column.rank, theme),
        "dash": run_dash(column.rank),
        "symbol": run_symbol(column.rank),
    }


def levels(references: Sequence[Reference], metric: str, theme: Theme) -> dict[str, Any]:
    """Shapes and labels of the levels that are known of a metric, over the whole width, in percent."""
    shapes, notes = [], []
    for reference in references:
        value = reference.metrics.get(metric)
        if value is None:
            continue
        is_baseline = reference.role == "baseline"
        words = f"{text(reference.title, 30)} {MEASURES[metric].write(value)}"
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": 100 * value,
                "y1": 100 * value,
                "layer": "below",
                "line": {"color": theme.ink, "width": 1.5, "dash": "solid" if is_baseline else "dot"},
            }
        )
        notes.append(
            {
                "xref": "paper",
                "x": 0 if is_baseline else 1,
                "xanchor": "left" if is_baseline else "right",
                "y": 100 * value,
                # The upper bound from below, so that it stays within the figure.
                "yanchor": "top" if reference.role == "upper" else "bottom",
                "showarrow": False,
                "text": f"baseline: {words}" if is_baseline else words,
                "font": {"size": 11, "color": theme.ink},
                "bgcolor": translucent(theme.panel, 0.8),
                "borderpad": 1,
            }
        )
    return {"shapes": shapes, "annotations": notes}


def lowest_level(references: Sequence[Reference], metric: str, lowest: float) -> float:
    """Of the data and of the levels, as a share."""
    return min([lowest, *(each.metrics[metric] for each in references if metric in each.metrics)])
