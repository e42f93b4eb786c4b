"""What figures are drawn from: plain rows, gathered beforehand, so that drawing is a pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from anpyc_server.figures.canvas import text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from anpyc_queue.system import Sample
    from anpyc_server.records.arrays import StoredArray
    from anpyc_server.records.pruning_curve import PruningCurve
    from anpyc_server.records.schedule import PlannedRound
    from anpyc_server.records.series import Epochs, Evaluations

Matrix = Sequence[Sequence[float | None]]


@dataclass(frozen=True)
class LayerMoment:
    """Where one tensor stands after one round of one task."""

    task: int
    round: int
    step: int
    layer: str
    total: int
    free: int
    consolidated: int
    pruned: int
    reused: int
    end_of_task: bool
    quantiles: Mapping[str, float] = field(default_factory=dict)
    skewness: float | None = None
    kurtosis: float | None = None


@dataclass(frozen=True)
class RunRows:
    """One run."""

    id: str
    name: str
    status: str
    strategy: str
    tasks: int
    steps: int | None
    """Epochs of the whole run, once known."""
    matrix: Matrix
    evaluations: Evaluations
    epochs: Epochs
    layers: Sequence[LayerMoment]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    before_pruning: Sequence[float | None] = ()
    """Accuracy on each task at the end of its base training; None where it was not pruned after it."""
    pruning: PruningCurve | None = None
    """What a what-if has measured at one task's end, where that is needed."""
    tested_between: str = ""
    """Which images accuracy between the ends of tasks was measured on, where not on all."""
    sizes: Sequence[tuple[str, int]] = ()
    """Layers in the order of the network, with how many weights each has; none until it trains."""
    rounds: Sequence[PlannedRound] = ()
    """All pruning rounds as its specification plans them."""
    step: int = 0
    """Epochs done."""
    newest: Mapping[int, float] = field(default_factory=dict)
    """By task, the newest accuracy, while no row of the matrix is complete."""
    system: Sequence[Sample] = ()
    """What its process took, the oldest stretch of time first."""
    titles: Sequence[str] = ()
    """Of the tasks, such as the names of their classes; none until it trains."""
    seed: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    """The fields that a figure asked for, by name."""

    def named(self, task: int) -> str:
        """What follows the number of a task where one points at it: its title, if it has one."""
        return f" ({text(self.titles[task], 80)})" if task < len(self.titles) else ""

    @property
    def waiting(self) -> str:
        """Why there may be nothing to draw yet."""
        if self.status == "queued":
            return "The run has not begun; this figure draws itself as soon as it does."
        if self.status == "running":
            return "Nothing recorded yet; this figure draws itself as data arrive."
        return f"The run {_ENDED.get(self.status, 'ended')} before anything was recorded for this figure."


_ENDED = {"succeeded": "ended", "failed": "failed", "cancelled": "was cancelled"}


@dataclass(frozen=True)
class ArrayRows:
    """One stored array, or why there is none."""

    run: RunRows
    stored: StoredArray | None
    missing: str = ""
    before: StoredArray | None = None
    """An earlier one to compare with: that of the task asked for, or of the round before."""
    owners: tuple[StoredArray, StoredArray] | None = None
    """Whose the parameters were at both moments that are compared, where both are ends of tasks."""
    neighbours: Mapping[str, StoredArray] = field(default_factory=dict)
    """What else is stored of the layer at that moment, where single parameters are looked at."""
    images: npt.NDArray[np.float64] | None = None
    """units × height × width, for a first layer on images."""
    by_task: Sequence[StoredArray] = ()
    """The same array at each task's end."""
    other: StoredArray | None = None
    """The same array at another task's end, or of another run."""
    other_run: RunRows | None = None
    """Whose that is, where it is another run's."""
    newest: StoredArray | None = None
    """The array as the newest task's end left it."""
    unpruned: StoredArray | None = None
    """The array as it was measured in the task's first pruning round, before anything was pruned."""


@dataclass(frozen=True)
class Column:
    """One entry of a comparison: a run, or several as one."""

    key: str
    title: str
    rank: int
    """Decides its colour and dashes."""
    runs: Sequence[RunRows]
    specs: Sequence[Mapping[str, Any]] = ()
    settings: Sequence[str] = ()
    """The setting of each run: runs that differ in the seed alone share it."""
    note: str = ""
    """Tells columns of the same title apart."""
    short: str = ""
    """What tells it from the others, where that is shorter than its title."""
    full: str = ""
    """Name and settings, a line for each part."""
    method: str = ""
    """What its colour belongs to: its settings, or its sweep."""

    @property
    def finished(self) -> bool:
        """Whether all its runs came to their end."""
        return all(run.status == "succeeded" for run in self.runs)

    @property
    def label(self) -> str:
        """Title and note as one."""
        return f"{self.title} · {self.note}" if self.note else self.title


@dataclass(frozen=True)
class Reference:
    """A level that others are held against: the chosen baseline, or what fine-tuning and joint training of
    the same setting reach, which are the natural lower and upper bounds."""

    title: str
    role: Literal["baseline", "lower", "upper"]
    metrics: Mapping[str, float]
    """Means over its finished runs."""
    runs: int
