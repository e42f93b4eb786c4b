"""From the name of a figure to its drawing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from anpyc_server.errors import Invalid, Missing
from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.declaration import AnyFigure, ArrayFigure, ComparisonFigure
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.records.lookup import find_run
from anpyc_server.services import Services

if TYPE_CHECKING:
    from anpyc_server.figures.raster import Raster


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
    from anpyc_server.figures.loading import compared_rows, run_rows

    figure = find_figure(name)
    chosen = options or figure.options()
    if isinstance(figure, ComparisonFigure):
        columns, references = compared_rows(services, runs, figure, chosen)
        return figure.draw(columns, chosen, theme, references)
    if isinstance(figure, ArrayFigure):
        return figure.draw(_array_rows(services, name, figure, runs, chosen), chosen, theme)
    with services.database.read() as session:
        run = find_run(session, _only(name, runs))
        rows = run_rows(services, session, run, figure.needs, getattr(chosen, "task", None))
    return figure.draw(rows, chosen, theme)


def draw_with_bytes(
    services: Services, name: str, runs: Sequence[str], theme: Theme, options: FigureOptions
) -> Drawing | Raster:
    """The figure with its cells as bytes, where it declares that and has many; or else as :func:`draw`, which
    also says what it raises."""
    figure = find_figure(name)
    if not isinstance(figure, ArrayFigure) or figure.raster is None:
        return draw(services, name, runs, theme, options)
    rows = _array_rows(services, name, figure, runs, options)
    return figure.raster(rows, options, theme) or figure.draw(rows, options, theme)


def _array_rows(
    services: Services, name: str, figure: ArrayFigure[Any], runs: Sequence[str], options: FigureOptions
) -> ArrayRows:
    from anpyc_server.figures.loading import array_rows

    with services.database.read() as session:
        return array_rows(services, session, find_run(session, _only(name, runs)), options, figure.needs)


def _only(name: str, runs: Sequence[str]) -> str:
    if len(runs) > 1:
        raise Invalid.at("run", f"{name} shows one run. Give one, or choose a figure that compares.")
    return runs[0]


def as_json(drawing: Drawing) -> bytes:
    """Compact JSON; a number that JSON cannot carry is a mistake of the figure's and raises."""
    return json.dumps(drawing, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
