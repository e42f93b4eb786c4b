"""Figures on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from anpyc_server.figures.declaration import EventKind, PageComponent, Size, Tab
from anpyc_server.records.arrays import ArrayKind
from anpyc_server.schemas import Answer


class FigureChoice(Answer):
    """One value of an option."""

    value: str
    label: str


class FigureOption(Answer):
    """Something that a reader may choose about a figure."""

    name: str
    title: str
    kind: Literal["choice", "switch", "layer", "other"]
    """What control it takes: one of ``choices``, on or off, a layer of the run, or none of these."""
    choices: list[FigureChoice]
    default: str | int | bool | None


class FigurePlace(Answer):
    """Where a figure stands on the page."""

    tab: Tab
    order: int
    size: Size
    """Four quarters fill a window; neighbours of the same size share lines."""
    height: int | None
    """Of the drawing, in pixels; null for what its size has."""
    title: str
    """``{layer}`` stands for the chosen layer."""
    title_of_layer: str | None
    """The title once a layer is chosen, where that changes it."""
    controls: list[str]
    """Options that have a control there."""
    few_points: bool
    """One point per pixel of a small drawing is enough."""
    hides_tasks: bool
    """The lines of single tasks can be hidden."""
    only_with: ArrayKind | None
    """Stands there only where such arrays of the layer are stored."""
    eager: bool
    """Fetched at once, in view or not."""
    component: PageComponent | None
    """A component of the page that chooses the options for it."""


class FigureInfo(Answer):
    """One figure that can be asked for."""

    name: str
    title: str
    params: list[str]
    """The parameters it takes besides ``run`` and ``theme``."""
    compares: bool
    """True when it takes several runs."""
    array: ArrayKind | None
    """The one kind of stored array that it is drawn from."""
    options: list[FigureOption]
    feeds: list[EventKind]
    """Events of a run after which it is drawn again."""
    places: list[FigurePlace]


class FigureList(Answer):
    """All figures."""

    items: list[FigureInfo]


class LegendEntry(Answer):
    """A line of a legend."""

    key: str
    """Traces that belong to it have it as their ``legendgroup``."""
    keys: list[str]
    """The runs and groups that it is drawn from, as they were asked for."""
    method: str
    """What its colour belongs to."""
    name: str
    """Short: what tells it from the others."""
    full: str
    color: str
    dash: str
    symbol: str


class FigureAxis(Answer):
    """An upright axis of parallel coordinates."""

    title: str
    log: bool
    keys: list[str]
    """Of each line, in the order of ``heights``."""
    heights: list[float | None]
    """Where the lines cross it, from 0 to 1."""
    words: list[str]
    """What stands there."""


class FigureMeta(Answer):
    """What stands over a figure."""

    sentence: str
    title: str
    empty: bool
    """True: there is nothing to draw, and the sentence says why."""
    thinned: bool
    """True: points were left out; the first, the last and every extreme are kept."""
    legend: list[LegendEntry] | None = None
    """Of comparisons: who is drawn, for a legend beside the figure."""
    rows: int | None = None
    """Of a chart with panels: in how many rows they stand."""
    axes: list[FigureAxis] | None = None
    """Of parallel coordinates: what can be chosen from on each axis."""


class FigureLayout(Answer):
    """Plotly's layout, with ``meta``."""

    model_config = ConfigDict(extra="allow")

    meta: FigureMeta


class FigureAnswer(Answer):
    """Plotly's JSON."""

    data: list[dict[str, Any]]
    layout: FigureLayout
