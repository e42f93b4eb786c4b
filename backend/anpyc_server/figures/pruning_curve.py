"""What if: accuracy on every seen task against the share of each layer that is pruned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anpyc_server.figures.canvas import Drawing, axis, empty, end_labels, figure, percent_axis
from anpyc_server.figures.declaration import RunFigure, RunNeeds
from anpyc_server.figures.options import FigureOptions, Task
from anpyc_server.figures.palette import Theme, task_colors
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.pruning_curve import Point
from anpyc_server.records.pruning_sentence import sentence
from anpyc_server.wording import percent

TITLE = "Accuracy against pruned share"


class PruningOptions(FigureOptions):
    """At whose end; without a task the newest that is stored."""

    task: Task = None


def draw(run: RunRows, options: PruningOptions, theme: Theme) -> Drawing:
    """A thin line for each task, a strong one for their mean, and a diamond where the run itself stands."""
    curve = run.pruning
    if curve is None or not curve.points:
        return empty(theme, title=TITLE, sentence=curve.missing if curve else run.waiting)
    tasks = sorted(curve.points[0].accuracy)
    colors = task_colors(max(run.tasks, len(tasks)), theme)
    traces = [_task_line(task, curve.points, colors[task]) for task in tasks]
    traces.append(_mean_line(curve.points, theme))
    shapes = []
    values = [value for point in curve.points for value in point.accuracy.values()]
    if curve.chosen is not None:
        traces.append(_chosen(curve.chosen, theme))
        shapes.append(_upright(curve.chosen.share, theme))
        values.append(curve.chosen.mean)
    last = curve.points[-1]
    labels = [(f"task {task}", colors[task], 100 * last.accuracy[task]) for task in tasks]
    labels.append(("mean", theme.ink, 100 * last.mean))
    y_axis = percent_axis(theme, "accuracy", min(values), max(values))
    low, high = y_axis["range"]
    named = end_labels(labels, low, high) or []
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=sentence(curve, run.strategy),
        hovermode="x unified",
        margin={"r": 64 if named else 20},
        xaxis=axis(
            theme,
            "share of each layer set to zero",
            range=[-1, 96],
            ticksuffix=" %",
            unifiedhovertitle={"text": "%{x:.1f} % pruned"},
        ),
        yaxis=y_axis,
        shapes=shapes,
        annotations=named + ([_name_of_chosen(curve.chosen, theme)] if curve.chosen else []),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=PruningOptions,
    needs=RunNeeds(pruning=True),
    feeds=("outcome", "what_if"),
    places=(),
)


def _task_line(task: int, points: Sequence[Point], color: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"task {task}",
        "x": [round(100 * point.share, 1) for point in points],
        "y": [round(100 * point.accuracy[task], 4) for point in points],
        "line": {"color": color, "width": 1.2},
        "marker": {"size": 3.5, "color": color},
        "hovertemplate": "%{y:.1f} %",
    }


def _mean_line(points: Sequence[Point], theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "mean",
        "x": [round(100 * point.share, 1) for point in points],
        "y": [round(100 * point.mean, 4) for point in points],
        "customdata": [percent(point.zeros) for point in points],
        "line": {"color": theme.ink, "width": 2.5},
        "marker": {"size": 5, "color": theme.ink},
        "hovertemplate": "%{y:.1f} %, %{customdata} of all parameters zero",
    }


def _chosen(chosen: Point, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "the run",
        "x": [round(100 * chosen.share, 1)],
        "y": [round(100 * chosen.mean, 4)],
        "marker": {
            "symbol": "diamond",
            "size": 11,
            "color": theme.pruned,
            "line": {"color": theme.panel, "width": 1.5},
        },
        "hovertemplate": "%{y:.1f} % on average, as it was trained",
    }


def _upright(share: float, theme: Theme) -> dict[str, Any]:
    x = 100 * share
    line = {"color": theme.pruned, "width": 1, "dash": "dot"}
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "layer": "below", "line": line
    }  # fmt: skip


def _name_of_chosen(chosen: Point, theme: Theme) -> dict[str, Any]:
    right = chosen.share > 0.7
    return {
        "x": 100 * chosen.share,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "right" if right else "center",
        "showarrow": False,
        "text": f"the run: {percent(chosen.share)}",
        "font": {"size": 11, "color": theme.pruned},
    }
