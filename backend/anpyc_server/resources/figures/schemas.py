"""Figures on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from anpyc_server.schemas import Answer


class FigureInfo(Answer):
    """One figure that can be asked for."""

    name: str
    title: str
    params: list[str]
    """The parameters it takes besides ``run`` and ``theme``."""
    compares: bool
    """True when it takes several runs."""


class FigureList(Answer):
    """All figures."""

    items: list[FigureInfo]


class FigureMeta(Answer):
    """What stands over a figure."""

    sentence: str
    title: str
    empty: bool
    """True: there is nothing to draw, and the sentence says why."""
    thinned: bool
    """True: points were left out; the first, the last and every extreme are kept."""


class FigureLayout(Answer):
    """Plotly's layout, with ``meta``."""

    model_config = ConfigDict(extra="allow")

    meta: FigureMeta


class FigureAnswer(Answer):
    """Plotly's JSON."""

    data: list[dict[str, Any]]
    layout: FigureLayout
