"""The accuracy matrix: after which task, on which task. It fills row by row."""

from __future__ import annotations

from typing import Any

from anpyc.metrics import average_accuracy, measured, rows_done
from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.declaration import Place, RunFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme, sequential
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.sentences import joined, name_tasks, pruned_away, tied
from anpyc_server.wording import after_tasks, percent, signed_points

TITLE = "Accuracy matrix"
_MOST_WRITTEN = 12
_MOST_NAMED = 40


def draw(run: RunRows, options: FigureOptions, theme: Theme) -> Drawing:
    """A cell per pair of tasks, with its value while there is room."""
    known = [value for row in run.matrix for value in row if measured(value)]
    if not known:
        return empty(theme, title=TITLE, sentence=_nothing(run))
    size = len(run.matrix)
    percents = [[round(value * 100, 4) if measured(value) else None for value in row] for row in run.matrix]
    written = size <= _MOST_WRITTEN
    lowest = min(known)
    floor = 0.0 if lowest < 0.4 else int(min(lowest, 0.999) * 10) * 10.0
    heatmap: dict[str, Any] = {
        "type": "heatmap",
        "z": percents,
        "x": list(range(size)),
        "y": list(range(size)),
        "zmin": floor,
        "zmax": 100,
        "colorscale": sequential(theme),
        "xgap": 2 if written else 0,
        "ygap": 2 if written else 0,
        "customdata": [[_beside(run, i, j) for j in range(size)] for i in range(size)],
        "hoverongaps": False,
        "colorbar": {
            "title": {
                "text": f"accuracy · from {floor:.0f} %",
                "side": "right",
                "font": {"color": theme.muted},
            },
            "ticksuffix": " %",
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"color": theme.muted, "size": 11},
        },
    }
    if written:  # the values themselves leave a scale of colours nothing to say
        font = {"size": 11 if size <= 8 else 9}
        heatmap |= {"texttemplate": "%{z:.1f}", "textfont": font, "showscale": False}
    heatmap |= {
        "text": [[run.named(task) if size <= _MOST_NAMED else "" for task in range(size)]] * size,
        "hovertemplate": "after task %{y}, on task %{x}%{text}: %{z:.1f} %%{customdata}<extra></extra>",
    }
    ticks: dict[str, Any] = {"dtick": 1 if written else None, "showgrid": False}
    return figure(
        [heatmap],
        theme,
        title=TITLE,
        sentence=_sentence(run),
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
