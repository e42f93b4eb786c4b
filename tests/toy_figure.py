"""A figure as somebody would add it: one declaration, and nothing elsewhere."""

from __future__ import annotations

from typing import Literal

from anpyc_server.figures.canvas import Drawing, axis, empty, figure
from anpyc_server.figures.declaration import Place, RunFigure, RunNeeds
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import RunRows

NAME = "toy"


class ToyOptions(FigureOptions):
    """One choice and one switch, which get their controls by themselves."""

    height: Literal["low", "high"] = "low"
    filled: bool = False


def draw(run: RunRows, options: ToyOptions, theme: Theme) -> Drawing:
    """Seconds per epoch."""
    if not len(run.epochs.step):
        return empty(theme, title="Toy", sentence=run.waiting)
    line = {
        "type": "scatter",
        "x": run.epochs.step.tolist(),
        "y": [seconds * (2 if options.height == "high" else 1) for seconds in run.epochs.seconds.tolist()],
        "fill": "tozeroy" if options.filled else None,
    }
    return figure(
        [line],
        theme,
        title="Toy",
        sentence=f"A toy of {len(run.epochs.step)} epochs.",
        yaxis=axis(theme, "seconds"),
    )


FIGURE = RunFigure(
    title="Seconds per epoch",
    draw=draw,
    options=ToyOptions,
    needs=RunNeeds(epochs=True),
    feeds=("epoch",),
    places=(Place("overview", 7, height=260), Place("report", 9)),
)
