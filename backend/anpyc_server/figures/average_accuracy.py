"""Average accuracy after k tasks."""

from __future__ import annotations

from anpyc.metrics import average_accuracy_by_task
from anpyc_server.figures.canvas import Drawing, axis, empty, figure, percent_axis
from anpyc_server.figures.declaration import Place, RunFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme, translucent
from anpyc_server.figures.rows import RunRows
from anpyc_server.wording import after_tasks, percent, signed_points

TITLE = "Average accuracy after k tasks"


def draw(run: RunRows, options: FigureOptions, theme: Theme) -> Drawing:
    """The mean over the tasks learnt, with a band from the worst task to the best."""
    averages = average_accuracy_by_task(run.matrix)
    if not averages:
        return empty(theme, title=TITLE, sentence=_too_early(run))
    learnt = list(range(1, len(averages) + 1))
    rows = [[value for value in run.matrix[k][: k + 1] if value is not None] for k in range(len(averages))]
    worst, best = [min(row) for row in rows], [max(row) for row in rows]
    band = {
        "type": "scatter",
        "mode": "lines",
        "x": learnt + learnt[::-1],
        "y": [round(value * 100, 4) for value in best + worst[::-1]],
        "fill": "toself",
        "fillcolor": translucent(theme.consolidated, 0.15),
        "line": {"width": 0, "color": theme.consolidated},
        "hoverinfo": "skip",
        "name": "worst to best task",
    }
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": learnt,
        "y": [round(value * 100, 4) for value in averages],
        "customdata": [
            f"worst {percent(low)}, best {percent(high)}" for low, high in zip(worst, best, strict=True)
        ],
        "hovertemplate": "after %{x} tasks: %{y:.1f} %<br>%{customdata}<extra></extra>",
        "line": {"color": theme.consolidated, "width": 2},
        "marker": {"size": 6},
        "name": "average",
    }
    return figure(
        [band, line],
        theme,
        title=TITLE,
        sentence=_sentence(run, averages),
        xaxis=axis(
            theme,
            "tasks learnt",
            range=[0.5, max(run.tasks, len(averages)) + 0.5],
            dtick=1 if run.tasks <= 24 else None,
        ),
        yaxis=percent_axis(theme, "accuracy", min(worst)),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=FigureOptions,
    feeds=("evaluation",),
    places=(
        Place("forgetting", 4, height=300, title="Average accuracy after each task"),
        Place("report", 3),
    ),
)


def _sentence(run: RunRows, averages: list[float]) -> str:
    done = len(averages)
    sentence = f"{after_tasks(done, run.tasks or done)}: {percent(averages[-1])} on average"
    return (
        f"{sentence}, {signed_points(averages[-1] - averages[0])} against the first alone."
        if done > 1
        else f"{sentence}."
    )


def _too_early(run: RunRows) -> str:
    if run.status in ("queued", "running"):
        return "The first value comes when task 0 is learnt."
    return run.waiting
