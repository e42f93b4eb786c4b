"""All figures by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from anpyc_server.figures import (
    accuracy_matrix,
    average_accuracy,
    capacity,
    capacity_flows,
    capacity_left,
    compare_average_accuracy,
    compare_curves,
    compare_tasks,
    forgetting,
    forgetting_curve,
    importance_distribution,
    loss,
    mask_difference,
    mask_heatmap,
    overlap,
    owner_flow,
    owner_shares,
    parallel_coordinates,
    pruning_curve,
    unit_images,
)
from anpyc_server.figures.loading import Need
from anpyc_server.records.arrays import ArrayKind

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
    needs: tuple[Need, ...] = ()
    """Long tables of the run that it is drawn from."""
    gather: tuple[str, ...] = ()
    """What is needed besides the array asked for: "tasks", "before", "owners", "round before",
    "beside", "unpruned", "images"."""
    of: ArrayKind | None = None
    """The one kind of array it is drawn from; None where the reader chooses."""


FIGURES: dict[str, FigureKind] = {
    "forgetting_curve": FigureKind(
        forgetting_curve.TITLE, "run", forgetting_curve.draw, ("smooth", "points"), needs=("evaluations",)
    ),
    "accuracy_matrix": FigureKind(accuracy_matrix.TITLE, "run", accuracy_matrix.draw),
    "capacity": FigureKind(capacity.TITLE, "run", capacity.draw, ("layer",), needs=("layers",)),
    "mask_heatmap": FigureKind(
        "Mask, owner, importance or weight of a layer",
        "array",
        mask_heatmap.draw,
        ("layer", "task", "round", "of", "rows", "cols", "size", "order", "layout"),
        gather=("round before", "beside"),
    ),
    "loss": FigureKind(loss.TITLE, "run", loss.draw, ("smooth", "points"), needs=("epochs",)),
    "forgetting": FigureKind(forgetting.TITLE, "run", forgetting.draw),
    "average_accuracy": FigureKind(average_accuracy.TITLE, "run", average_accuracy.draw),
    "capacity_flows": FigureKind(
        capacity_flows.TITLE, "run", capacity_flows.draw, ("layer",), needs=("layers",)
    ),
    "capacity_left": FigureKind(
        capacity_left.TITLE, "run", capacity_left.draw, ("layer",), needs=("layers",)
    ),
    "mask_difference": FigureKind(
        mask_difference.TITLE,
        "array",
        mask_difference.draw,
        ("layer", "task", "before", "round", "rows", "cols", "size", "order", "layout"),
        gather=("before", "owners"),
        of="mask",
    ),
    "overlap": FigureKind(overlap.TITLE, "array", overlap.draw, ("layer",), gather=("tasks",), of="mask"),
    "owner_flow": FigureKind(
        owner_flow.TITLE, "array", owner_flow.draw, ("layer",), gather=("tasks",), of="owner"
    ),
    "owner_shares": FigureKind(
        owner_shares.TITLE, "array", owner_shares.draw, ("layer",), gather=("tasks",), of="owner"
    ),
    "importance_distribution": FigureKind(
        importance_distribution.TITLE,
        "array",
        importance_distribution.draw,
        ("layer", "task"),
        gather=("tasks", "unpruned"),
        of="importance",
    ),
    "unit_images": FigureKind(
        unit_images.TITLE, "array", unit_images.draw, ("layer", "task", "round", "of"), gather=("images",)
    ),
    "pruning_curve": FigureKind(
        pruning_curve.TITLE, "run", pruning_curve.draw, ("task",), needs=("pruning",)
    ),
    "compare_curves": FigureKind(
        compare_curves.TITLE, "comparison", compare_curves.draw, ("task", "points"), needs=("evaluations",)
    ),
    "compare_average_accuracy": FigureKind(
        compare_average_accuracy.TITLE, "comparison", compare_average_accuracy.draw
    ),
    "compare_tasks": FigureKind(compare_tasks.TITLE, "comparison", compare_tasks.draw),
    "parallel_coordinates": FigureKind(parallel_coordinates.TITLE, "comparison", parallel_coordinates.draw),
}
