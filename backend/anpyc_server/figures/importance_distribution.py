"""How importance is distributed over the parameters of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import axis, empty, figure, text
from anpyc_server.figures.palette import Theme, task_colors
from anpyc_server.figures.rows import ArrayRows, Options
from anpyc_server.wording import whole_percent

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLE = "Distribution of importance"
_BINS = 60
_MOST_TASKS = 12


def draw(rows: ArrayRows, options: Options, theme: Theme) -> go.Figure:  # noqa: ARG001
    """Share of the parameters per logarithmic bin, a line per task; exact zeros are told, not drawn."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    shown = list(rows.by_task)
    if len(shown) > _MOST_TASKS:
        shown = [shown[place] for place in np.linspace(0, len(shown) - 1, _MOST_TASKS).round().astype(int)]
    positive = [stored.values[stored.values > 0] for stored in shown]
    if not any(len(values) for values in positive):
        return empty(theme, title=TITLE, sentence=f"Every importance in {rows.stored.layer} is exactly 0.")
    highest = max(float(values.max()) for values in positive if len(values))
    lowest = max(min(float(values.min()) for values in positive if len(values)), highest * 1e-12)
    edges = np.logspace(np.log10(lowest), np.log10(highest * 1.0001) or 1e-9, _BINS + 1)
    middles = np.sqrt(edges[:-1] * edges[1:])
    colors = task_colors(max(rows.run.tasks, max(stored.task for stored in shown) + 1), theme)
    traces: list[dict[str, Any]] = []
    for stored, values in zip(shown, positive, strict=True):
        shares = np.histogram(values, edges)[0] / stored.values.size
        skewness, kurtosis = moments(stored.values)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": f"task {stored.task}",
                "x": [float(f"{middle:.4g}") for middle in middles],
                "y": np.round(shares * 100, 4).tolist(),
                "line": {"color": colors[stored.task], "width": 2, "shape": "hvh"},
                "hovertemplate": (
                    f"task {stored.task}, around %{{x:.2g}}: %{{y:.2f}} % of the weights<br>"
                    f"skewness {skewness:.1f}, kurtosis {kurtosis:.0f}<extra></extra>"
                ),
            }
        )
    return figure(
        traces,
        theme,
        title=f"{TITLE} in {text(rows.stored.layer, 120)}",
        sentence=_sentence(rows.stored.values, rows.stored.layer, rows.stored.task),
        showlegend=len(traces) > 1,
        legend={"font": {"size": 11}},
        xaxis=axis(theme, "importance · logarithmic", type="log", exponentformat="power"),
        yaxis=axis(theme, "share of the weights · axis starts at 0", rangemode="tozero", ticksuffix=" %"),
    )


def moments(values: npt.NDArray[Any]) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal distribution) over all parameters, zeros included."""
    flat = values.astype(np.float64).ravel()
    centred = flat - flat.mean()
    variance = float((centred**2).mean())
    if variance == 0:
        return 0.0, 0.0
    return float((centred**3).mean() / variance**1.5), float((centred**4).mean() / variance**2)


def _sentence(values: npt.NDArray[Any], layer: str, task: int) -> str:
    skewness, kurtosis = moments(values)
    zero = 1 - np.count_nonzero(values) / values.size
    flat = np.sort(values.ravel())[::-1]
    total = float(flat.sum())
    tenth = float(flat[: max(1, flat.size // 10)].sum()) / total if total else 0.0
    return (
        f"In {layer} after task {task}, the most important tenth of the weights holds {whole_percent(tenth)} "
        f"of all importance, {whole_percent(zero)} have none; skewness {skewness:.1f}, "
        f"kurtosis {kurtosis:.0f}."
    )
