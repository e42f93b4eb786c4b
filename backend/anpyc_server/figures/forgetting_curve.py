"""The forgetting curve: accuracy of every task over training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc.metrics import rows_done
from anpyc_server.figures.canvas import (
    Drawing,
    Timeline,
    axis,
    empty,
    end_labels,
    figure,
    floor_below,
    percent_axis,
)
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import CurveOptions, TaskCurveOptions
from anpyc_server.figures.palette import Theme, task_colors, translucent
from anpyc_server.figures.rows import Matrix, RunRows
from anpyc_server.figures.task_heatmap import task_heatmap
from anpyc_server.records.sentences import joined, lost_to_pruning, most_lost, name_tasks
from anpyc_server.records.series import Evaluations
from anpyc_server.records.thinning import kept
from anpyc_server.wording import count, percent, points

TITLE = "Accuracy of every task over training"
EPOCHS = "epochs of the whole run"
_SHADES = " A row is a task; a shade is the lowest accuracy in its stretch of epochs."


MOST_LINES = 12
"""Of more tasks a row of cells each takes the place of lines."""


def draw(run: RunRows, options: TaskCurveOptions, theme: Theme) -> Drawing:
    """One line per task from its start on, hairlines where tasks begin, ticks where pruning rounds do.

    Of many tasks a row of cells each, and below them the lines of those that are chosen.
    """
    data = run.evaluations
    if not len(data.step):
        return empty(theme, title=TITLE, sentence=run.waiting)
    # Of a task that is still to be learnt only forward transfer could be seen; a line through that misleads.
    begun = data.on_task <= data.task
    seen = [int(task) for task in np.unique(data.on_task[begun])]
    if len(seen) > MOST_LINES:
        return _many(run, seen, options, theme)
    colors = task_colors(max(run.tasks, seen[-1] + 1), theme)
    traces, labels, thinned = _lines(run, seen, options, colors)
    timeline = _timeline(data)
    right = max(run.steps or 0, timeline.end, 1)
    lowest, whole = _lowest_that_matters(data, begun)
    y_axis = percent_axis(theme, "accuracy", lowest)
    cut = None if whole >= y_axis["range"][0] / 100 else y_axis["range"][0]
    at_ends = end_labels(labels, *y_axis["range"])
    return figure(
        traces,
        theme,
        title=TITLE,
        sentence=_sentence(run, thinned, cut),
        thinned=thinned,
        hovermode="x unified",
        showlegend=at_ends is None,
        legend={"font": {"size": 11}, "itemsizing": "constant"},
        margin={"r": 64 if at_ends is not None else 20},
        xaxis=axis(theme, EPOCHS, range=[0, right], unifiedhovertitle={"text": "after epoch %{x}"}),
        yaxis=y_axis,
        shapes=timeline.shapes(theme),
        annotations=timeline.names(theme, right) + (at_ends or []),
    )


def _many(run: RunRows, seen: Sequence[int], options: TaskCurveOptions, theme: Theme) -> Drawing:
    data = run.evaluations
    timeline = _timeline(data)
    right = max(run.steps or 0, timeline.end, 1)
    lowest, _ = _lowest_that_matters(data, data.on_task <= data.task)
    floor = floor_below(lowest)
    measured_at = len(np.unique(data.step))
    cells = task_heatmap(data, seen, min(options.points // 2, measured_at), right, floor, theme)
    asked = sorted({int(task) for task in options.lines.split(",")}) if options.lines else []
    chosen = [task for task in asked if task in seen]
    colors = task_colors(max(run.tasks, seen[-1] + 1), theme)
    traces, labels, thinned = _lines(run, chosen, options, colors)
    cells["colorbar"] |= {"y": 1, "yanchor": "top", "len": 0.6} if chosen else {}
    lines = [{**trace, "yaxis": "y2"} for trace in traces]
    crosshair = {
        "showspikes": True, "spikemode": "across", "spikethickness": 1, "spikecolor": theme.ink,
        "spikedash": "solid",
    }  # fmt: skip
    y_axis = percent_axis(theme, "accuracy", lowest, domain=[0, 0.34])
    at_ends = [{**label, "yref": "y2"} for label in end_labels(labels, *y_axis["range"]) or []]
    thinned |= len(cells["x"]) < measured_at
    return figure(
        [cells, *lines],
        theme,
        title=TITLE,
        sentence=f"{_sentence(run, thinned=False, cut=None)}{_SHADES}",
        thinned=thinned,
        xaxis=axis(
            theme,
            EPOCHS,
            range=[0, right],
            showgrid=False,
            **crosshair,
            anchor="y2" if chosen else "y",
        ),
        yaxis=axis(
            theme,
            "task",
            autorange="reversed",
            dtick=1 if len(seen) <= 20 else None,
            showgrid=False,
            **crosshair,
            domain=[0.42, 1] if chosen else [0, 1],
        ),
        yaxis2=y_axis if chosen else None,
        annotations=timeline.names(theme, right) + at_ends,
    )


def _timeline(data: Evaluations) -> Timeline:
    first_of_step = np.diff(data.step, prepend=-1) != 0
    return Timeline(data.step[first_of_step], data.task[first_of_step], data.round[first_of_step])


def _lines(
    run: RunRows, tasks: Sequence[int], options: CurveOptions, colors: Sequence[str]
) -> tuple[list[dict[str, Any]], list[tuple[str, str, float]], bool]:
    """Lines of these tasks, what to write at their ends, and whether points were left out."""
    data = run.evaluations
    begun = data.on_task <= data.task
    traces: list[dict[str, Any]] = []
    labels: list[tuple[str, str, float]] = []
    thinned = False
    for task in tasks:
        own = begun & (data.on_task == task)
        steps, accuracy = data.step[own], data.accuracy[own] * 100
        chosen = kept(steps, accuracy, options.points, data.end_of_task[own])
        thinned |= not bool(chosen.all())
        raw = _line(task, steps[chosen], accuracy[chosen], colors[task], run.named(task))
        if options.smooth > 1:
            smooth = moving_average(accuracy, options.smooth)[chosen]
            raw |= {"line": {"color": translucent(colors[task], 0.3), "width": 1}, "hoverinfo": "skip"}
            raw.pop("hovertemplate")
            traces += [raw, _line(task, steps[chosen], smooth, colors[task], run.named(task))]
        else:
            traces.append(raw)
        labels.append((f"task {task}", colors[task], float(accuracy[-1])))
    return traces, labels, thinned


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=TaskCurveOptions,
    needs=RunNeeds(evaluations=True),
    feeds=("evaluation",),
    places=(
        Place(
            "overview",
            1,
            "quarter",
            title="Accuracy of every task, over training",
            few_points=True,
            eager=True,
        ),
        Place(
            "forgetting",
            1,
            "wide",
            title="Accuracy of every task, over training",
            controls=("smooth",),
            hides_tasks=True,
        ),
        Place("report", 1),
    ),
)


def moving_average(values: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """The mean of the last ``width`` values, of fewer at the start: it never knows the future.

    What is not finite is left out; not a number where nothing else is there.
    """
    finite = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - width)
    known = counts[ends] - counts[starts]
    return np.asarray(np.where(known > 0, (sums[ends] - sums[starts]) / np.maximum(known, 1), np.nan))


def _line(
    task: int, steps: npt.NDArray[np.int64], percents: npt.NDArray[np.float64], color: str, named: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines" if len(steps) > 1 else "markers",
        "name": f"task {task}",
        "legendgroup": f"task {task}",
        "x": steps.tolist(),
        "y": np.round(percents, 4).tolist(),
        "line": {"color": color, "width": 2},
        "marker": {"color": color, "size": 6},
        "text": named,
        "hovertemplate": "%{y:.1f} %%{text}",
    }


def _lowest_that_matters(data: Evaluations, begun: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The lowest accuracy but for the rise of a task while it is learnt, and the lowest of all.

    Every task rises from chance in its first epochs; an axis that shows that has little room for forgetting.
    """
    whole = float(data.accuracy[begun].min())
    settled = begun & ((data.on_task < data.task) | data.end_of_task)
    if not settled.any():
        return whole, whole
    return float(data.accuracy[settled].min()), whole


def _sentence(run: RunRows, thinned: bool, cut: float | None) -> str:
    data = run.evaluations
    lost = most_lost(run.matrix)
    if lost is not None and lost[1] <= -0.0005:
        sentence = _who_lost(run.matrix, *lost)
    elif lost is not None:
        sentence = "No task has lost accuracy since it was learnt."
    else:
        task = int(data.on_task[-1])
        sentence = (
            f"Task {task} stands at {percent(_last(run, task))} after {count(int(data.step[-1]), 'epoch')}."
        )
    sentence = joined(lost_to_pruning(run.matrix, run.before_pruning), sentence)
    if run.tested_between:
        sentence += f" Between the ends of tasks accuracy was measured on {run.tested_between}."
    if cut is not None:
        sentence += f" Below {cut:.0f} %, where the axis starts, tasks stand only while they are learnt."
    if thinned:
        sentence += f" Thinned: of {count(len(data.step))} points every extreme is shown."
    return sentence


def _who_lost(matrix: Matrix, tasks: Sequence[int], change: float) -> str:
    newest = rows_done(matrix) - 1
    if len(tasks) > 1:
        return (
            f"{name_tasks(tasks)} have lost most: {points(change)} each, from when learnt to task {newest}."
        )
    (task,) = tasks
    learnt, last = percent(matrix[task][task] or 0), percent(matrix[newest][task] or 0)
    return (
        f"Task {task} has lost most: {learnt} when learnt, {last} after task {newest}, {points(change)} less."
    )


def _last(run: RunRows, task: int) -> float:
    data = run.evaluations
    return float(data.accuracy[data.on_task == task][-1])
