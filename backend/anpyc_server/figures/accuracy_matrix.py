"""The accuracy matrix: after which task, on which task. It fills row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anpyc.metrics import average_accuracy, measured, rows_done
from anpyc_server.figures.canvas import Drawing, axis, colorbar, empty, figure, floor_below
from anpyc_server.figures.declaration import Place, RunFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme, accuracies, accuracy_color, readable_on
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.sentences import joined, name_tasks, pruned_away, tied
from anpyc_server.wording import after_tasks, percent, signed_points

TITLE = "Accuracy matrix"
_MOST_WRITTEN = 12
_MOST_NAMED = 40


def draw(run: RunRows, options: FigureOptions, theme: Theme) -> Drawing:
    """A cell per pair of tasks, with its value while there is room."""
    under_way = _under_way(run)
    matrix = [under_way, *run.matrix[1:]] if under_way else run.matrix
    known = [value for row in matrix for value in row if measured(value)]
    if not known:
        return empty(theme, title=TITLE, sentence=_nothing(run))
    size = len(matrix)
    percents = [[round(value * 100, 4) if measured(value) else None for value in row] for row in matrix]
    written = size <= _MOST_WRITTEN
    floor = floor_below(min(known)) * 100
    heatmap: dict[str, Any] = {
        "type": "heatmap",
        "z": percents,
        "x": list(range(size)),
        "y": list(range(size)),
        "zmin": floor,
        "zmax": 100,
        "colorscale": accuracies(theme),
        "xgap": 2 if written else 0,
        "ygap": 2 if written else 0,
        "hoverongaps": False,
        "colorbar": colorbar(theme, f"accuracy · from {floor:.0f} %", ticksuffix=" %"),
    }
    if written:  # the values themselves leave a scale of colours nothing to say
        heatmap |= {"showscale": False}
    heatmap |= _told(run, size) if size <= _MOST_NAMED else _told_briefly(percents)
    ticks: dict[str, Any] = {"dtick": 1 if written else None, "showgrid": False}
    return figure(
        [heatmap, _values(percents, floor, theme)] if written else [heatmap],
        theme,
        title=TITLE,
        sentence=_so_far(under_way[0]) if under_way else _sentence(run),
        xaxis=axis(theme, "on task", side="top", **ticks),
        yaxis=axis(theme, "after task", autorange="reversed", **ticks),
        margin={"t": 40, "b": 12},
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=FigureOptions,
    feeds=("evaluation",),
    places=(
        Place("overview", 2, "quarter"),
        Place("forgetting", 2, height=380),
        Place("report", 2),
    ),
)


def _under_way(run: RunRows) -> list[float | None]:
    """The first row as it stands while task 0 is being learnt; empty once it is, and before it is tested."""
    now = run.newest.get(0)
    return [now, *[None] * (len(run.matrix) - 1)] if measured(now) else []


def _so_far(now: float | None) -> str:
    assert now is not None  # noqa: S101 - it is under way
    return f"Task 0 stands at {percent(now)} so far. Its row is complete when it is learnt."


def _told(run: RunRows, size: int) -> dict[str, Any]:
    """What hovering says, in words."""
    return {
        "customdata": [[_beside(run, i, j) for j in range(size)] for i in range(size)],
        "text": [[run.named(task) for task in range(size)]] * size,
        "hovertemplate": "after task %{y}, on task %{x}%{text}: %{z:.1f} %%{customdata}<extra></extra>",
    }


def _told_briefly(percents: list[list[float | None]]) -> dict[str, Any]:
    """The same of many tasks in numbers alone, of which there are tens of thousands."""
    learnt = [row[task] for task, row in enumerate(percents)]
    return {
        "z": [[None if value is None else round(value, 1) for value in row] for row in percents],
        "customdata": [
            [
                round(value - own, 1) if value is not None and own is not None else None
                for value, own in zip(row[: i + 1], learnt, strict=False)
            ]
            for i, row in enumerate(percents)
        ],
        "hovertemplate": (
            "after task %{y}, on task %{x}: %{z:.1f} %, %{customdata:+.1f} points since learnt<extra></extra>"
        ),
    }


def _values(percents: Sequence[Sequence[float | None]], floor: float, theme: Theme) -> dict[str, Any]:
    """Each value over its cell, in black or white as its colour asks for."""
    cells = [
        (i, j, value) for i, row in enumerate(percents) for j, value in enumerate(row) if value is not None
    ]
    shares = [(value - floor) / (100 - floor) for _, _, value in cells]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [j for _, j, _ in cells],
        "y": [i for i, _, _ in cells],
        "text": [f"{value:.1f}" for _, _, value in cells],
        "textfont": {
            "size": 11 if len(percents) <= 8 else 9,
            "color": [readable_on(accuracy_color(theme, max(0.0, share))) for share in shares],
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _beside(run: RunRows, i: int, j: int) -> str:
    """Of the diagonal what pruning did, below it what later tasks did."""
    value, learnt = run.matrix[i][j], run.matrix[j][j]
    if not measured(value) or not measured(learnt):
        return ""
    if i == j:
        return _pruned(run, j, learnt)
    return f" ({signed_points(value - learnt)} since learnt)" if i > j else ""


def _pruned(run: RunRows, task: int, learnt: float) -> str:
    before = run.before_pruning[task] if task < len(run.before_pruning) else None
    if not measured(before):
        return ""
    return f"<br>{percent(before)} before its own pruning, {percent(learnt)} after it"


def _sentence(run: RunRows) -> str:
    average = average_accuracy(run.matrix)
    done = rows_done(run.matrix)
    if average is None:
        return "The first row is not complete yet."
    sentence = f"{after_tasks(done, run.tasks or done)}: {percent(average)} on average."
    last = {task: value for task in range(done) if measured(value := run.matrix[done - 1][task])}
    low, high = min(last.values()), max(last.values())
    worst, best = tied(last, low), tied(last, high)
    if len(best) == done > 1:
        sentence = f"{sentence[:-1]}, the same on every task."
    elif done > 1:
        sentence += f" Best {_are(best)} with {percent(high)}, worst {_are(worst)} with {percent(low)}."
    return joined(sentence, pruned_away(run.matrix, run.before_pruning))


def _are(tasks: list[int]) -> str:
    named = name_tasks(tasks).lower()
    return f"{'is' if len(tasks) == 1 else 'are'} {named}"


def _nothing(run: RunRows) -> str:
    if run.status in ("queued", "running"):
        return "The first row comes when task 0 is learnt."
    return run.waiting
