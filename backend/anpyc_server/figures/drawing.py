"""From the name of a figure to its drawing."""

from __future__ import annotations

import json
from collections.abc import Sequence

from anpyc_server.errors import Invalid, Missing
from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.declaration import AnyFigure, ArrayFigure, ComparisonFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.records.lookup import find_run
from anpyc_server.services import Services


def find_figure(name: str) -> AnyFigure:
    """What the figure declares.

    :raises Missing: when there is no such figure.
    """
    # Here, so that importing the server does not bring numpy.
    from anpyc_server.figures.registry import FIGURES

    if name not in FIGURES:
        raise Missing(f"There is no figure {name!r}. There are: {', '.join(FIGURES)}.")
    return FIGURES[name]


def draw(
    services: Services, name: str, runs: Sequence[str], theme: Theme, options: FigureOptions | None = None
) -> Drawing:
    """The figure of one run, or of several where it compares; without ``options`` with its defaults.

    :raises Missing: when there is no such figure.
    :raises NotFound: when there is no such run.
    :raises Invalid: when several runs are given to a figure of one, or a choice does not fit what is stored.
    """
    from anpyc_server.figures.loading import array_rows, compared_rows, run_rows

    figure = find_figure(name)
    chosen = options or figure.options()
    if isinstance(figure, ComparisonFigure):
        return figure.draw(compared_rows(services, runs, figure.needs), chosen, theme)
    if len(runs) > 1:
        raise Invalid.at("run", f"{name} shows one run. Give one, or choose a figure that compares.")
    with services.database.read() as session:
        run = find_run(session, runs[0])
        if isinstance(figure, ArrayFigure):
            arrays = array_rows(services, session, run, chosen, figure.needs)
        else:
            rows = run_rows(services, session, run, figure.needs, getattr(chosen, "task", None))
    if isinstance(figure, ArrayFigure):
        return figure.draw(arrays, chosen, theme)
    return figure.draw(rows, chosen, theme)


def as_json(drawing: Drawing) -> bytes:
    """Compact JSON; a number that JSON cannot carry is a mistake of the figure's and raises."""
    return json.dumps(drawing, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
