"""A window of a layer's mask, owners, importance or weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.array_axes import MOST_TOLD, ORDERS, axes, placed, told
from anpyc_server.figures.canvas import Drawing, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import KindOptions, WindowOptions
from anpyc_server.figures.ownership import DEFINITION, in_words
from anpyc_server.figures.palette import Theme, density, diverging, sequential, task_colors
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.records.arrangement import Arranged, arranged
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.cells import Window, means, most_frequent, window
from anpyc_server.wording import MINUS, capital, count, percent, whole_percent

_TITLES = {
    "mask": "Mask",
    "owner": "Owner: the task that last claimed each parameter",
    "importance": "Importance",
    "weight": "Weight",
}
_STATES = ("free", "kept", "pruned now", "taken again")
_MOST_WRITTEN = (40, 20)
"""Rows and columns in which the numbers stand in the cells."""


class HeatmapOptions(WindowOptions, KindOptions):
    """A window of any kind of array."""


def draw(rows: ArrayRows, options: HeatmapOptions, theme: Theme) -> Drawing:
    """A heatmap in cells, at most ``options.size`` along each side."""
    title = _TITLES[options.of]
    if rows.stored is None:
        return empty(theme, title=title, sentence=rows.missing)
    stored = rows.stored
    picture = arranged(stored, options.order, options.layout)
    view = window(picture.values.shape, options.rows, options.cols, options.size)
    part = view.cut(picture.values)
    heatmap, hover, describe = _COLORED[stored.kind](part, view, picture, rows, theme)
    if view.exact and part.size <= MOST_TOLD:
        words = told(picture, view, _beside(picture, view, rows, describe()))
        heatmap |= {"text": words, "hovertemplate": "%{text}<extra></extra>"}
    else:
        heatmap["hovertemplate"] = f"%{{y}}, %{{x}}: {hover}<extra></extra>"
    heatmap |= placed(view)
    bar = {"thickness": 10, "outlinewidth": 0, "tickfont": {"color": theme.muted, "size": 11}}
    heatmap["colorbar"] = bar | heatmap["colorbar"]
    return figure(
        [heatmap],
        theme,
        title=f"{title} of {text(stored.layer, 120)}",
        sentence=sentence(rows, view) + ORDERS[options.order],
        **axes(picture, view, theme),
    )


FIGURE = ArrayFigure(
    title="Mask, owner, importance or weight of a layer",
    draw=draw,
    options=HeatmapOptions,
    needs=ArrayNeeds(before="round", neighbours=True),
    feeds=("masks",),
    places=(
        Place("overview", 4, "quarter", component="mask_panel"),
        Place("report", 7),
    ),
)


def sentence(rows: ArrayRows, view: Window) -> str:
    """What the whole array says."""
    stored = rows.stored
    assert stored is not None  # noqa: S101 - drawn only when there is one
    values = stored.values
    when = f"after task {stored.task}" + (f", pruning round {stored.round}" if stored.round else "")
    if stored.kind == "mask":
        kept = int(values.sum())
        sentence = f"{whole_percent(kept / values.size)} of {stored.layer} are kept {when}, "
        sentence += f"{count(values.size - kept)} of {count(values.size)} weights are free."
        sentence += _moved(rows)
    elif stored.kind == "owner":
        before = None if rows.before is None else rows.before.values
        sentence = f"{in_words(values, stored.task, stored.layer, before)} {DEFINITION}"
    elif stored.kind == "importance":
        zero = 1 - np.count_nonzero(values) / values.size
        if stored.round == 1 and not stored.end_of_task:
            when = f"before pruning in task {stored.task}"
        sentence = f"In {stored.layer} {when}, the largest importance is {values.max():.2g}, "
        sentence += f"{whole_percent(zero)} of the weights have none."
    else:
        zero = 1 - np.count_nonzero(values) / values.size
        sentence = f"In {stored.layer} {when}, weights go from {_number(float(values.min()), 2)} to "
        sentence += f"{values.max():.2g}, {whole_percent(zero)} are exactly 0."
    sentence = capital(sentence) if stored.kind == "mask" else sentence
    return sentence if view.exact else f"{sentence} Zoom in to see single weights."


def _moved(rows: ArrayRows) -> str:
    """What this round pruned and took."""
    if rows.before is None or rows.stored is None:
        return ""
    was, now = rows.before.values, rows.stored.values
    pruned, taken = int((was & ~now).sum()), int((~was & now).sum())
    return f" This round pruned {count(pruned)} and took {count(taken)} again." if pruned or taken else ""


Drawn = tuple[dict[str, Any], str, Callable[[], list[list[str]]]]
"""The trace, what is said of a cell when there are many, and of each cell when there are few."""


def _mask(part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme) -> Drawn:
    """Single parameters by their state; of several the share that is kept."""
    if not view.exact:
        kept = np.round(means(part, view.cell) * 100, 1)
        bar = {"title": {"text": "kept", "side": "right"}, "ticksuffix": " %"}
        shares = {"z": kept.tolist(), "zmin": 0, "zmax": 100, "colorscale": density(theme)}
        return shares | {"colorbar": bar}, "%{z:.1f} % kept", list
    states = part.astype(int)
    if rows.before is not None:
        was = view.cut(picture.like(rows.before))
        states = np.where(was & ~part, 2, np.where(~was & part, 3, states))
    shown = 2 if rows.before is None else 4
    heatmap: dict[str, Any] = {
        "z": states.tolist(),
        **_steps([theme.free, theme.consolidated, theme.pruned, theme.reused][:shown], 0),
        "colorbar": {
            "tickvals": list(range(shown)),
            "ticktext": list(_STATES[:shown]),
            "len": 0.12 * shown,
            "y": 1,
            "yanchor": "top",
        },
    }
    heatmap["text"] = words = [[_STATES[state] for state in row] for row in states.tolist()]
    return heatmap, "%{text}", lambda: words


def _owner(part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme) -> Drawn:
    tasks = max(rows.run.tasks, int(part.max()) + 1, 1)
    owners = most_frequent(part, view.cell).tolist()
    every = max(1, tasks // 10)
    heatmap = {
        "z": owners,
        **_steps([theme.free, *task_colors(tasks, theme)], -1),
        "colorbar": {
            "title": {"text": "owner", "side": "right"},
            "tickvals": [-1, *range(0, tasks, every)],
            "ticktext": ["free", *(f"task {task}" for task in range(0, tasks, every))],
        },
    }
    names = {owner: f"task {owner}" if owner >= 0 else "free" for owner in range(-1, tasks)}
    heatmap["text"] = words = [[names[owner] for owner in row] for row in owners]
    return heatmap, "%{text}" if view.exact else "mostly %{text}", lambda: words


def _importance(
    part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme
) -> Drawn:  # fmt: skip
    mean = means(part, view.cell)
    with np.errstate(divide="ignore"):
        logarithm = np.round(np.log10(mean), 2)
    finite = logarithm[np.isfinite(logarithm)]
    highest = float(finite.max()) if finite.size else 0.0
    lowest = max(float(finite.min()), highest - 6) if finite.size else -1.0
    decades = range(int(np.ceil(lowest)), int(np.floor(max(highest, lowest + 0.1))) + 1)
    heatmap = {
        "z": [[value if np.isfinite(value) else None for value in row] for row in logarithm.tolist()],
        "zmin": lowest,
        "zmax": max(highest, lowest + 0.1),
        "colorscale": sequential(theme),
        "colorbar": {
            "title": {"text": "importance · logarithmic", "side": "right"},
            "tickvals": [*decades] if decades else [round(lowest, 2)],
            "ticktext": [f"10<sup>{MINUS if decade < 0 else ''}{abs(decade)}</sup>" for decade in decades]
            or [f"{10**lowest:.1e}"],
        },
    }
    hover = "importance about 10^%{z:.1f}"
    return _written(heatmap, mean, view), hover, lambda: _numbers(mean, "importance")


def _weight(part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme) -> Drawn:
    mean = means(part, view.cell)
    reach = float(np.quantile(np.abs(mean), 0.995)) or 1.0
    heatmap = {
        "z": [[float(f"{value:.4g}") for value in row] for row in mean.tolist()],
        "zmin": -reach,
        "zmax": reach,
        "colorscale": diverging(theme),
        "colorbar": {"title": {"text": "weight", "side": "right"}},
    }
    return _written(heatmap, mean, view), "weight %{z:.3g}", lambda: _numbers(mean, "weight")


def _steps(colors: list[str], first: int) -> dict[str, Any]:
    """A scale of whole numbers from ``first`` on, one colour each."""
    scale: list[list[float | str]] = []
    for place, color in enumerate(colors):
        scale += [[place / len(colors), color], [(place + 1) / len(colors), color]]
    return {"zmin": first - 0.5, "zmax": first + len(colors) - 0.5, "colorscale": scale}


def _written(heatmap: dict[str, Any], values: npt.NDArray[np.float64], view: Window) -> dict[str, Any]:
    """With the numbers in the cells, where each is one parameter and they have room."""
    if not view.exact or values.shape[0] > _MOST_WRITTEN[0] or values.shape[1] > _MOST_WRITTEN[1]:
        return heatmap
    numbers = [[_number(value, 2) for value in row] for row in values.tolist()]
    return heatmap | {
        "customdata": numbers,
        "texttemplate": "%{customdata}",
        "textfont": {"size": 10},
        "xgap": 1,
        "ygap": 1,
    }


def _numbers(values: npt.NDArray[np.float64], noun: str) -> list[list[str]]:
    return [[f"{noun} {_number(value, 3)}" for value in row] for row in values.tolist()]


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("-", MINUS)


def _beside(picture: Arranged, view: Window, rows: ArrayRows, texts: list[list[str]]) -> list[list[str]]:
    """With all the numbers that are stored of each parameter."""
    lines = [["" for _ in row] for row in texts]
    for kind, other in rows.neighbours.items():
        words = _in_words(kind, other)
        part = view.cut(picture.like(other)).tolist()
        lines = [
            [f"{line}<br>{words(value)}" for line, value in zip(row, values, strict=True)]
            for row, values in zip(lines, part, strict=True)
        ]
    return [
        [text + more for text, more in zip(row, line, strict=True)]
        for row, line in zip(texts, lines, strict=True)
    ]


def _in_words(kind: str, stored: StoredArray) -> Any:
    if kind == "mask":
        return lambda kept: "kept" if kept else "free"
    if kind == "owner":
        return lambda owner: "no owner" if owner < 0 else f"last claimed by task {owner}"
    if kind == "importance":
        largest = float(stored.values.max()) or 1.0
        return lambda value: f"importance {_number(value, 3)}, {percent(value / largest)} of the largest"
    return lambda value: f"weight {_number(value, 3)}"


_COLORED = {"mask": _mask, "owner": _owner, "importance": _importance, "weight": _weight}
