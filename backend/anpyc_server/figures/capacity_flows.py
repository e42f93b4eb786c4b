"""Flows of parameters: what each round freed, and what it took again."""

from __future__ import annotations

from typing import Any

from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.capacity import Moment, moments, nothing
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import RunRows
from anpyc_server.wording import capital, count, listed

TITLE = "Parameters freed and taken again"


def draw(run: RunRows, options: LayerOptions, theme: Theme) -> Drawing:
    """Per task, bars up for what was pruned and down for what was taken again; the rounds on hover."""
    rows = [row for row in run.layers if options.layer in (None, row.layer)]
    if not rows:
        return empty(theme, title=TITLE, sentence=nothing(run, options.layer))
    together = moments(rows)
    tasks = sorted({moment.task for moment in together})
    freed = [sum(moment.pruned for moment in together if moment.task == task) for task in tasks]
    taken = [sum(moment.reused for moment in together if moment.task == task) for task in tasks]
    rounds = ["<br>".join(_round(moment) for moment in together if moment.task == task) for task in tasks]
    return figure(
        [
            _bars("pruned now", tasks, freed, rounds, theme.pruned),
            _bars("taken again", tasks, [-number for number in taken], rounds, theme.reused),
        ],
        theme,
        title=TITLE,
        sentence=_sentence(tasks, freed, taken, options.layer),
        barmode="relative",
        bargap=0.35,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 11}},
        xaxis=axis(theme, "task", dtick=1 if len(tasks) <= 24 else None, showgrid=False),
        yaxis=axis(
            theme, "weights", zeroline=True, zerolinecolor=theme.ink, zerolinewidth=1, tickformat=",d"
        ),
    )


FIGURE = RunFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=RunNeeds(layers=True),
    feeds=("layers",),
    places=(
        Place("capacity", 2, height=320),
        Place("report", 6),
    ),
)


def _bars(name: str, tasks: list[int], numbers: list[int], rounds: list[str], color: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": tasks,
        "y": numbers,
        "customdata": [[f"{abs(number):,}", detail] for number, detail in zip(numbers, rounds, strict=True)],
        "hovertemplate": f"task %{{x}}: %{{customdata[0]}} {name}<br>%{{customdata[1]}}<extra></extra>",
        "marker": {"color": color},
    }


def _round(moment: Moment) -> str:
    name = f"round {moment.round}" if moment.round else "base training"
    return f"{name}: {moment.pruned:,} freed, {moment.reused:,} taken again"


def _sentence(tasks: list[int], freed: list[int], taken: list[int], layer: str | None) -> str:
    where = f"In {layer}, " if layer else ""
    parts = [
        f"task {task} freed {count(out)} and took {count(back)} again"
        for task, out, back in list(zip(tasks, freed, taken, strict=True))[-2:]
    ]
    sentence = f"{where}{listed(parts)}; over all tasks {count(sum(freed), 'weight')} freed, "
    sentence += f"{count(sum(taken))} taken again."
    return capital(sentence)
