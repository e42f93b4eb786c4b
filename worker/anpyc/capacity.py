"""Where the parameters of each tensor stand: free or held, by whom, and what moved in each round.

A strategy says which parameters are held (its mask) and which of them the task in training claims for
itself, held before or not: the last to claim a parameter owns it, and a free one has no owner. From one round
to the next, ``free`` changes by ``pruned − reused``; ``free + consolidated == total`` always. A task that is
not pruned, as the last, leaves the mask as it was: what it trained of the free parameters counts as free
still, for nothing holds them. A strategy without masks holds every parameter; of it only importance and
weights are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from anpyc.network import Network
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
        self,
        task: int,
        round_: int,
        mask: Tensor | None,
        claimed: Tensor | None,
        importance: Tensor | None,
        end_of_task: bool,
    ) -> tuple[list[LayerStatistics], list[MaskSnapshot]]:
        """The statistics and masks of a round that has just ended."""
        before = self._held
        if mask is not None:
            self._held = mask.clone()
        statistics = list(self._statistics(task, round_, before, importance, end_of_task))
        if end_of_task:
            self._pass_on(task, claimed)
        snapshots = list(self._snapshots(task, round_, mask is not None, importance, end_of_task))
        return statistics, snapshots

    def _pass_on(self, task: int, claimed: Tensor | None) -> None:
        """To the task what it claimed and what it newly holds; what is free belongs to nobody."""
        if claimed is not None:
            self._owner[claimed] = task
        self._owner[self._held & (self._owner < 0)] = task
        self._owner[~self._held] = -1

    def state_dict(self) -> dict[str, Tensor]:
        return {"held": self._held, "owner": self._owner}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self._held, self._owner = state["held"], state["owner"]

    def _statistics(
        self,
        task: int,
        round_: int,
        before: Tensor,
        importance: Tensor | None,
        end_of_task: bool,
    ) -> Iterator[LayerStatistics]:
        for segment in self._network.segments:
            was, now = segment.of(before), segment.of(self._held)
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
        masked: bool,
        importance: Tensor | None,
        end_of_task: bool,
    ) -> Iterator[MaskSnapshot]:
        """Every round the mask; importance before pruning and at the task's end; there all the rest too."""
        if not masked and not end_of_task:
            return
        measured = importance if end_of_task or round_ == 1 else None
        for segment in self._network.segments:
            yield MaskSnapshot(
                task,
                round_,
                segment.layer.name,
                mask=_array(segment.of(self._held)) if masked else None,
                importance=None if measured is None else _array(segment.of(measured)),
                owner=_array(segment.of(self._owner)) if masked and end_of_task else None,
                weight=_array(segment.of(self._network.body_flat)) if end_of_task else None,
                end_of_task=end_of_task,
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
