"""All figures by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from anpyc_server.figures import (
    accuracy_matrix,
    average_accuracy,
    capacity,
    capacity_flows,
    capacity_left,
    compare_average_accuracy,
    compare_chart,
    compare_curves,
    compare_tasks,
    forgetting,
    forgetting_curve,
    importance_distribution,
    loss,
    mask_difference,
    mask_heatmap,
    mask_runs,
    mask_tasks,
    next_round,
    overlap,
    owner_flow,
    owner_shares,
    parallel_coordinates,
    pruning_curve,
    system,
    unit_images,
)
from anpyc_server.figures.declaration import AnyFigure, Tab

FIGURES: dict[str, AnyFigure] = {
    "forgetting_curve": forgetting_curve.FIGURE,
    "accuracy_matrix": accuracy_matrix.FIGURE,
    "capacity": capacity.FIGURE,
    "mask_heatmap": mask_heatmap.FIGURE,
    "loss": loss.FIGURE,
    "forgetting": forgetting.FIGURE,
    "average_accuracy": average_accuracy.FIGURE,
    "capacity_flows": capacity_flows.FIGURE,
    "capacity_left": capacity_left.FIGURE,
    "mask_difference": mask_difference.FIGURE,
    "mask_tasks": mask_tasks.FIGURE,
    "mask_runs": mask_runs.FIGURE,
    "overlap": overlap.FIGURE,
    "owner_flow": owner_flow.FIGURE,
    "owner_shares": owner_shares.FIGURE,
    "next_round": next_round.FIGURE,
    "importance_distribution": importance_distribution.FIGURE,
    "unit_images": unit_images.FIGURE,
    "pruning_curve": pruning_curve.FIGURE,
    "system_processor": system.PROCESSOR,
    "system_memory": system.MEMORY,
    "system_gpu": system.GPU,
    "system_gpu_memory": system.GPU_MEMORY,
    "system_power": system.POWER,
    "system_disk": system.DISK,
    "compare_curves": compare_curves.FIGURE,
    "compare_average_accuracy": compare_average_accuracy.FIGURE,
    "compare_tasks": compare_tasks.FIGURE,
    "parallel_coordinates": parallel_coordinates.FIGURE,
    "compare_chart": compare_chart.FIGURE,
}


def standing_on(tab: Tab) -> list[str]:
    """The names of the figures of a tab, in their order."""
    places = [
        (place.order, name) for name, figure in FIGURES.items() for place in figure.places if place.tab == tab
    ]
    return [name for _, name in sorted(places)]
