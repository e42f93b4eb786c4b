"""What the figures that compare runs share: a column's line, its mean and its band over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import text
from anpyc_server.figures.palette import Theme, run_color, run_dash, translucent
from anpyc_server.figures.rows import Column
from anpyc_server.wording import count

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star", "hexagon")


def lines(
    column: Column,
    x: Sequence[float],
    series: npt.NDArray[np.float64],
    theme: Theme,
    *,
    markers: bool,
    what: str,
) -> list[dict[str, Any]]:
    """One line for a run; for several the mean, with a band of one standard deviation to each side.

    ``series`` is runs × points, in percent; not a number where a run has no value there.
    """
    color, dash = run_color(column.rank, theme), run_dash(column.rank)
    known = np.isfinite(series).sum(axis=0)
    places = known > 0
    xs = [value for value, there in zip(x, places, strict=True) if there]
    values = series[:, places]
    number = known[places]
    mean = np.nansum(values, axis=0) / number
    name = label(column)
    line: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if markers or len(xs) == 1 else "lines",
        "name": name,
        "legendgroup": column.key,
        "x": xs,
        "y": np.round(mean, 4).tolist(),
        "line": {"color": color, "width": 2, "dash": dash},
        "marker": {"color": color, "size": 6, "symbol": symbol(column)},
        "hovertemplate": f"%{{y:.1f}} %{what}",
    }
    if len(column.runs) == 1:
        return [line]
    squares = np.where(np.isfinite(values), (values - mean) ** 2, 0).sum(axis=0)
    spread = np.sqrt(squares / np.maximum(number - 1, 1))
    line["name"] = f"{name} · {count(len(column.runs), 'run')}"
    line["customdata"] = [
        f"± {one:.1f} over {n}" if n > 1 else "one run" for one, n in zip(spread, number, strict=True)
    ]
    line["hovertemplate"] = f"%{{y:.1f}} %{what} %{{customdata}}"
    band = {
        "type": "scatter",
        "mode": "lines",
        "legendgroup": column.key,
        "showlegend": False,
        "hoverinfo": "skip",
        "x": xs + xs[::-1],
        "y": np.round(np.concatenate([mean + spread, (mean - spread)[::-1]]), 4).tolist(),
        "fill": "toself",
        "fillcolor": translucent(color, 0.15),
        "line": {"width": 0, "color": color},
    }
    return [band, line]


def label(column: Column, length: int = 40) -> str:
    """Title and note as text; a long title is cut, never the note."""
    note = f" · {text(column.note)}" if column.note else ""
    return text(column.title, length - min(len(note), length // 2)) + note


def symbol(column: Column) -> str:
    """Another one for each colour, and for each kind of dashes in the same colour."""
    return _SYMBOLS[(column.rank + column.rank // len(_SYMBOLS)) % len(_SYMBOLS)]


def ahead(columns: Sequence[Column], finals: Sequence[float | None], where: str) -> str:
    """Who is ahead at the end, in percent."""
    known = [
        (value, column.label) for value, column in zip(finals, columns, strict=True) if value is not None
    ]
    if not known:
        return "None of these runs has learnt a task yet."
    known.sort(key=lambda pair: -pair[0])
    said = f"{where}, {known[0][1]} is ahead with {known[0][0]:.1f} %"
    if len(known) > 1:
        said += f", {known[0][0] - known[1][0]:.1f} points before {known[1][1]}"
    return f"{said}."


LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}}
