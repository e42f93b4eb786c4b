"""Where the parameters of each tensor stand: free or held, by whom, and what moved in each round.

A strategy says which parameters are held (its mask). From one round to the next, ``free`` changes by ``pruned
− reused``; ``free + consolidated == total`` always. A task that is not pruned, as the last, leaves the mask
as it was: what it trained of the free parameters counts as free still, for nothing holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from anpyc.models import Network
from anpyc.pruning import percentile
from anpyc.recording import LayerStatistics, MaskSnapshot

QUANTILES = {"min": 0, "p05": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95, "p99": 99, "max": 100}


class Ledger:
    """Follows the masks of one run. Tensors are flat, over the body's parameters."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._held = torch.ones_like(network.body_flat, dtype=torch.bool)
        self._owner = torch.full_like(network.body_flat, -1, dtype=torch.int16)

    def close_round(
        self, task: int, round_: int, mask: Tensor, importance: Tensor | None, end_of_task: bool
    ) -> tuple[list[LayerStatistics], list[MaskSnapshot]]:
        """The statistics and masks of a round that has just ended."""
        before, self._held = self._held, mask.clone()
        claimed = mask & (self._owner < 0)
        owner = self._owner.masked_fill(claimed, task)
        if end_of_task:
            self._owner = owner
        statistics = list(self._statistics(task, round_, before, mask, importance, end_of_task))
        snapshots = list(self._snapshots(task, round_, mask, owner, importance, end_of_task))
        return statistics, snapshots

    def state_dict(self) -> dict[str, Tensor]:
        return {"held": self._held, "owner": self._owner}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._held, self._owner = state["held"], state["owner"]

    def _statistics(
        self,
        task: int,
        round_: int,
        before: Tensor,
        mask: Tensor,
        importance: Tensor | None,
        end_of_task: bool,
    ) -> Iterator[LayerStatistics]:
        for segment in self._network.segments:
            was, now = segment.of(before), segment.of(mask)
            free = int((~now).sum())
            moments = importance_moments(segment.of(importance)) if importance is not None else (None, None)
            yield LayerStatistics(
                task=task,
                round=round_,
                layer=segment.layer.name,
                shape=segment.layer.shape,
                total=now.numel(),
                free=free,
                consolidated=now.numel() - free,
                pruned=int((was & ~now).sum()),
                reused=int((~was & now).sum()),
                weight_norm=float(segment.of(self._network.body_flat).norm()),
                quantiles=importance_quantiles(segment.of(importance)) if importance is not None else {},
                skewness=moments[0],
                kurtosis=moments[1],
                end_of_task=end_of_task,
            )

    def _snapshots(
        self,
        task: int,
        round_: int,
        mask: Tensor,
        owner: Tensor,
        importance: Tensor | None,
        end_of_task: bool,
    ) -> Iterator[MaskSnapshot]:
        for segment in self._network.segments:
            kept = _array(segment.of(mask))
            if not end_of_task:
                yield MaskSnapshot(task, round_, segment.layer.name, kept)
                continue
            yield MaskSnapshot(
                task,
                round_,
                segment.layer.name,
                kept,
                importance=None if importance is None else _array(segment.of(importance)),
                owner=_array(segment.of(owner)),
                weight=_array(segment.of(self._network.body_flat)),
                end_of_task=True,
            )


def importance_quantiles(importance: Tensor) -> dict[str, float]:
    """Quantiles under the names that :class:`~anpyc.recording.LayerStatistics` fixes."""
    return {name: float(percentile(importance, q)) for name, q in QUANTILES.items()}


def importance_moments(importance: Tensor) -> tuple[float | None, float | None]:
    """Skewness, and kurtosis with 3 for a normal distribution; None where all values are equal."""
    values = importance.flatten().double()
    deviations = values - values.mean()
    variance = float(deviations.square().mean())
    scale = float(values.abs().max())
    if variance <= (scale * 1e-12) ** 2 or variance == 0:
        return None, None
    z = deviations / variance**0.5
    return float((z**3).mean()), float((z**4).mean())


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    return tensor.detach().cpu().numpy().copy()
