"""Loss and penalty over training."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anpyc_server.figures.canvas import Drawing, Timeline, axis, empty, end_labels, figure
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.forgetting_curve import moving_average
from anpyc_server.figures.options import CurveOptions
from anpyc_server.figures.palette import Theme, translucent
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.thinning import kept, task_starts
from anpyc_server.wording import count

TITLE = "Loss"


def draw(run: RunRows, options: CurveOptions, theme: Theme) -> Drawing:
    """Cross-entropy per epoch, and what consolidation adds to it."""
    data = run.epochs
    if not len(data.step):
        return empty(theme, title=TITLE, sentence=run.waiting)
    starts = task_starts(data.task, data.round)
    traces: list[dict[str, Any]] = []
    thinned = False
    for name, values, color, dash in (
        ("cross-entropy", data.loss, theme.loss, "solid"),
        ("penalty", data.penalty, theme.consolidated, "dash"),
    ):
        if name == "penalty" and not values.any():
            continue
        chosen = kept(data.step, values, options.points, starts)
        thinned |= not bool(chosen.all())
        line = {
            "type": "scatter",
            "mode": "lines" if len(values) > 1 else "markers",
            "name": name,
            "x": data.step[chosen].tolist(),
            "y": [value if np.isfinite(value) else None for value in values[chosen].tolist()],
            "line": {"color": color, "width": 2, "dash": dash},
            "hovertemplate": "%{y:.4g}",
        }
        if options.smooth > 1:
            smooth = moving_average(values, options.smooth)[chosen]
            faint = {
                "line": {"color": translucent(color, 0.3), "width": 1, "dash": dash},
                "hoverinfo": "skip",
            }
            traces.append({key: value for key, value in line.items() if key != "hovertemplate"} | faint)
            line["y"] = [value if np.isfinite(value) else None for value in smooth.tolist()]
        traces.append(line)
    timeline = Timeline(data.step, data.task, data.round)
    right = max(run.steps or 0, timeline.end, 1)
    logarithmic = _spans_decades(data.loss, data.penalty)
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=_sentence(run, thinned),
        thinned=thinned,
        hovermode="x unified",
        margin={"r": 92},
        xaxis=axis(
            theme, "epochs of the whole run", range=[0, right], unifiedhovertitle={"text": "epoch %{x}"}
        ),
        yaxis=axis(
            theme,
            "loss in nats · logarithmic" if logarithmic else "loss in nats · axis starts at 0",
            type="log" if logarithmic else "linear",
            **({} if logarithmic else {"rangemode": "tozero"}),
        ),
        shapes=timeline.shapes(theme),
        annotations=timeline.names(theme, right) + _names(traces, logarithmic),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=CurveOptions,
    needs=RunNeeds(epochs=True),
    feeds=("epoch",),
    places=(
        Place("overview", 5, height=260, few_points=True),
        Place("forgetting", 5, height=300),
        Place("report", 8),
    ),
)


def _names(traces: list[dict[str, Any]], logarithmic: bool) -> list[dict[str, Any]]:
    """The lines' names at their ends; on a logarithmic axis plotly places notes by the exponent."""
    ends = {
        trace["name"]: (trace["name"], trace["line"]["color"], trace["y"][-1])
        for trace in traces
        if trace["y"][-1] is not None and (not logarithmic or trace["y"][-1] > 0)
    }
    values = [value for trace in traces for value in trace["y"] if value is not None]
    if logarithmic:
        values = [math.log10(value) for value in values if value > 0]
        ends = {name: (words, color, math.log10(y)) for name, (words, color, y) in ends.items()}
    if not values:
        return []
    return (
        end_labels(ends.values(), min(0.0, min(values)) if not logarithmic else min(values), max(values))
        or []
    )


def _spans_decades(*series: np.ndarray[Any, np.dtype[np.float64]]) -> bool:
    """Whether the finite, positive values differ by more than a factor of a thousand."""
    values = np.concatenate(series)
    values = values[np.isfinite(values) & (values > 0)]
    return bool(len(values)) and float(values.max() / values.min()) > 1_000


def _sentence(run: RunRows, thinned: bool) -> str:
    data = run.epochs
    sentence = (
        f"Loss {data.loss[-1]:.3g} after {count(int(data.step[-1]), 'epoch')}, in task {int(data.task[-1])}"
    )
    sentence += f", pruning round {int(data.round[-1])}." if data.round[-1] else "."
    if data.penalty[-1] > 0:
        sentence += f" Consolidation adds {data.penalty[-1]:.3g}."
    if thinned:
        sentence += f" Thinned: of {count(len(data.step))} epochs every extreme is shown."
    return sentence
