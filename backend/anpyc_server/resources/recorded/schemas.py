"""What a run recorded, as the interface shows it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from anpyc_server.records.run_schemas import RunMetrics
from anpyc_server.schemas import Answer, Cells, Moment, Share

NotFinite = Annotated[
    dict[str, str], Field(description="Numbers of this row that are null because they were inf, -inf or nan.")
]
Level = Literal["debug", "info", "warning", "error"]


class CurvePoint(Answer):
    """Accuracy on all tasks measured at one moment."""

    step: int
    """Epochs of the whole run done."""
    task: int
    """The task being trained."""
    round: int
    accuracy: dict[str, Share]
    """By task."""
    end_of_task: bool


class Accuracy(Answer):
    """The accuracy matrix, and all that was measured on the way."""

    matrix: Cells
    """Row i: after task i. Column j: on task j. Null where not measured."""
    before_pruning: list[float | None]
    """By task: accuracy at the end of its base training, before its own pruning; the diagonal of the matrix
    is after it. Null for a task that is not pruned."""
    tasks: int
    curve: list[CurvePoint]
    thinned: bool
    """True when points were left out of the curve; the first, the last and every extreme are kept."""


class EpochPoint(Answer):
    """One pass over a task's training data."""

    step: int
    task: int
    round: int
    epoch: int
    loss: float | None
    """In nats."""
    penalty: float | None
    """In nats, λ included."""
    learning_rate: float
    seconds: float
    not_finite: NotFinite


class Metrics(Answer):
    """The run's metrics and its epochs."""

    metrics: RunMetrics
    epochs: list[EpochPoint]
    thinned: bool


class LayerStatistics(Answer):
    """Where the parameters of one tensor stand after one round of one task."""

    task: int
    round: int
    step: int
    layer: str
    shape: list[int]
    total: int
    free: int
    consolidated: int
    pruned: int
    """Newly set to zero in this round."""
    reused: int
    """Free before, held now."""
    weight_norm: float | None
    quantiles: dict[str, float | None]
    """Of importance."""
    skewness: float | None
    kurtosis: float | None
    end_of_task: bool
    not_finite: NotFinite


class SystemStretch(Answer):
    """What the run's process took during a stretch of time, from one measurement or several joined."""

    attempt: int
    at: Moment
    """Its end."""
    measurements: int
    seconds: float
    cores: float
    """Processor time per second, on average."""
    memory: int
    """Bytes, the most."""
    read: int | None
    """Bytes from the disk in this time; null where the system does not tell."""
    written: int | None
    files: int
    """Bytes of the run's files in the artifact store by then."""
    gpu_use: Share | None
    """Of the time, in which the card was at work; null without one that tells."""
    gpu_memory: int | None
    """Bytes, the most: of the process where the card tells that, otherwise of the card."""
    energy: float | None
    """Watt-hours that the card took."""


class System(Answer):
    """What the run's process took of its machine over time."""

    items: list[SystemStretch]
    """The oldest first. However long the run is, they are few: neighbours are joined, and no peak is lost."""
    together: int
    """Runs that shared the process by its newest measurement: all is of all of them."""
    gpu: bool
    """Whether a card told what it did."""
    sentence: str


class LogLine(Answer):
    """One line of a run's log."""

    line: int
    at: Moment
    level: str
    attempt: int
    text: str


class LogPage(Answer):
    """Lines in order; ``next`` is what to give as ``after`` to go on, null when the end was reached."""

    items: list[LogLine]
    next: int | None
    pruned: int
    """Lines before the first that is kept, which ``anpyc prune`` took away."""
    pruned_at: Moment | None
    """When it last did."""


class Artifact(Answer):
    """A file that the run left."""

    id: str
    kind: str
    name: str
    step: int | None
    """Epochs done when it was written."""
    size: int
    """Of a checkpoint, both its files together."""
    sha256: str
    """Of a checkpoint, its state, which names the hash of its tensors."""
    created_at: Moment


class Artifacts(Answer):
    """All files of a run."""

    items: list[Artifact]
