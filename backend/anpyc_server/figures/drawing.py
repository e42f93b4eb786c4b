"""Answering for a figure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from anpyc_server.errors import Invalid, Missing
from anpyc_server.figures.palette import THEMES, Name
from anpyc_server.figures.rows import Options
from anpyc_server.records.lookup import find_run
from anpyc_server.services import Services

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Asked:
    """Which runs, on which page, with which options."""

    runs: tuple[str, ...]
    theme: Name
    options: Options


def drawn(services: Services, name: str, asked: Asked) -> go.Figure:
    """The figure.

    :raises Missing: when there is no such figure or run.
    """
    # Here, so that importing the server does not bring numpy.
    from anpyc_server.figures.loading import array_rows, run_rows
    from anpyc_server.figures.registry import FIGURES

    if name not in FIGURES:
        raise Missing(f"There is no figure {name!r}. There are: {', '.join(FIGURES)}.")
    kind = FIGURES[name]
    theme, options = THEMES[asked.theme], asked.options
    if kind.source == "comparison":
        from anpyc_server.figures.columns import gathered

        return kind.draw(gathered(services, asked.runs, kind.needs), options, theme)
    if len(asked.runs) > 1:
        raise Invalid.at("run", f"{name} shows one run. Give one, or choose a figure that compares.")
    with services.database.read() as session:
        run = find_run(session, asked.runs[0])
        rows: Any
        if kind.source == "array":
            options = replace(options, of=kind.of or options.of)
            rows = array_rows(services, session, run, options, kind.gather)
        else:
            rows = run_rows(services, session, run, kind.needs, options.task)
    return kind.draw(rows, options, theme)


def as_json(figure: go.Figure) -> bytes:
    """Compact JSON; a number that JSON cannot carry is a mistake of the figure's and raises."""
    content = figure.to_plotly_json()  # type: ignore[no-untyped-call]
    content["layout"].pop("template", None)
    return json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
