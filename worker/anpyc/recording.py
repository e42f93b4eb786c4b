"""What training reports, and to whom: the seam between the loop and everything that stores or shows it.

The loop calls a :class:`Recorder`; it never knows whether that is a progress bar, a list in memory or a
database. Tasks count from 0. Round 0 is a task's base training, rounds 1, 2, … are its pruning rounds.
``step`` counts the epochs of the whole run from 1 on, all tasks and rounds together: the x axis of every
curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Level = Literal["debug", "info", "warning", "error"]

TESTED_BETWEEN_TASKS = "tested_between_tasks"
"""In a plan's environment: the images that accuracy between the ends of tasks is measured on, in words, where
they are not all."""


@dataclass(frozen=True)
class LayerInfo:
    """A parameter tensor that pruning may touch, by name, such as ``fc1.weight``."""

    name: str
    shape: tuple[int, ...]
    image_shape: tuple[int, int, int] | None = None
    """(channels, height, width) of the input, where each row of the tensor looks at the whole image."""


@dataclass(frozen=True)
class Plan:
    """Known before the first step."""

    tasks: int
    steps: int
    """Epochs of the whole run, retraining included."""
    task_titles: tuple[str, ...]
    layers: tuple[LayerInfo, ...]
    environment: Mapping[str, str | int | float | None]
    """Versions, device, host, thread count."""


@dataclass(frozen=True)
class EpochResult:
    """One pass over a task's training data."""

    step: int
    task: int
    round: int
    epoch: int
    """Within the task's base training or the round, from 1 on."""
    loss: float
    """Mean cross-entropy over the epoch, in nats."""
    penalty: float
    """Consolidation penalty at the end of the epoch, λ included."""
    learning_rate: float
    seconds: float
    """Of training alone, evaluation not counted."""
    progress: float
    """Share of the whole run done, 0 … 1."""


@dataclass(frozen=True)
class Evaluation:
    """Accuracy on held-out images at one moment."""

    step: int
    """Epochs done so far; 0 is the untrained network."""
    task: int
    """The task being trained."""
    round: int
    accuracy: Mapping[int, float]
    """By task, a share in [0, 1]. Tasks not measured are absent."""
    end_of_task: bool
    """True for row ``task`` of the accuracy matrix."""


@dataclass(frozen=True)
class LayerStatistics:
    """Where the parameters of one tensor stand after one round of one task. ``free + consolidated ==
    total``."""

    task: int
    round: int
    layer: str
    shape: tuple[int, ...]
    total: int
    free: int
    """Pruned and not taken again, or never claimed by a task."""
    consolidated: int
    """Held for this or an earlier task."""
    pruned: int
    """Newly set to zero in this round."""
    reused: int
    """Free before, held now."""
    weight_norm: float
    quantiles: Mapping[str, float] = field(default_factory=dict)
    """Of importance: min, p05, p25, p50, p75, p95, p99, max. Empty where the strategy measures none."""
    skewness: float | None = None
    kurtosis: float | None = None
    end_of_task: bool = False


@dataclass(frozen=True)
class MaskSnapshot:
    """One tensor after one round. Arrays have the tensor's shape."""

    task: int
    round: int
    layer: str
    mask: npt.NDArray[np.bool_] | None
    """True: kept. False: free. None for a strategy that holds everything and frees nothing."""
    importance: npt.NDArray[np.float32] | None = None
    """Of round 1 as measured before any pruning, at a task's end as it is held from then on."""
    owner: npt.NDArray[np.int16] | None = None
    """The task that last claimed the parameter: its importance there passed the kept threshold. −1: free."""
    weight: npt.NDArray[np.float32] | None = None
    end_of_task: bool = False


@dataclass(frozen=True)
class Checkpoint:
    """The whole state of a run at ``step``, enough to go on to the bit. No pickle."""

    step: int
    task: int
    round: int
    tensors: bytes
    """safetensors."""
    state: Mapping[str, object]
    """JSON."""
    outcome: bytes | None = None
    """At a task's end: the part of ``tensors`` that testing needs, as safetensors of its own."""


class Recorder(Protocol):
    """Receives what a run reports, in order, on the training thread. An exception it raises ends the run."""

    def plan(self, plan: Plan) -> None: ...
    def epoch(self, result: EpochResult) -> None: ...
    def evaluation(self, evaluation: Evaluation) -> None: ...
    def layers(self, statistics: Sequence[LayerStatistics]) -> None: ...
    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None: ...
    def checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def metrics(self, metrics: dict[str, float]) -> None:
        """All that are known when a task has ended."""
        ...

    def log(self, level: Level, text: str) -> None: ...
    def should_stop(self) -> bool:
        """Asked between steps, often: must be cheap."""
        ...
