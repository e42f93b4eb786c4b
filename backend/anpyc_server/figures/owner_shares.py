"""Who holds a layer: the share of each task, after each task."""

from __future__ import annotations

import numpy as np

from anpyc_server.figures.canvas import Drawing, axis, empty, figure, tasks_scale, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.ownership import DEFINITION
from anpyc_server.figures.palette import Theme, task_colors
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.wording import whole_percent

TITLE = "Who owns the parameters"
_LEGEND = " · colours are owners, pale is no task's"
_MOST_IN_LEGEND = 12
_MOST_APART = 24
"""Bars with a gap between them; thinner ones would flicker."""


def draw(rows: ArrayRows, options: LayerOptions, theme: Theme) -> Drawing:
    """Stacked bars: after each task, how much of the layer each task was the last to claim."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    tasks = [stored.task for stored in rows.by_task]
    owners = max(rows.run.tasks, *(int(stored.values.max()) + 1 for stored in rows.by_task), 1)
    counts = np.array(
        [
            np.bincount(stored.values.ravel().astype(np.int64) + 1, minlength=owners + 1)
            for stored in rows.by_task
        ]
    )
    shares = counts / counts.sum(axis=1, keepdims=True)
    colors = [theme.free, *task_colors(owners, theme)]
    traces = [
        {
            "type": "bar",
            "name": "no task" if owner < 0 else f"task {owner}",
            "x": tasks,
            "y": np.round(shares[:, owner + 1] * 100, 4).tolist(),
            "customdata": [f"{number:,}" for number in counts[:, owner + 1]],
            "hovertemplate": "after task %{x}: %{y:.1f} % (%{customdata} weights)",
            "marker": {"color": colors[owner + 1]},
        }
        for owner in [*range(owners), -1]
        if counts[:, owner + 1].any()
    ]
    many = len(traces) > _MOST_IN_LEGEND
    if many:
        traces.append(tasks_scale(theme, owners))
    first = shares[:, tasks[0] + 1]
    return figure(
        traces,
        theme,
        title=f"{TITLE} of {text(rows.stored.layer, 120)}",
        sentence=(
            f"After task {tasks[-1]}, task {tasks[0]} still owns {whole_percent(float(first[-1]))} "
            f"of {rows.stored.layer}, {whole_percent(float(first[0]))} when it was learnt; "
            f"{whole_percent(float(shares[-1, 0]))} belong to no task. {DEFINITION}"
        ),
        barmode="stack",
        bargap=0.2 if len(tasks) <= _MOST_APART else 0,
        showlegend=not many,
        legend={"font": {"size": 11}, "traceorder": "normal"},
        xaxis=axis(
            theme,
            f"after task{_LEGEND if many else ''}",
            dtick=1 if len(tasks) <= 24 else None,
            showgrid=False,
        ),
        yaxis=axis(theme, "share of the weights · axis starts at 0", range=[0, 100], ticksuffix=" %"),
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=ArrayNeeds(kind="owner", by_task=True),
    feeds=("masks",),
    places=(Place("capacity", 5, height=320),),
)
