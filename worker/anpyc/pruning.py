"""Which parameters a task frees: thresholds and masks. True in a mask: kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def percentile(values: Tensor, q: float) -> Tensor:
    """The q-th percentile, linear between ranks, of a tensor of any size."""
    return percentiles(values, [q])[0]


def percentiles(values: Tensor, qs: Sequence[float]) -> Tensor:
    """(len(qs),) percentiles, linear between ranks, of a tensor of any size; the values are sorted once."""
    ordered = values.flatten().sort().values
    return torch.stack([_between(ordered, q / 100 * (len(ordered) - 1)) for q in qs])


def _between(ordered: Tensor, position: float) -> Tensor:
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return torch.lerp(ordered[low].double(), ordered[high].double(), position - low).to(ordered.dtype)


def percentile_among(values: Tensor, chosen: Tensor, q: float) -> Tensor:
    """The q-th percentile of the values that are ``chosen``; infinite where none is.

    How many are chosen is not asked of a GPU, which would have to be waited for: there all are sorted."""
    if values.device.type != "cpu":
        return percentile_of_sorted(values, chosen, q)
    found = values[chosen]
    return percentile(found, q) if len(found) else torch.tensor(math.inf, dtype=values.dtype)


def percentile_of_sorted(values: Tensor, chosen: Tensor, q: float) -> Tensor:
    """The same without asking how many are chosen: what is not stands last, as infinite."""
    ordered = torch.where(chosen, values, math.inf).flatten().sort().values
    last = chosen.sum() - 1
    position = last.double().clamp(min=0) * (q / 100)
    low = position.floor().long()
    ends = ordered[torch.stack([low, torch.minimum(low + 1, last.clamp(min=0))])].double()
    between = torch.lerp(ends[0], ends[1], position - low)
    return torch.where(last < 0, math.inf, between).to(values.dtype)


def first_mask(importance: Tensor, q: float) -> Tensor:
    """The first task keeps what is at or above the q-th percentile and not zero."""
    return (importance >= percentile(importance, q)) & (importance > 0)


def claimed(importance: Tensor, previous: Tensor, q: float) -> Tensor:
    """What a later task claims, held before or not: what is above the q-th percentile of what was free, and
    nothing where nothing was.

    Its mask is ``previous | claimed``: what it does not claim of what was free stays free."""
    return importance > percentile_among(importance, ~previous, q)
