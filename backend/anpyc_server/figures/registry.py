"""All figures by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anpyc_server.figures import (
    accuracy_matrix,
    average_accuracy,
    capacity,
    forgetting,
    forgetting_curve,
    loss,
    mask_heatmap,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

Source = Literal["run", "array", "comparison"]


@dataclass(frozen=True)
class FigureKind:
    """How one figure is made."""

    title: str
    source: Source
    """What it is drawn from: one run's rows, a stored array, or several runs."""
    draw: Callable[[Any, Any, Any], go.Figure]
    params: tuple[str, ...] = ()
    gather: tuple[str, ...] = ()
    """Arrays needed besides the one asked for."""


FIGURES: dict[str, FigureKind] = {
    "forgetting_curve": FigureKind(
        forgetting_curve.TITLE, "run", forgetting_curve.draw, ("smooth", "points")
    ),
    "accuracy_matrix": FigureKind(accuracy_matrix.TITLE, "run", accuracy_matrix.draw),
    "capacity": FigureKind(capacity.TITLE, "run", capacity.draw, ("layer",)),
    "mask_heatmap": FigureKind(
        "Mask, owner, importance or weight of a layer",
        "array",
        mask_heatmap.draw,
        ("layer", "task", "round", "of", "rows", "cols", "size"),
    ),
    "loss": FigureKind(loss.TITLE, "run", loss.draw, ("smooth", "points")),
    "forgetting": FigureKind(forgetting.TITLE, "run", forgetting.draw),
    "average_accuracy": FigureKind(average_accuracy.TITLE, "run", average_accuracy.draw),
}
