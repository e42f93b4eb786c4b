"""What if more, or less, had been pruned: every task seen by a stored network, tested at given pruned shares.

Each tensor loses the same share of its parameters, set to zero: first what the strategy counts as free, then
the lowest of its ranking, which is its importance or what it prunes by; among equals the smallest. Where a
strategy ranks nothing, magnitude decides and only weights are pruned, as PackNet does. The heads stay as they
are, and each task is tested with the parameters that the strategy tests it with. Nothing is retrained, so a
run that retrains after pruning keeps more than this shows.

The work is bounded: so many held-out images for each share, fewer the more a network costs. It is done on the
CPU, so that it takes no memory from a run on the GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from anpyc.assembly import Assembly, assemble
from anpyc.checkpoints import restore_outcome
from anpyc.environment import matrix_precision, thread_count
from anpyc.errors import Stopped
from anpyc.spec import RunSpec

RankedBy = Literal["importance", "magnitude"]


@dataclass(frozen=True)
class PrunedAccuracy:
    """One point of every task's curve."""

    share: float
    """Of each tensor that is pruned, set to zero."""
    accuracy: Mapping[int, float]
    """By task, a share in [0, 1]."""
    zeros: float
    """Share of all the body's parameters that are zero then."""


@dataclass(frozen=True)
class Measurement:
    """How the points come about, and the points themselves, measured one by one as they are asked for."""

    ranked_by: RankedBy
    images: int | None
    """Of each task, the first so many held-out images; None for all."""
    points: Iterator[PrunedAccuracy]


def measure(
    spec: RunSpec,
    outcome: bytes,
    task: int,
    shares: Sequence[float],
    *,
    datasets_dir: Path,
    threads: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Measurement:
    """Test tasks 0 … ``task`` at each of the ``shares``, with what the run had learnt when ``task`` ended.

    :raises anpyc.errors.TrainingError: when the data set is not there any more.
    """
    device = torch.device("cpu")
    with torch.random.fork_rng([]):
        assembly = assemble(spec, device, datasets_dir)
    restore_outcome(outcome, assembly.network, assembly.strategy)
    images = _images_of_a_task(spec, assembly, task)
    ranked_by: RankedBy = "magnitude" if assembly.strategy.ranking() is None else "importance"

    def points() -> Iterator[PrunedAccuracy]:
        with thread_count(threads), matrix_precision(spec.training.precision):
            trained = assembly.network.body_flat.clone()
            orders = removal_orders(assembly)
            for share in shares:
                assembly.network.body_flat.copy_(trained)
                prune(assembly, orders, share)
                yield _tested(assembly, task, share, images, should_stop)

    return Measurement(ranked_by, images, points())


def removal_orders(assembly: Assembly) -> dict[str, Tensor]:
    """Of each tensor that is pruned, the positions of its parameters, the first to go first."""
    network, strategy = assembly.network, assembly.strategy
    ranking, mask = strategy.ranking(), strategy.mask()
    orders = {}
    for segment in network.segments:
        values = segment.of(network.body_flat)
        if segment.normalises or (ranking is None and values.dim() == 1):
            continue
        order = values.flatten().abs().argsort(stable=True)
        for key in (ranking, mask):
            if key is not None:
                order = order[segment.of(key).flatten()[order].argsort(stable=True)]
        orders[segment.layer.name] = order
    return orders


def prune(assembly: Assembly, orders: Mapping[str, Tensor], share: float) -> None:
    """Set the first ``share`` of each order to zero."""
    for segment in assembly.network.segments:
        order = orders.get(segment.layer.name)
        if order is not None:
            values = segment.of(assembly.network.body_flat).view(-1)
            values[order[: round(share * len(order))]] = 0.0


def coarse_to_fine(shares: Sequence[float]) -> list[float]:
    """The ends first, then the middles between what is known: a curve that is early right in shape."""
    wanted = sorted(set(shares))
    gaps = [(0, len(wanted) - 1)] if len(wanted) > 1 else []
    chosen = [*wanted[:1], *wanted[1:][-1:]]
    while gaps:
        low, high = gaps.pop(0)
        if high - low > 1:
            middle = (low + high) // 2
            chosen.append(wanted[middle])
            gaps += [(low, middle), (middle, high)]
    return chosen


def _tested(
    assembly: Assembly, task: int, share: float, images: int | None, should_stop: Callable[[], bool]
) -> PrunedAccuracy:
    accuracy = {}
    tasks = assembly.sequence.tasks
    for seen in tasks[: task + 1]:
        if should_stop():
            raise Stopped
        accuracy[seen.index] = assembly.accuracy(seen, tasks[task], images)
    zeros = float((assembly.network.body_flat == 0).double().mean())
    return PrunedAccuracy(share, accuracy, zeros)


def _images_of_a_task(spec: RunSpec, assembly: Assembly, task: int) -> int | None:
    """So many of each task; None where that is all."""
    each = max(1, spec.model.what_if_images // (task + 1))
    held_out = max(assembly.sequence.held_out_count(seen) for seen in assembly.sequence.tasks[: task + 1])
    return each if each < held_out else None
