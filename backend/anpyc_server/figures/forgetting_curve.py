"""The forgetting curve: accuracy of every task over training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc.metrics import rows_done
from anpyc_server.figures.canvas import Drawing, Timeline, axis, empty, end_labels, figure, percent_axis
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import CurveOptions
from anpyc_server.figures.palette import Theme, task_colors, translucent
from anpyc_server.figures.rows import Matrix, RunRows
from anpyc_server.records.sentences import joined, lost_to_pruning, most_lost, name_tasks
from anpyc_server.records.series import Evaluations
from anpyc_server.records.thinning import kept
from anpyc_server.wording import count, percent, points

TITLE = "Accuracy of every task over training"


def draw(run: RunRows, options: CurveOptions, theme: Theme) -> Drawing:
    """One line per task from its start on, hairlines where tasks begin, ticks where pruning rounds do."""
    data = run.evaluations
    if not len(data.step):
        return empty(theme, title=TITLE, sentence=run.waiting)
    # Of a task that is still to be learnt only forward transfer could be seen; a line through that misleads.
    begun = data.on_task <= data.task
    seen = [int(task) for task in np.unique(data.on_task[begun])]
    colors = task_colors(max(run.tasks, seen[-1] + 1), theme)
    traces: list[dict[str, Any]] = []
    labels: list[tuple[str, str, float]] = []
    thinned = False
    for task in seen:
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
    first_of_step = np.diff(data.step, prepend=-1) != 0
    timeline = Timeline(data.step[first_of_step], data.task[first_of_step], data.round[first_of_step])
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
        xaxis=axis(
            theme, "epochs of the whole run", range=[0, right], unifiedhovertitle={"text": "after epoch %{x}"}
        ),
        yaxis=y_axis,
        shapes=timeline.shapes(theme),
        annotations=timeline.names(theme, right) + (at_ends or []),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=CurveOptions,
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
