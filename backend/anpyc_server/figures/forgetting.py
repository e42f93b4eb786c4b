"""What each task has lost since it was best: forgetting, positive when something was lost."""

from __future__ import annotations

from anpyc.metrics import backward_transfer_by_task, forgetting, forgetting_by_task, rows_done
from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.declaration import Place, RunFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import RunRows
from anpyc_server.records.sentences import name_tasks, tied
from anpyc_server.wording import after_tasks, lost_points, percent, signed_points

TITLE = "Forgetting per task"
_MOST_APART = 24
"""Bars with a gap between them; thinner ones would flicker."""


def draw(run: RunRows, options: FigureOptions, theme: Theme) -> Drawing:
    """A bar per task but the newest, in points of accuracy; above zero is forgotten."""
    done = rows_done(run.matrix)
    if done < 2:
        return empty(theme, title=TITLE, sentence=_too_early(run))
    losses = forgetting_by_task(run.matrix)
    changes = backward_transfer_by_task(run.matrix)
    now = [run.matrix[done - 1][task] or 0 for task in range(done - 1)]
    details = [
        f"{percent(last + loss)} at best, {percent(last)} now<br>backward transfer {signed_points(change)}"
        for last, loss, change in zip(now, losses, changes, strict=True)
    ]
    return figure(
        [
            {
                "type": "bar",
                "x": list(range(done - 1)),
                "y": [round(loss * 100, 4) for loss in losses],
                "text": [lost_points(loss).split(" ")[0] for loss in losses] if done <= 16 else None,
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": [
                    [lost_points(loss), detail] for loss, detail in zip(losses, details, strict=True)
                ],
                "hovertemplate": "task %{x}: %{customdata[0]} forgotten<br>%{customdata[1]}<extra></extra>",
                "marker": {"color": [theme.pruned if loss > 0 else theme.consolidated for loss in losses]},
            }
        ],
        theme,
        title=TITLE,
        sentence=_sentence(run, done, losses),
        bargap=0.35 if done <= _MOST_APART else 0,
        xaxis=axis(theme, "task", dtick=1 if done <= 24 else None, showgrid=False),
        yaxis=axis(theme, "points lost since best", zeroline=True, zerolinecolor=theme.ink, zerolinewidth=1),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=FigureOptions,
    feeds=("evaluation",),
    places=(
        Place("overview", 6, height=260),
        Place("forgetting", 3, height=380),
        Place("report", 4),
    ),
)


def _sentence(run: RunRows, done: int, losses: list[float]) -> str:
    mean = forgetting(run.matrix) or 0.0
    sentence = f"{after_tasks(done, run.tasks or done)}: {lost_points(mean)} forgotten"
    if len(losses) < 2:
        return f"{sentence}."
    worst = max(losses)
    tasks = tied(dict(enumerate(losses)), worst)
    if len(tasks) == len(losses):
        return f"{sentence} on average, the same by each task."
    each = f"{name_tasks(tasks).lower()} {'has' if len(tasks) == 1 else 'have'} forgotten most"
    return f"{sentence} on average; {each}, {lost_points(worst)}{' each' if len(tasks) > 1 else ''}."


def _too_early(run: RunRows) -> str:
    if run.status in ("queued", "running"):
        return "Forgetting can be seen from the second task on."
    return "The run ended before a second task was learnt, so there is no forgetting to show."
