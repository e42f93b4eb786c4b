"""How much is left: free parameters after each task, and how many more tasks would fit.

A task takes what it needs of what is free, so the free part shrinks by a factor: each forecast multiplies by
the mean factor (in logarithms) of the last tasks. What the same rule would have said before each past task
is compared with what came, and that error stands beside the forecast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.capacity import moments, nothing
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import RunRows
from anpyc_server.wording import capital, count, percent, points, whole_percent

TITLE = "Capacity left"
_TOO_LITTLE = 0.01
"""With less than this share free, no further task fits."""
_RECENT = 3
"""Tasks whose shrinkage a forecast goes by."""
_FARTHEST = 50


def draw(run: RunRows, options: LayerOptions, theme: Theme) -> Drawing:
    """The free share after each task, and dotted what the next tasks would leave."""
    rows = [row for row in run.layers if options.layer in (None, row.layer)]
    if not rows:
        return empty(theme, title=TITLE, sentence=nothing(run, options.layer))
    last_of_task = {moment.task: moment for moment in moments(rows)}
    tasks = sorted(last_of_task)
    free = [last_of_task[task].free / last_of_task[task].total for task in tasks]
    ahead = forecast(free)
    traces: list[dict[str, Any]] = [
        _line(
            "free", tasks, free, {"color": theme.consolidated, "width": 2}, "after task %{x}: %{y:.1f} % free"
        )
    ]
    if ahead:
        later = list(range(tasks[-1], tasks[-1] + len(ahead) + 1))
        style = {"color": theme.muted, "width": 2, "dash": "dot"}
        traces.append(
            _line("forecast", later, [free[-1], *ahead], style, "after task %{x}: about %{y:.1f} % free")
        )
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=_sentence(free, ahead, past_error(free)),
        xaxis=axis(theme, "after task", dtick=1 if len(tasks) + len(ahead) <= 24 else None),
        yaxis=axis(
            theme,
            "free share · axis starts at 0",
            range=[0, max(100 * max(free) * 1.1, 5)],
            ticksuffix=" %",
        ),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=RunNeeds(layers=True),
    feeds=("layers",),
    places=(Place("capacity", 3, height=320),),
)


def forecast(free: Sequence[float]) -> list[float]:
    """The free share after each further task, until too little is left. Empty when it cannot be said."""
    factor = _factor(free)
    if factor is None or factor >= 1:
        return []
    left = free[-1]
    ahead: list[float] = []
    while left * factor > _TOO_LITTLE and len(ahead) < _FARTHEST:
        left *= factor
        ahead.append(left)
    return ahead


def past_error(free: Sequence[float]) -> float | None:
    """Mean distance between what the rule said one task ahead and what came; None with too few tasks."""
    errors = []
    for known in range(2, len(free)):
        factor = _factor(free[:known])
        if factor is not None:
            errors.append(abs(free[known - 1] * factor - free[known]))
    return fmean(errors) if errors else None


def _factor(free: Sequence[float]) -> float | None:
    recent = free[-_RECENT - 1 :]
    if len(recent) < 2 or min(recent) <= 0:
        return None
    return math.exp((math.log(recent[-1]) - math.log(recent[0])) / (len(recent) - 1))


def _line(
    name: str, tasks: Sequence[int], shares: Sequence[float], line: dict[str, Any], hover: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(tasks),
        "y": [round(100 * share, 3) for share in shares],
        "line": line,
        "marker": {"size": 6, "color": line["color"]},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def _sentence(free: Sequence[float], ahead: Sequence[float], error: float | None) -> str:
    sentence = f"{capital(percent(free[-1]))} are free."
    if len(free) < 2:
        return f"{sentence} How fast tasks use it up can be told from the second task on."
    factor = _factor(free)
    if factor is None:
        return f"{sentence} Nothing can be said about further tasks."
    if factor >= 1:
        return f"{sentence} The last tasks freed at least as much as they took, so no end can be foreseen."
    taken = f"The last tasks each took {whole_percent(1 - factor)} of what was free"
    if len(ahead) == _FARTHEST:
        fit = f"more than {_FARTHEST} further tasks would leave over {whole_percent(_TOO_LITTLE)}"
    elif not ahead:
        fit = f"no further task would leave over {whole_percent(_TOO_LITTLE)}"
    else:
        fit = f"{count(len(ahead), 'more task')} would leave over {whole_percent(_TOO_LITTLE)}"
    sentence += f" {taken}; at that pace {fit}."
    if error is not None:
        sentence += f" Such a forecast has been {points(error)} off on past tasks."
    return sentence
