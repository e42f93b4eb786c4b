"""A window of a layer's mask, owners, importance or weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import axis, empty, figure, text
from anpyc_server.figures.palette import Theme, density, diverging, sequential, task_colors
from anpyc_server.figures.rows import ArrayRows, Options
from anpyc_server.masks.arrays import StoredArray
from anpyc_server.masks.cells import Window, means, most_frequent, window
from anpyc_server.wording import count, whole_percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

_TITLES = {
    "mask": "Mask",
    "owner": "Owner: the task that last claimed each parameter",
    "importance": "Importance",
    "weight": "Weight",
}


def draw(rows: ArrayRows, options: Options, theme: Theme) -> go.Figure:
    """A heatmap in cells, at most ``options.size`` along each side."""
    title = _TITLES[options.of]
    if rows.stored is None:
        return empty(theme, title=title, sentence=rows.missing)
    stored = rows.stored
    view = window(stored.values.shape, options.rows, options.cols, options.size)
    heatmap = _COLORED[stored.of](view.cut(stored.values), view, rows, theme)
    height, width = view.cell
    heatmap |= {
        "type": "heatmap",
        "x0": view.cols[0] + (width - 1) / 2,
        "dx": width,
        "y0": view.rows[0] + (height - 1) / 2,
        "dy": height,
        "hoverongaps": False,
    }
    bar = {"thickness": 10, "outlinewidth": 0, "tickfont": {"color": theme.muted, "size": 11}}
    heatmap["colorbar"] = bar | heatmap["colorbar"]
    cells = "" if view.exact else f" · each cell {height} × {width} parameters"
    return figure(
        [heatmap],
        theme,
        title=f"{title} of {text(stored.layer, 120)}",
        sentence=sentence(stored, view),
        xaxis=axis(theme, f"input{cells}", showgrid=False),
        yaxis=axis(theme, "unit", showgrid=False, autorange="reversed"),
    )


def sentence(stored: StoredArray, view: Window) -> str:
    """What the whole array says."""
    values = stored.values
    when = f"after task {stored.task}" + (f", pruning round {stored.round}" if stored.round else "")
    if stored.of == "mask":
        kept = int(values.sum())
        said = f"{whole_percent(kept / values.size)} of {stored.layer} are kept {when}, "
        said += f"{count(values.size - kept)} of {count(values.size)} weights are free."
    elif stored.of == "owner":
        said = _owners(values, stored.layer, when)
    elif stored.of == "importance":
        zero = 1 - np.count_nonzero(values) / values.size
        said = f"In {stored.layer} {when}, the largest importance is {values.max():.2g}, "
        said += f"{whole_percent(zero)} of the weights have none."
    else:
        zero = 1 - np.count_nonzero(values) / values.size
        said = f"In {stored.layer} {when}, weights go from {values.min():.2g} to {values.max():.2g}, "
        said += f"{whole_percent(zero)} are exactly 0."
    said = said[0].upper() + said[1:] if stored.of in ("mask", "owner") else said
    return said if view.exact else f"{said} Zoom in to see single weights."


def _owners(values: npt.NDArray[Any], layer: str, when: str) -> str:
    owners, counts = np.unique(values, return_counts=True)
    shares = {int(owner): number / values.size for owner, number in zip(owners, counts, strict=True)}
    nobody = shares.pop(-1, 0.0)
    if not shares:
        return f"No task has claimed anything of {layer} {when}."
    most = max(shares, key=lambda owner: shares[owner])
    said = f"Task {most} holds most of {layer} {when}, {whole_percent(shares[most])}"
    return f"{said}; {whole_percent(nobody)} belong to no task."


def _mask(part: npt.NDArray[Any], view: Window, rows: ArrayRows, theme: Theme) -> dict[str, Any]:  # noqa: ARG001
    kept = means(part, view.cell) * 100
    digits = ".0f" if view.exact else ".1f"
    return {
        "z": (part.astype(int) * 100).tolist() if view.exact else np.round(kept, 1).tolist(),
        "zmin": 0,
        "zmax": 100,
        "colorscale": density(theme),
        "hovertemplate": f"unit %{{y}}, input %{{x}}: %{{z:{digits}}} % kept<extra></extra>",
        "colorbar": {"title": {"text": "kept", "side": "right"}, "ticksuffix": " %"},
    }


def _owner(part: npt.NDArray[Any], view: Window, rows: ArrayRows, theme: Theme) -> dict[str, Any]:
    tasks = max(rows.run.tasks, int(part.max()) + 1, 1)
    colors = [theme.free, *task_colors(tasks, theme)]
    steps: list[list[float | str]] = []
    for place, color in enumerate(colors):
        steps += [[place / len(colors), color], [(place + 1) / len(colors), color]]
    every = max(1, tasks // 10)
    return {
        "z": most_frequent(part, view.cell).tolist(),
        "zmin": -1.5,
        "zmax": tasks - 0.5,
        "colorscale": steps,
        "hovertemplate": "unit %{y}, input %{x}: task %{z}<extra></extra>",
        "colorbar": {
            "title": {"text": "task", "side": "right"},
            "tickvals": [-1, *range(0, tasks, every)],
            "ticktext": ["none", *(str(task) for task in range(0, tasks, every))],
        },
    }


def _importance(part: npt.NDArray[Any], view: Window, rows: ArrayRows, theme: Theme) -> dict[str, Any]:  # noqa: ARG001
    mean = means(part, view.cell)
    with np.errstate(divide="ignore"):
        logarithm = np.round(np.log10(mean), 2)
    finite = logarithm[np.isfinite(logarithm)]
    highest = float(finite.max()) if finite.size else 0.0
    lowest = max(float(finite.min()), highest - 6) if finite.size else -1.0
    return {
        "z": [[value if np.isfinite(value) else None for value in row] for row in logarithm.tolist()],
        "zmin": lowest,
        "zmax": max(highest, lowest + 0.1),
        "colorscale": sequential(theme),
        "hovertemplate": "unit %{y}, input %{x}: 10^%{z:.2f}<extra></extra>",
        "colorbar": {"title": {"text": "importance · logarithmic", "side": "right"}, "tickprefix": "10^"},
    }


def _weight(part: npt.NDArray[Any], view: Window, rows: ArrayRows, theme: Theme) -> dict[str, Any]:  # noqa: ARG001
    mean = means(part, view.cell)
    reach = float(np.quantile(np.abs(mean), 0.995)) or 1.0
    return {
        "z": [[float(f"{value:.4g}") for value in row] for row in mean.tolist()],
        "zmin": -reach,
        "zmax": reach,
        "colorscale": diverging(theme),
        "hovertemplate": "unit %{y}, input %{x}: %{z:.4g}<extra></extra>",
        "colorbar": {"title": {"text": "weight", "side": "right"}},
    }


_COLORED = {"mask": _mask, "owner": _owner, "importance": _importance, "weight": _weight}
