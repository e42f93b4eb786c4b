"""How a figure declares itself: what it is drawn from, what a reader may choose, what makes it stale, and
where it stands. The page, the report and the list of figures go by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from anpyc_server.figures.canvas import Drawing
from anpyc_server.figures.options import FigureOptions
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import ArrayRows, Column, Reference, RunRows
from anpyc_server.records.arrays import ArrayKind

if TYPE_CHECKING:
    from anpyc_server.figures.raster import Raster

EventKind = Literal["epoch", "evaluation", "layers", "masks", "outcome", "what_if"]
"""What a run's stream tells that a figure may be drawn from."""
Tab = Literal["overview", "forgetting", "capacity", "masks", "system", "compare", "report"]
"""Of the run's page, the comparison, or the exported report."""
Size = Literal["quarter", "half", "wide"]
PageComponent = Literal["mask_panel"]


@dataclass(frozen=True)
class Place:
    """Where a figure stands."""

    tab: Tab
    order: int
    """On its tab. Neighbours of the same size share lines."""
    size: Size = "half"
    """Four quarters fill a window."""
    height: int | None = None
    """Of the drawing, in pixels; None for what its size has."""
    title: str | None = None
    """Over it, where it is not the figure's own. ``{layer}`` stands for the chosen layer."""
    title_of_layer: str | None = None
    """The title once a layer is chosen, where that changes it."""
    controls: tuple[str, ...] = ()
    """Options with a control here though the page may fill them. Own choices and switches always have one."""
    few_points: bool = False
    """One point per pixel of a small drawing is enough."""
    hides_tasks: bool = False
    """The lines of single tasks can be hidden."""
    only_with: ArrayKind | None = None
    """Stands there only where the run has stored such arrays of the layer."""
    eager: bool = False
    """Fetched at once, in view or not; others once they are near the window."""
    component: PageComponent | None = None
    """A component of the page that chooses the options for it."""


@dataclass(frozen=True)
class RunNeeds:
    """The long tables of a run, and what is measured of it, that are read for a figure."""

    evaluations: bool = False
    epochs: bool = False
    layers: bool = False
    pruning: bool = False
    """What a what-if has measured at a task's end."""
    matrix: bool = True
    """The accuracy matrix; figures of settings and metrics alone do without."""
    system: bool = False
    """What its process took of its machine."""


@dataclass(frozen=True)
class ArrayNeeds:
    """A stored array, and what else is read with it."""

    kind: ArrayKind | None = None
    """The one kind it is drawn from; None where the reader chooses."""
    by_task: bool = False
    """The same array at each task's end."""
    before: Literal["task", "round"] | None = None
    """The array of an earlier task, or of the round before."""
    owners: bool = False
    """Whose the parameters were at both moments."""
    neighbours: bool = False
    """The other kinds at the same moment, where single parameters are looked at."""
    unpruned: bool = False
    """The array of the task's first pruning round."""
    images: bool = False
    """In the original order of pixels."""
    other: Literal["task", "run"] | None = None
    """The same array at another task's end, or of another run at the same moment."""
    newest: bool = False
    """The same array as the newest task's end left it."""


OptionsT = TypeVar("OptionsT", bound=FigureOptions)


@dataclass(frozen=True, kw_only=True)
class Figure(Generic[OptionsT]):
    """What every figure says of itself."""

    title: str
    options: type[OptionsT]
    feeds: tuple[EventKind, ...]
    """Events after which it is drawn again."""
    places: tuple[Place, ...]


@dataclass(frozen=True, kw_only=True)
class RunFigure(Figure[OptionsT]):
    """Drawn from one run's rows."""

    draw: Callable[[RunRows, OptionsT, Theme], Drawing]
    needs: RunNeeds = RunNeeds()


@dataclass(frozen=True, kw_only=True)
class ArrayFigure(Figure[OptionsT]):
    """Drawn from what is stored of a layer."""

    draw: Callable[[ArrayRows, OptionsT, Theme], Drawing]
    needs: ArrayNeeds
    raster: Callable[[ArrayRows, OptionsT, Theme], Raster | None] | None = None
    """The same with its cells as bytes, where they are many: the page asks for it and paints them."""


@dataclass(frozen=True, kw_only=True)
class ComparisonFigure(Figure[OptionsT]):
    """Drawn from several runs, or groups of runs."""

    draw: Callable[[Sequence[Column], OptionsT, Theme, Sequence[Reference]], Drawing]
    needs: RunNeeds = RunNeeds()
    """Of each of the runs."""
    fields: Callable[[OptionsT], Sequence[str]] = lambda _: ()
    """Names of the fields of runs that are read for it, as the reader chose."""


AnyFigure = RunFigure[Any] | ArrayFigure[Any] | ComparisonFigure[Any]
