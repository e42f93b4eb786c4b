"""A window of a layer's mask, owners, importance or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.array_axes import MOST_TOLD, ORDERS, axes, hover_texts, placed
from anpyc_server.figures.canvas import Drawing, colorbar, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import KindOptions, WindowOptions
from anpyc_server.figures.ownership import DEFINITION, in_words
from anpyc_server.figures.palette import Theme, density, diverging, sequential, steps, task_colors
from anpyc_server.figures.raster import Raster, numbered, tabled
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
    if rows.stored is None:
        return empty(theme, title=_TITLES[options.of], sentence=rows.missing)
    picture, view = _looked_at(rows.stored, options)
    part = view.cut(picture.values)
    colored = _COLORED[rows.stored.kind](part, view, picture, rows, theme)
    heatmap = colored.trace | {"z": _listed(colored, rows.stored.kind)}
    if colored.names:
        words = [[colored.names[value] for value in row] for row in heatmap["z"]]
        heatmap["text"] = words
    if view.exact and part.size <= MOST_TOLD:
        about = words if colored.names else _numbers(colored.numbers, rows.stored.kind)
        heatmap |= {"text": hover_texts(picture, view, _beside(picture, view, rows, about))}
        heatmap["hovertemplate"] = "%{text}<extra></extra>"
    else:
        heatmap["hovertemplate"] = f"%{{y}}, %{{x}}: {colored.hover}<extra></extra>"
    return _framed(heatmap, picture, view, rows, options, theme)


def raster(rows: ArrayRows, options: HeatmapOptions, theme: Theme) -> Raster | None:
    """The same with its cells as bytes; None where so few are shown that each is told about."""
    if rows.stored is None:
        return None
    picture, view = _looked_at(rows.stored, options)
    part = view.cut(picture.values)
    if part.size <= MOST_TOLD:
        return None
    colored = _COLORED[rows.stored.kind](part, view, picture, rows, theme)
    if rows.stored.kind == "weight":
        cells, about = numbered(colored.z, "weight")
    else:
        cells, about = tabled(colored.z, colored.digits, colored.word)
    heatmap = colored.trace | {"z": [], "raster": about}
    return Raster(_framed(heatmap, picture, view, rows, options, theme), cells)


def _looked_at(stored: StoredArray, options: HeatmapOptions) -> tuple[Arranged, Window]:
    picture = arranged(stored, options.order, options.layout)
    return picture, window(picture.values.shape, options.rows, options.cols, options.size)


def _framed(
    heatmap: dict[str, Any],
    picture: Arranged,
    view: Window,
    rows: ArrayRows,
    options: HeatmapOptions,
    theme: Theme,
) -> Drawing:
    assert rows.stored is not None  # noqa: S101 - drawn only when there is one
    heatmap = heatmap | placed(view)
    return figure(
        [heatmap],
        theme,
        title=f"{_TITLES[options.of]} of {text(rows.stored.layer, 120)}",
        sentence=sentence(rows, view) + ORDERS[options.order],
        **axes(picture, view, theme),
    )


FIGURE = ArrayFigure(
    title="Mask, owner, importance or weight of a layer",
    draw=draw,
    raster=raster,
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


@dataclass(frozen=True)
class Colored:
    """The cells of a window as numbers on a scale of colours."""

    z: npt.NDArray[Any]
    """Not a number where a cell has none."""
    trace: dict[str, Any]
    """The scale, its bar, and what stands in the cells."""
    hover: str
    """What is said of a cell when there are many."""
    digits: int = 0
    """After the point, of ``z``."""
    word: Callable[[float], str] = str
    """``hover`` for one number."""
    names: Mapping[int, str] | None = None
    """Of whole numbers that stand for states or tasks."""
    numbers: npt.NDArray[np.float64] | None = None
    """What ``z`` was made from, to be told when there are few cells."""


def _mask(part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme) -> Colored:
    """Single parameters by their state; of several the share that is kept."""
    if not view.exact:
        kept = np.round(means(part, view.cell) * 100, 1)
        bar = colorbar(theme, "kept", ticksuffix=" %")
        scale = {"zmin": 0, "zmax": 100, "colorscale": density(theme), "colorbar": bar}
        return Colored(kept, scale, "%{z:.1f} % kept", 1, lambda share: f"{share:.1f} % kept")
    states = part.astype(int)
    if rows.before is not None:
        was = view.cut(picture.like(rows.before))
        states = np.where(was & ~part, 2, np.where(~was & part, 3, states))
    shown = 2 if rows.before is None else 4
    scale = {
        **steps([theme.free, theme.consolidated, theme.pruned, theme.reused][:shown], 0),
        "colorbar": colorbar(
            theme,
            tickvals=list(range(shown)),
            ticktext=list(_STATES[:shown]),
            len=0.12 * shown,
            y=1,
            yanchor="top",
        ),
    }
    return Colored(
        states, scale, "%{text}", word=lambda state: _STATES[int(state)], names=dict(enumerate(_STATES))
    )


def _owner(part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme) -> Colored:
    tasks = max(rows.run.tasks, int(part.max()) + 1, 1)
    every = max(1, tasks // 10)
    scale = {
        **steps([theme.free, *task_colors(tasks, theme)], -1),
        "colorbar": colorbar(
            theme,
            "owner",
            tickvals=[-1, *range(0, tasks, every)],
            ticktext=["free", *(f"task {task}" for task in range(0, tasks, every))],
        ),
    }
    names = {owner: f"task {owner}" if owner >= 0 else "free" for owner in range(-1, tasks)}
    mostly = "" if view.exact else "mostly "
    return Colored(
        most_frequent(part, view.cell),
        scale,
        f"{mostly}%{{text}}",
        word=lambda owner: mostly + names[int(owner)],
        names=names,
    )


def _importance(
    part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme
) -> Colored:  # fmt: skip
    mean = means(part, view.cell)
    with np.errstate(divide="ignore"):
        logarithm = np.round(np.log10(mean), 2)
    finite = logarithm[np.isfinite(logarithm)]
    highest = float(finite.max()) if finite.size else 0.0
    lowest = max(float(finite.min()), highest - 6) if finite.size else -1.0
    decades = range(int(np.ceil(lowest)), int(np.floor(max(highest, lowest + 0.1))) + 1)
    scale = {
        "zmin": lowest,
        "zmax": max(highest, lowest + 0.1),
        "colorscale": sequential(theme),
        "colorbar": colorbar(
            theme,
            "importance · logarithmic",
            tickvals=[*decades] if decades else [round(lowest, 2)],
            ticktext=[f"10<sup>{MINUS if decade < 0 else ''}{abs(decade)}</sup>" for decade in decades]
            or [f"{10**lowest:.1e}"],
        ),
    }
    return Colored(
        logarithm,
        _written(scale, mean, view),
        "importance about 10^%{z:.1f}",
        2,
        lambda value: f"importance about 10^{value:.1f}".replace("-", MINUS),
        numbers=mean,
    )


def _weight(
    part: npt.NDArray[Any], view: Window, picture: Arranged, rows: ArrayRows, theme: Theme
) -> Colored:
    mean = means(part, view.cell)
    reach = float(np.quantile(np.abs(mean), 0.995)) or 1.0
    scale = {
        "zmin": -reach,
        "zmax": reach,
        "colorscale": diverging(theme),
        "colorbar": colorbar(theme, "weight"),
    }
    return Colored(mean, _written(scale, mean, view), "weight %{z:.3g}", numbers=mean)


def _listed(colored: Colored, kind: str) -> list[list[Any]]:
    """As JSON has them: whole numbers, four digits of weights, null where there is none."""
    listed: list[list[Any]] = colored.z.tolist()
    if colored.names is not None:
        return listed
    if kind == "weight":
        return [[float(f"{value:.4g}") for value in row] for row in listed]
    return [[value if np.isfinite(value) else None for value in row] for row in listed]


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


def _numbers(values: npt.NDArray[np.float64] | None, noun: str) -> list[list[str]]:
    assert values is not None  # noqa: S101 - of importance and weights there are always numbers
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
