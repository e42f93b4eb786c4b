"""How much each task prunes and in which rounds. No torch: known before a run."""

from __future__ import annotations

import math


def share_pruned(task: int, tasks: int, initial: float, decay: float) -> float:
    """P₀ = initial, P_k = int(decay · P_{k−1}); nothing on the last task."""
    if task == tasks - 1:
        return 0.0
    share = initial
    for _ in range(task):
        share = float(int(decay * share))
    return share


def pruning_rounds(share: float, step: float, exact: bool = False) -> tuple[float, ...]:
    """Percentiles of a task's rounds: step, 2·step, … up to the first that reaches ``share``; ``exact`` makes
    the last one the share itself."""
    if share <= 0:
        return ()
    most = share if exact else 100.0
    return tuple(min(step * (i + 1), most) for i in range(math.ceil(share / step)))
