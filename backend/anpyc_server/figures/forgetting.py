"""What each task has lost or gained since it was learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anpyc.metrics import backward_transfer, backward_transfer_by_task, forgetting_by_task, rows_done
from anpyc_server.figures.canvas import axis, empty, figure
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import Options, RunRows
from anpyc_server.wording import after_tasks, percent, signed_points

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLE = "Change since each task was learnt"


def draw(run: RunRows, options: Options, theme: Theme) -> go.Figure:  # noqa: ARG001
    """A bar per task but the newest, in points of accuracy; below zero is forgotten."""
    done = rows_done(run.matrix)
    if done < 2:
        return empty(theme, title=TITLE, sentence=_too_early(run))
    changes = backward_transfer_by_task(run.matrix)
    fallen = forgetting_by_task(run.matrix)
    details = [
        f"{percent(run.matrix[task][task] or 0)} when learnt, "
        f"{percent(run.matrix[done - 1][task] or 0)} now, "
        f"{fallen[task] * 100:.1f} points below its best"
        for task in range(done - 1)
    ]
    return figure(
        [
            {
                "type": "bar",
                "x": list(range(done - 1)),
                "y": [round(change * 100, 4) for change in changes],
                "text": [signed_points(change).split(" ")[0] for change in changes] if done <= 16 else None,
                "textposition": "outside",
                "cliponaxis": False,
                "customdata": details,
                "hovertemplate": "task %{x}: %{y:+.1f} points<br>%{customdata}<extra></extra>",
                "marker": {
                    "color": [theme.pruned if change < 0 else theme.consolidated for change in changes]
                },
            }
        ],
        theme,
        title=TITLE,
        sentence=_sentence(run, done, changes),
        bargap=0.35,
        xaxis=axis(theme, "task", dtick=1 if done <= 24 else None, showgrid=False),
        yaxis=axis(theme, "points of accuracy", zeroline=True, zerolinecolor=theme.ink, zerolinewidth=1),
    )


def _sentence(run: RunRows, done: int, changes: list[float]) -> str:
    mean = backward_transfer(run.matrix) or 0.0
    worst = min(range(len(changes)), key=changes.__getitem__)
    said = f"{after_tasks(done, run.tasks or done)}: {signed_points(mean)} on average since each was learnt"
    if len(changes) < 2:
        return f"{said}."
    return f"{said}; the worst is task {worst} with {signed_points(changes[worst])}."


def _too_early(run: RunRows) -> str:
    if run.status in ("queued", "running"):
        return "Forgetting can be seen from the second task on."
    return "The run ended before a second task was learnt, so there is no forgetting to show."
