"""How far a run is and what it has measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Progress:
    """How far the run is and what it has measured: all that a checkpoint keeps besides tensors."""

    task: int = 0
    round: int = 0
    epoch: int = 0
    """Epochs done of this round."""
    step: int = 0
    """Epochs done of the run."""
    task_epochs: int = 0
    """Epochs done of this task, rounds included."""
    seconds: float = 0.0
    matrix: list[list[float | None]] = field(default_factory=list)
    untrained: list[float | None] = field(default_factory=list)
    before_pruning: dict[str, float] = field(default_factory=dict)
    """By task, whose number JSON makes text."""
    layers: list[dict[str, Any]] = field(default_factory=list)

    def saved(self) -> dict[str, Any]:
        """For a checkpoint: lists of its own, of rows that nothing changes once they are there. Copies of all
        rows would cost a long run more with every task."""
        kept = {name: list(value) if isinstance(value, list) else value for name, value in vars(self).items()}
        return kept | {"before_pruning": dict(self.before_pruning)}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        vars(self).update(vars(Progress(**saved)))

    def where(self, tasks: int, step: int) -> str:
        """The position in words, for messages; ``step`` of the epoch, from 0."""
        round_ = f"pruning round {self.round}, " if self.round else ""
        return f"at step {step + 1} of task {self.task + 1} of {tasks}, {round_}epoch {self.epoch + 1}"
