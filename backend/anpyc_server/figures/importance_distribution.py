"""How importance is distributed over the parameters of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, axis, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import TaskOptions
from anpyc_server.figures.palette import Theme, task_colors, translucent
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.wording import whole_percent

if TYPE_CHECKING:
    from anpyc_server.records.arrays import StoredArray

TITLE = "Distribution of importance"
_BINS = 60
_MOST_TASKS = 12
_MOST_NAMED = 6
"""In the legend, one by one."""


def draw(rows: ArrayRows, options: TaskOptions, theme: Theme) -> Drawing:
    """Share of the parameters per logarithmic bin; exact zeros are told, not drawn.

    Of the chosen task before pruning and at its end, the ends of the other tasks faintly behind.
    """
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    chosen = rows.stored.task
    ends = {stored.task: stored for stored in _thinned(rows.by_task, chosen)}
    drawn = [*ends.values(), *([rows.unpruned] if rows.unpruned else [])]
    edges = _edges([stored.values for stored in drawn])
    if edges is None:
        return empty(theme, title=TITLE, sentence=f"Every importance in {rows.stored.layer} is exactly 0.")
    colors = task_colors(max(rows.run.tasks, *(stored.task + 1 for stored in drawn)), theme)
    traces: list[dict[str, Any]] = []
    few = len(ends) <= _MOST_NAMED
    for task, stored in ends.items():
        if task != chosen:
            line = {"color": translucent(colors[task], 0.35), "width": 1}
            own = _line(f"task {task}", stored, edges, line)
            traces.append(own if few else own | {"showlegend": False})
    if not few and traces:
        # One name for all of them: hovering says which is which.
        traces[0] |= {"showlegend": True, "name": "other tasks"}
    if rows.unpruned:
        line = {"color": theme.pruned, "width": 2, "dash": "dot"}
        traces.append(_line(f"task {chosen}, before pruning", rows.unpruned, edges, line))
    if chosen in ends:
        line = {"color": colors[chosen], "width": 2.5}
        traces.append(_line(f"task {chosen}", ends[chosen], edges, line))
    return figure(
        traces,
        theme,
        title=f"{TITLE} in {text(rows.stored.layer, 120)}",
        sentence=_sentence(ends.get(chosen), rows.unpruned),
        showlegend=len(traces) > 1,
        legend={"font": {"size": 11}, "traceorder": "reversed"},
        margin={"t": 8},
        xaxis=axis(
            theme, "importance · logarithmic", type="log", exponentformat="power", dtick=_decades(edges)
        ),
        yaxis=axis(theme, "share of the weights · axis starts at 0", rangemode="tozero", ticksuffix=" %"),
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=TaskOptions,
    needs=ArrayNeeds(kind="importance", by_task=True, unpruned=True),
    feeds=("masks",),
    places=(Place("masks", 2, height=300, title="Importance in {layer}, before and after pruning"),),
)


def _thinned(by_task: Sequence[StoredArray], chosen: int) -> list[StoredArray]:
    """At most so many tasks, the chosen one among them."""
    if len(by_task) <= _MOST_TASKS:
        return list(by_task)
    places = set(np.linspace(0, len(by_task) - 1, _MOST_TASKS).round().astype(int).tolist())
    return [stored for place, stored in enumerate(by_task) if place in places or stored.task == chosen]


def _edges(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float64] | None:
    """Of logarithmic bins over everything that is not zero, twelve decades of it at most."""
    positive = [values[values > 0] for values in arrays]
    filled = [values for values in positive if len(values)]
    if not filled:
        return None
    highest = max(float(values.max()) for values in filled)
    lowest = max(min(float(values.min()) for values in filled), highest * 1e-12)
    return np.logspace(np.log10(lowest), np.log10(highest * 1.0001), _BINS + 1)


def _decades(edges: npt.NDArray[np.float64]) -> int:
    return max(1, round(float(np.log10(edges[-1] / edges[0])) / 6))


def _line(
    name: str, stored: StoredArray, edges: npt.NDArray[np.float64], line: dict[str, Any]
) -> dict[str, Any]:
    values = stored.values
    shares = np.histogram(values[values > 0], edges)[0] / values.size
    skewness, kurtosis = moments(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [float(f"{middle:.4g}") for middle in np.sqrt(edges[:-1] * edges[1:])],
        "y": np.round(shares * 100, 4).tolist(),
        "line": line | {"shape": "hvh"},
        "hovertemplate": (
            f"{name}, around %{{x:.2g}}: %{{y:.2f}} % of the weights<br>"
            f"skewness {skewness:.1f}, kurtosis {kurtosis:,.0f}<extra></extra>"
        ),
    }


def moments(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal distribution) over all parameters, zeros included."""
    flat = values.astype(np.float64).ravel()
    centred = flat - flat.mean()
    variance = float((centred**2).mean())
    if variance == 0:
        return 0.0, 0.0
    return float((centred**3).mean() / variance**1.5), float((centred**4).mean() / variance**2)


def _sentence(end: StoredArray | None, unpruned: StoredArray | None) -> str:
    """Where the weight of importance lies, and what pruning did to its shape."""
    now = end or unpruned
    assert now is not None  # noqa: S101 - drawn only when there is one
    values = now.values
    flat = np.sort(values.ravel())[::-1]
    total = float(flat.sum())
    tenth = float(flat[: max(1, flat.size // 10)].sum()) / total if total else 0.0
    zero = 1 - np.count_nonzero(values) / values.size
    when = f"after task {now.task}" if end else f"before pruning in task {now.task}"
    sentence = (
        f"In {now.layer} {when}, the most important tenth of the weights holds {whole_percent(tenth)} "
        f"of all importance, {whole_percent(zero)} have none; {_shape(values)}"
    )
    return f"{sentence} (before pruning {_shape(unpruned.values)})." if end and unpruned else f"{sentence}."


def _shape(values: npt.NDArray[Any]) -> str:
    skewness, kurtosis = moments(values)
    return f"skewness {skewness:.1f}, kurtosis {kurtosis:,.0f}"
