"""What the next pruning round will free, layer by layer: known from the first epoch on."""

from __future__ import annotations

import math
from typing import Any

from anpyc_server.figures.canvas import Drawing, axis, empty, figure, text
from anpyc_server.figures.capacity import free_by_layer, upcoming
from anpyc_server.figures.declaration import RunFigure, RunNeeds
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.schedule import PlannedRound
from anpyc_server.records.sentences import joined
from anpyc_server.wording import capital, count, percent, whole_percent

TITLE = "What the next pruning round frees"
_MOST_LAYERS = 24


def draw(run: RunRows, options: FigureOptions, theme: Theme) -> Drawing:
    """A bar per layer: what stays, and what will be free after the round."""
    if not run.sizes:
        return empty(theme, title=TITLE, sentence=run.waiting)
    following = upcoming(run)
    layers = sorted(run.sizes, key=lambda layer: -layer[1])[:_MOST_LAYERS]
    layers = [layer for layer in run.sizes if layer in layers]
    names = [text(name, 24) for name, _ in layers]
    free = [_free_after(run, name, size, following) for name, size in layers]
    totals = [size for _, size in layers]
    freed = f"free after round {following.round}" if following else "free"
    stays = [total - part for total, part in zip(totals, free, strict=True)]
    return figure(
        [
            _bars("kept", names, stays, totals, theme.consolidated),
            _bars(freed, names, free, totals, theme.pruned if following else theme.free),
        ],
        theme,
        title=TITLE,
        sentence=_sentence(run, following),
        thinned=len(layers) < len(run.sizes),
        barmode="stack",
        bargap=0.35,
        showlegend=True,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        margin={"t": 24, "l": 90},
        xaxis=axis(theme, "weights", rangemode="tozero", tickformat="~s"),
        yaxis=axis(theme, "", autorange="reversed", showgrid=False, type="category"),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=FigureOptions,
    needs=RunNeeds(epochs=True, layers=True),
    feeds=("epoch", "layers"),
    places=(),
)


def _free_after(run: RunRows, layer: str, size: int, following: PlannedRound | None) -> float:
    now = free_by_layer(run).get(layer)
    if following is None:
        return float(now or 0)
    # Of a task's first round what is left to deal out is what was free when the task began.
    before = size if following.task == 0 else _free_when_begun(run, layer, following.task, size)
    return round(following.share * before, 1)


def _free_when_begun(run: RunRows, layer: str, task: int, size: int) -> float:
    ends = [row for row in run.layers if row.layer == layer and row.task < task and row.end_of_task]
    return float(max(ends, key=lambda row: row.task).free) if ends else float(size)


def _bars(
    name: str, layers: list[str], numbers: list[float], totals: list[int], color: str
) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": layers,
        "x": numbers,
        "customdata": [
            [count(round(number)), whole_percent(number / total)]
            for number, total in zip(numbers, totals, strict=True)
        ],
        "hovertemplate": f"%{{y}}: about %{{customdata[0]}} {name} (%{{customdata[1]}})<extra></extra>",
        "marker": {"color": color},
    }


def _sentence(run: RunRows, following: PlannedRound | None) -> str:
    total = sum(size for _, size in run.sizes)
    return joined(_plan(run, following, total), _so_far(run))


def _plan(run: RunRows, following: PlannedRound | None, total: int) -> str:
    if following is None:
        layers = count(len(run.sizes), "layer")
        if run.rounds:
            return f"No pruning round is to come; {count(total, 'weight')} in {layers}."
        return f"{run.strategy} trains all {count(total, 'weight')} in {layers} and prunes none."
    away = following.step - run.step
    when = f"In {count(away, 'epoch')} " if away > 0 else "Now "
    which = "first" if following.round == 1 and following.task == 0 else "next"
    of = "of each layer" if following.task == 0 else "of what was free in each layer"
    share = whole_percent(following.share)
    sentence = f"{when}the {which} pruning round frees the least important {share} {of}"
    if following.task == 0:
        return f"{sentence}: about {count(round(following.free * total))} of {count(total, 'weight')}."
    return f"{sentence} when task {following.task} began."


def _so_far(run: RunRows) -> str:
    """The newest loss, and where accuracy stands."""
    loss = run.epochs.loss
    said = f"Loss {loss[-1]:.3g}" if len(loss) and math.isfinite(loss[-1]) else ""
    task = max(run.newest, default=None)
    if task is not None:
        accuracy = f"task {task} at {percent(run.newest[task])}"
        said = f"{said}, {accuracy}" if said else capital(accuracy)
    return f"{said}." if said else ""
