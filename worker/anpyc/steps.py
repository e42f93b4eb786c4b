"""The training steps of one round: as written or, on a GPU, captured once and replayed.

A small network's step is some forty short operations, each of which takes longer to start from Python than
to carry out: a GPU waits for most of the time. A CUDA graph holds a whole step, batch selection, penalty,
mask and optimizer included, and starts it at once. Its tensors have fixed addresses, so whatever changes
between two steps lies in tensors: the order of the epoch, the position in it and the losses. What changes
between rounds, the learning rate too, is built into a new capture.

Several runs whose steps are taken as one (:mod:`anpyc.stacking`) have an order and losses with a further
dimension, the runs; whatever is captured or replayed is the same."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.network import Network
from anpyc.optimizers import Optimizer
from anpyc.strategies.base import Strategy
from anpyc.tasks import Examples, PooledExamples, Task

WARM_UP = 3
"""Steps taken as written before one is captured, as libraries set themselves up in the first."""
WORTH_CAPTURING = 20
"""Steps of one size still to come below which a capture costs more than it saves."""

Body = Callable[[], None]
Recorded = Callable[[Body], Body]
"""Takes what one step does; answers what does it again."""


class Steps(Protocol):
    """What an epoch takes again and again."""

    @property
    def lr(self) -> object:
        """The learning rate; another one needs other steps."""
        ...

    def __call__(self, chosen: Tensor) -> Tensor:
        """Train on the images at the positions ``chosen``. Answers the cross-entropy before the step."""
        ...


class Step:
    """One step of training. The piece of code that everything else serves."""

    def __init__(
        self,
        network: Network,
        strategy: Strategy,
        task: Task,
        examples: Examples | PooledExamples,
        optimizer: Optimizer,
        trained: Mapping[str, Tensor],
        lr: float,
    ) -> None:
        """:param trained: the flat parameters that the optimizer changes, by name, the body's first."""
        self.lr = lr
        self.network, self.strategy = network, strategy
        self.task, self.examples, self.optimizer = task, examples, optimizer
        self.trained = trained
        self.trainable = strategy.trainable()
        self.heads = strategy.trained_heads(task)
        self._parameters = network.body_parameters() + [
            p for h in self.heads for p in network.head_parameters(h)
        ]

    @cached_property
    def _gradient(self) -> Tensor:
        return torch.empty(sum(p.numel() for p in self._parameters), device=self.network.flat.device)

    @cached_property
    def _parts(self) -> Sequence[Tensor]:
        """The gradient by what the optimizer changes."""
        return torch.split(self._gradient, [values.numel() for values in self.trained.values()])

    def __call__(self, chosen: Tensor) -> Tensor:
        """Train on the images at the positions ``chosen``. Answers the cross-entropy before the step."""
        network, strategy, task = self.network, self.strategy, self.task
        images, labels, answered_by = self.examples.batch(chosen)
        features = network.features(images)
        if answered_by is None:
            logits = network.logits(features, task.head, task.classes)
        else:
            logits = network.mixed_logits(features, answered_by)
        cross_entropy = F.cross_entropy(logits, labels)
        penalty = strategy.penalty(images, features)
        loss = cross_entropy if penalty is None else cross_entropy + penalty
        gradients = torch.autograd.grad(loss, self._parameters)
        torch.cat([g.reshape(-1) for g in gradients], out=self._gradient)
        strategy.after_backward(self._gradient[: network.protected_flat.numel()])
        if self.trainable is not None:
            self._parts[0].mul_(self.trainable)
        self.optimizer.step(self._parts, self.lr)
        strategy.after_step(self.lr)
        return cross_entropy.detach()


class EpochRunner:
    """Takes the steps of epoch after epoch of one round at one learning rate."""

    def __init__(self, step: Steps, should_stop: Callable[[], bool], record: Recorded | None = None) -> None:
        """:param record: makes a step replayable; None where steps are taken as written."""
        self.step = step
        self._should_stop = should_stop
        self._record = record
        self._replay: _Replay | None = None
        self.position = 0
        """The step under way, from 0, or the last one started."""

    def run(self, order: Tensor, sizes: Sequence[int], epochs_left: int) -> Tensor | None:
        """The losses of one epoch, (steps, …), on the device; None when told to stop.

        :param order: (images, …) positions of the images in the order they are shown, on the device.
        :param sizes: images per step; all but the last few are equal.
        :param epochs_left: epochs of the round, this one included."""
        losses = torch.zeros((len(sizes), *order.shape[1:]), device=order.device)
        batches = torch.split(order, list(sizes))
        equal = next((i for i, size in enumerate(sizes) if size != sizes[0]), len(sizes))
        start = 0
        if self._record is not None and equal * epochs_left >= WORTH_CAPTURING:
            if self._replay is None or not self._replay.fits(sizes[0], equal):
                start = min(WARM_UP, equal)
                if not self._warm_up(batches[:start], equal, losses):
                    return None
            if self._replay is not None:
                if not self._run_replayed(self._replay, order[: sizes[0] * equal], start, losses):
                    return None
                start = equal
        for self.position in range(start, len(sizes)):
            if self._should_stop():
                return None
            losses[self.position] = self.step(batches[self.position])
        return losses

    def _warm_up(self, batches: Sequence[Tensor], count: int, losses: Tensor) -> bool:
        """The first of ``count`` equal steps, as written, then the capture; where one of them waits for the
        device it cannot be captured, and none will be. False when told to stop."""
        self._replay = None
        with _noting_waits() as waits:
            for self.position, chosen in enumerate(batches):
                if self._should_stop():
                    return False
                losses[self.position] = self.step(chosen)
        if waits:
            self._record = None
        elif self._record is not None:
            self._replay = _Replay(self.step, batches[0], count, self._record)
        return True

    def _run_replayed(self, replay: _Replay, order: Tensor, start: int, losses: Tensor) -> bool:
        """The steps over ``order`` from ``start`` on. False when told to stop."""
        count = replay.begin(order, start)
        for self.position in range(start, count):
            if self._should_stop():
                return False
            replay.again()
        losses[start:count] = replay.losses[start:count]
        return True


class Trained(NamedTuple):
    """What an epoch has come to."""

    losses: Tensor | None
    """(steps,) cross-entropies, on the device; None where it was stopped."""
    started: float
    """When it began, on the clock of ``time.perf_counter``, had nothing else been done since."""


@dataclass(frozen=True)
class Epoch:
    """The steps of one epoch of one run, ready to be taken."""

    runner: EpochRunner
    order: Tensor
    """(images,) positions in the order they are shown, on the device."""
    sizes: Sequence[int]
    """Images per step."""
    left: int
    """Epochs of the round, this one included."""

    def take(self) -> Trained:
        """Take them, one run alone."""
        started = time.perf_counter()
        return Trained(self.runner.run(self.order, self.sizes, self.left), started)


class _Replay:
    """One step over tensors that stay where they are."""

    def __init__(self, step: Steps, chosen: Tensor, count: int, record: Recorded) -> None:
        """:param chosen: a batch, (images, …) positions.
        :param count: steps of an epoch at most, each of as many images."""
        self._step = step
        self._order = chosen.new_zeros((count, *chosen.shape))
        self._position = chosen.new_zeros(1)
        self.losses = torch.zeros((count, *chosen.shape[1:]), device=chosen.device)
        self.again = record(self._body)

    def fits(self, size: int, count: int) -> bool:
        """Whether so many steps of that size can be replayed."""
        return size == self._order.shape[1] and count <= len(self._order)

    def begin(self, order: Tensor, start: int) -> int:
        """An epoch's order, from step ``start`` on. Answers how many steps it has."""
        rows = order.view(-1, *self._order.shape[1:])
        self._order[: len(rows)].copy_(rows)
        self._position.fill_(start)
        return len(rows)

    def _body(self) -> None:
        chosen = self._order.index_select(0, self._position).squeeze(0)
        self.losses.index_copy_(0, self._position, self._step(chosen).unsqueeze(0))
        self._position.add_(1)


class CudaGraphs:
    """Records steps as CUDA graphs that share one pool of memory."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool: Any = torch.cuda.graph_pool_handle()
        self._keeper = self._capture(lambda: torch.zeros(1, device=device).add_(1))
        """A pool is gone with its last graph, though a library's workspace may lie in it; so one stays."""

    def __call__(self, body: Body) -> Body:
        """A replay of everything that ``body`` starts on the device. It is not carried out now."""
        return self._capture(body).replay

    def _capture(self, body: Callable[[], object]) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
            try:
                body()
            finally:
                graph.capture_end()
        torch.cuda.current_stream().wait_stream(self._stream)
        return graph


def recorder_for(device: torch.device) -> Recorded | None:
    """How steps are made replayable on a device; None where they cannot be."""
    return CudaGraphs(device) if device.type == "cuda" else None


@contextmanager
def _noting_waits() -> Iterator[list[str]]:
    """The places that wait for a GPU within, as far as torch notices them."""
    found: list[str] = []
    if not torch.cuda.is_available():
        yield found
        return
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield found
        finally:
            torch.cuda.set_sync_debug_mode(before)
    waits = [w for w in caught if "synchronizing CUDA operation" in str(w.message)]
    found.extend(f"{w.filename}:{w.lineno}" for w in waits)
