"""Where the parameters of each tensor stand: free or held, by whom, and what moved in each round.

A strategy says which parameters are held (its mask) and which of them the task in training claims for
itself, held before or not: the last to claim a parameter owns it, and a free one has no owner. From one round
to the next, ``free`` changes by ``pruned − reused``; ``free + consolidated == total`` always. A task that is
not pruned, as the last, leaves the mask as it was: what it trained of the free parameters counts as free
still, for nothing holds them. A strategy without masks holds every parameter; of it only importance and
weights are recorded."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from anpyc.network import Network, Segment
from anpyc.pruning import percentiles
from anpyc.recording import LayerStatistics, MaskSnapshot
from anpyc.transfer import to_host

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
        segments = self._network.segments
        read = torch.stack([self._measured(segment, before, importance) for segment in segments]).tolist()
        for segment, (total, free, pruned, reused, norm, *rest) in zip(segments, read, strict=True):
            moments = _moments(*rest[-4:]) if rest else (None, None)
            yield LayerStatistics(
                task=task,
                round=round_,
                layer=segment.layer.name,
                shape=segment.layer.shape,
                total=int(total),
                free=int(free),
                consolidated=int(total - free),
                pruned=int(pruned),
                reused=int(reused),
                weight_norm=norm,
                quantiles=dict(zip(QUANTILES, rest, strict=False)),
                skewness=moments[0],
                kurtosis=moments[1],
                end_of_task=end_of_task,
            )

    def _measured(self, segment: Segment, before: Tensor, importance: Tensor | None) -> Tensor:
        """Everything about one tensor, float64 and on the device, so that all are read at once."""
        was, now = segment.of(before), segment.of(self._held)
        counts = torch.stack([(~now).sum(), (was & ~now).sum(), (~was & now).sum()]).double()
        total = torch.full_like(counts[:1], now.numel())
        parts = [total, counts, segment.of(self._network.body_flat).norm().double().view(1)]
        if importance is not None:
            values = segment.of(importance)
            parts += [percentiles(values, list(QUANTILES.values())).double(), _standardised(values)]
        return torch.cat(parts)

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
        wanted = {
            "mask": self._held if masked else None,
            "importance": importance if end_of_task or round_ == 1 else None,
            "owner": self._owner if masked and end_of_task else None,
            "weight": self._network.body_flat if end_of_task else None,
        }
        flat = {name: values for name, values in wanted.items() if values is not None}
        copies = dict(zip(flat, to_host(list(flat.values())), strict=True))
        for segment in self._network.segments:
            arrays = {name: segment.of(copies[name]).numpy() if name in copies else None for name in wanted}
            yield MaskSnapshot(task, round_, segment.layer.name, **arrays, end_of_task=end_of_task)


def importance_moments(importance: Tensor) -> tuple[float | None, float | None]:
    """Skewness, and kurtosis with 3 for a normal distribution; None where all values are equal."""
    return _moments(*_standardised(importance).tolist())


def _standardised(importance: Tensor) -> Tensor:
    """(4,) variance, largest magnitude, and the third and fourth moment of the standardised values."""
    values = importance.flatten().double()
    deviations = values - values.mean()
    variance = deviations.square().mean()
    z = deviations / variance.sqrt()
    return torch.stack([variance, values.abs().max(), (z**3).mean(), (z**4).mean()])


def _moments(
    variance: float, scale: float, skewness: float, kurtosis: float
) -> tuple[float | None, float | None]:
    if variance <= (scale * 1e-12) ** 2 or variance == 0:
        return None, None
    return skewness, kurtosis
