"""Which parameters a task frees: thresholds, masks, and the schedule of shares. True in a mask: kept."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def percentile(values: Tensor, q: float) -> Tensor:
    """The q-th percentile, linear between ranks, of a tensor of any size."""
    ordered = values.flatten().sort().values
    position = q / 100 * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return torch.lerp(ordered[low].double(), ordered[high].double(), position - low).to(values.dtype)


def first_mask(importance: Tensor, q: float) -> Tensor:
    """The first task keeps what is at or above the q-th percentile and not zero."""
    return (importance >= percentile(importance, q)) & (importance > 0)


def claimed(importance: Tensor, previous: Tensor, q: float) -> Tensor:
    """What a later task claims, held before or not: what is above the q-th percentile of what was free.

    Its mask is ``previous | claimed``: what it does not claim of what was free stays free."""
    free = ~previous
    if not bool(free.any()):
        return torch.zeros_like(previous)
    return importance > percentile(importance[free], q)


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
