"""What a pruning curve says."""

from __future__ import annotations

from anpyc_server.records.pruning_curve import PruningCurve
from anpyc_server.wording import count, percent, points

AFFORDABLE = 0.01
"""Of average accuracy: what may be lost for a share to count as one that can go."""


def sentence(curve: PruningCurve, strategy: str) -> str:
    """How much can go, what the run chose, and how it was measured."""
    first = curve.points[0]
    sentences = [
        f"With {percent(first.share)} pruned after task {curve.task}: {percent(first.mean)} on average."
    ]
    if len(curve.points) > 1:
        sentences = [_how_much_can_go(curve)]
    if curve.chosen is not None:
        sentences.append(f"The run had freed {percent(curve.chosen.share)}, at {percent(curve.chosen.mean)}.")
    if curve.ranked_by == "magnitude":
        sentences.append(f"{strategy} ranks no parameters, so the smallest weights go first.")
    if curve.images is not None:
        sentences.append(f"Measured on {count(curve.images, 'image')} of each task.")
    return " ".join(sentences)


def _how_much_can_go(curve: PruningCurve) -> str:
    """From the least that was pruned on, as far as the mean stays near."""
    first = curve.points[0]
    affordable = first
    for point in curve.points:
        if first.mean - point.mean > AFFORDABLE:
            break
        affordable = point
    nothing = "nothing" if first.share == 0 else percent(first.share)
    if affordable is first:
        dear = curve.points[1]
        return (
            f"Pruning {percent(dear.share)} of each layer after task {curve.task} costs "
            f"{points(first.mean - dear.mean)} of average accuracy against pruning {nothing}."
        )
    return (
        f"After task {curve.task} up to {percent(affordable.share)} of each layer can be pruned for at most "
        f"{points(AFFORDABLE)} of average accuracy: {percent(affordable.mean)} against {percent(first.mean)} "
        f"with {nothing} pruned."
    )
