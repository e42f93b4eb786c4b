"""Which parameters a task frees: thresholds and masks. True in a mask: kept."""

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
