"""What each metric of a run is called, in which unit and sign it is written, and which way is better.

Everything that shows a metric asks here: the command line, the interface, the tables, the report. A loss
(forgetting, pruning loss, intransigence) is positive when something was lost and carries no plus; a transfer
is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from anpyc.wording import lost_points, percent, signed_points

Kind = Literal["share", "loss", "change"]

_WRITE = {"share": percent, "loss": lost_points, "change": signed_points}


@dataclass(frozen=True)
class Measure:
    """How one metric is shown. Its value is a share, or a difference of two shares."""

    title: str
    kind: Kind
    """A share in percent, a loss in points, or a change in points with its sign."""
    higher_is_better: bool
    short: str = ""
    """A title for where there is little room; empty: the title."""

    @property
    def unit(self) -> str:
        """``%`` or ``points``."""
        return "%" if self.kind == "share" else "points"

    def write(self, value: float) -> str:
        """The value with its unit and sign: ``96.2 %``, ``1.4 points``, ``−1.4 points``."""
        return _WRITE[self.kind](value)


MEASURES: dict[str, Measure] = {
    "average_accuracy": Measure("Average accuracy", "share", higher_is_better=True, short="Accuracy"),
    "learning_accuracy": Measure("Learning accuracy", "share", higher_is_better=True),
    "forgetting": Measure("Forgetting", "loss", higher_is_better=False),
    "backward_transfer": Measure("Backward transfer", "change", higher_is_better=True),
    "forward_transfer": Measure("Forward transfer", "change", higher_is_better=True),
    "pruning_loss": Measure("Pruning loss", "loss", higher_is_better=False),
    "intransigence": Measure("Intransigence", "loss", higher_is_better=False),
    "capacity_free": Measure("Free weights", "share", higher_is_better=True, short="Free"),
}
"""By name, in the order in which they are listed."""


def known(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are numbers, in the order of :data:`MEASURES`."""
    values = {name: metrics.get(name) for name in MEASURES}
    return {name: float(value) for name, value in values.items() if value is not None and isfinite(value)}
