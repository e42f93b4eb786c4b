"""How far the masks of tasks overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, axis, colorbar, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.palette import Theme, sequential
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.wording import percent

TITLE = "Overlap of the tasks' masks"


def draw(rows: ArrayRows, options: LayerOptions, theme: Theme) -> Drawing:
    """Of the parameters that either of two tasks kept, the share that both did (Jaccard)."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    masks = [stored.values.reshape(-1) for stored in rows.by_task]
    tasks = [stored.task for stored in rows.by_task]
    if len(masks) < 2:
        return empty(
            theme, title=TITLE, sentence="An overlap can be seen once the masks of two tasks are stored."
        )
    overlap = jaccard(masks)
    written = len(tasks) <= 12
    heatmap = {
        "type": "heatmap",
        "z": np.round(overlap * 100, 2).tolist(),
        "x": tasks,
        "y": tasks,
        "zmin": 0,
        "zmax": 100,
        "colorscale": sequential(theme),
        "xgap": 2 if written else 0,
        "ygap": 2 if written else 0,
        "hovertemplate": "tasks %{y} and %{x}: %{z:.1f} % kept by both<extra></extra>",
        "colorbar": colorbar(theme, ticksuffix=" %"),
    }
    if written:
        heatmap |= {"texttemplate": "%{z:.0f}", "textfont": {"size": 11}}
    between = [(overlap[i, i + 1], i) for i in range(len(tasks) - 1)]
    least, place = min(between)
    sentence = (
        f"In {rows.stored.layer}, tasks {tasks[place]} and {tasks[place + 1]} overlap least of neighbours, "
        f"{percent(float(least))} of what either kept; tasks {tasks[0]} and {tasks[-1]} overlap in "
        f"{percent(float(overlap[0, -1]))}."
    )
    return figure(
        [heatmap],
        theme,
        title=f"{TITLE} in {text(rows.stored.layer, 120)}",
        sentence=sentence,
        xaxis=axis(theme, "task", side="top", showgrid=False, dtick=1 if written else None),
        yaxis=axis(theme, "task", autorange="reversed", showgrid=False, dtick=1 if written else None),
        margin={"t": 48, "b": 16},
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=ArrayNeeds(kind="mask", by_task=True),
    feeds=("masks",),
    places=(
        Place(
            "masks",
            3,
            height=300,
            title="Overlap of the tasks' masks in {layer}",
            only_with="mask",
        ),
    ),
)


def jaccard(masks: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    """|A ∩ B| / |A ∪ B| of each pair; of two empty masks 1."""
    both = np.array([[np.count_nonzero(a & b) for b in masks] for a in masks], dtype=np.float64)
    sizes = np.diagonal(both)
    either = sizes[:, None] + sizes[None, :] - both
    return np.asarray(np.divide(both, either, out=np.ones_like(both), where=either > 0))
