"""What a reader may choose about figures. Each figure has the small model of its own options; a choice or a
switch gets a control on the page by itself, unless the page fills it from where the reader is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from anpyc_server.parameters import MOST_TASKS, KernelLayout, Order, Range, Round, Size
from anpyc_server.records.arrays import ArrayKind


@dataclass(frozen=True)
class ByPage:
    """Marks an option that the page fills: the layer that is looked at, a task, a window."""


@dataclass(frozen=True)
class Choices:
    """Values among which a control chooses, with what each is called."""

    labels: Mapping[int | str, str]


LayerName = Annotated[str | None, Field(max_length=120, title="Layer"), ByPage()]
Task = Annotated[int | None, Field(ge=0, le=MOST_TASKS, title="Task"), ByPage()]
Points = Annotated[
    int, Field(ge=10, le=20_000, description="About this many points per line at most."), ByPage()
]
Smoothing = Annotated[
    int,
    Field(ge=0, le=1_000, title="Smoothing", description="Points to average over; 0 for none."),
    Choices({0: "Raw", 5: "Smooth 5", 15: "Smooth 15"}),
    ByPage(),
]


ChosenTasks = Annotated[
    str | None,
    Field(
        max_length=80,
        pattern=r"^\d{1,4}(,\d{1,4}){0,9}$",
        title="Lines of tasks",
        description="Tasks to draw as lines too, by number, with commas between: ten at most.",
    ),
    ByPage(),
]


class FigureOptions(BaseModel):
    """No options, and what all options have in common: what a figure does not know it ignores."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LayerOptions(FigureOptions):
    """One layer, or all."""

    layer: LayerName = None


class CurveOptions(FigureOptions):
    """How a long curve is drawn."""

    smooth: Smoothing = 0
    points: Points = 2_000


class TaskCurveOptions(CurveOptions):
    """A long curve of every task; of many tasks, those that have a line."""

    lines: ChosenTasks = None


class TaskOptions(LayerOptions):
    """A layer at the end of a task; without one, of the newest."""

    task: Task = None


class OtherTaskOptions(TaskOptions):
    """A task alone, or beside another; as each was at its own end."""

    other: Annotated[Task, Field(title="Other task")] = None
    has: Annotated[
        Literal["claimed", "kept"],
        Field(description="What a task has: the weights that it claimed itself, or all that were kept then."),
        ByPage(),
    ] = "claimed"

    @property
    def of(self) -> ArrayKind:
        return "owner" if self.has == "claimed" else "mask"


class OtherRunOptions(TaskOptions):
    """The same layer of two runs at one moment."""

    beside: Annotated[
        str | None, Field(max_length=64, description="Another run of the same network."), ByPage()
    ] = None
    round: Annotated[Round, ByPage()] = None


class KindOptions(TaskOptions):
    """Any kind of array that is stored of a layer at a moment."""

    round: Annotated[Round, ByPage()] = None
    of: Annotated[ArrayKind, ByPage()] = "mask"


class WindowOptions(FigureOptions):
    """A window of an array, and how it is laid out."""

    rows: Annotated[Range, ByPage()] = ":"
    cols: Annotated[Range, ByPage()] = ":"
    size: Annotated[Size, ByPage()] = 256
    order: Annotated[Order, ByPage()] = "index"
    layout: Annotated[KernelLayout, ByPage()] = "flat"
