"""A run's tasks, network and strategy, put together from its specification; and how a task is tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.images import ImageData
from anpyc.datasets.reading import load_datasets
from anpyc.models import build_network
from anpyc.network import Network
from anpyc.spec import RunSpec
from anpyc.strategies import build_strategy
from anpyc.strategies.base import Strategy
from anpyc.tasks import Task


@dataclass(frozen=True)
class Assembly:
    """What is trained and tested."""

    sequence: TaskSequence
    network: Network
    strategy: Strategy

    def accuracy(self, task: Task, trained: Task, images: int | None = None) -> float:
        """On the held-out images of ``task``, or the first so many, when ``trained`` is the newest task.

        The task is tested with the parameters that the strategy tests it with."""
        return self.accuracies([task], trained, images)[task.index]

    @torch.no_grad()
    def accuracies(
        self, tasks: Sequence[Task], trained: Task | None = None, images: int | None = None
    ) -> dict[int, float]:
        """Of each task, by its index, when ``trained`` is the newest task; None: each time the task itself.

        The device is waited for once."""
        network = self.network.eval()
        correct, counts = [], []
        for task in tasks:
            with self.as_tested(task):
                right, count = self._count(network, task, trained or task, images)
            correct.append(right)
            counts.append(count)
        read = torch.stack(correct).tolist() if correct else []
        return {t.index: right / n for t, right, n in zip(tasks, read, counts, strict=True)}

    @contextmanager
    def as_tested(self, task: Task) -> Iterator[None]:
        """With the parameters and running statistics that are the task's own, where it has such."""
        network, strategy = self.network, self.strategy
        own, statistics = strategy.parameters_for(task), strategy.statistics_for(task)
        before = network.body_flat.clone() if own is not None else None
        running = network.statistics if statistics is not None else None
        if own is not None:
            network.body_flat.copy_(own)
        if statistics is not None:
            network.statistics = statistics
        try:
            yield
        finally:
            if before is not None:
                network.body_flat.copy_(before)
            if running is not None:
                network.statistics = running

    def _count(self, network: Network, task: Task, trained: Task, images: int | None) -> tuple[Tensor, int]:
        """Images answered correctly, on the device, and images shown."""
        correct = torch.zeros((), dtype=torch.int64, device=network.flat.device)
        count = 0
        for shown, first_layer, labels in self._shown(task, images):
            predicted = network(shown, task.head, _scored(task, trained), first_layer).argmax(1)
            correct += (predicted == labels).sum()
            count += len(labels)
        return correct, count

    def _shown(self, task: Task, images: int | None) -> Iterator[tuple[Tensor, Tensor | None, Tensor]]:
        """Held-out images, the weights of the first layer to test them with (None: as they are), and labels.

        Where a task only permutes pixels and each has a weight of its own, the weights are moved: a thousand
        times fewer values. Those of pixels that are 0 in a whole group of images are left out."""
        weights, order = self.network.pixel_weights, self.sequence.input_order(task)
        if weights is None or order is None:
            shown = self.sequence.held_out_examples(task, first=images)
            yield from ((examples.images, None, examples.labels) for examples in shown)
            return
        moved = weights.index_select(2, order).flatten(1).t().contiguous()
        groups = self.sequence.lit_examples(task, images)
        if groups is None:
            shown = self.sequence.held_out_examples(task, in_place=True, first=images)
            yield from ((examples.images, moved, examples.labels) for examples in shown)
            return
        for group in groups:
            yield group.floats(), moved.index_select(0, group.lit), group.labels


def assemble(spec: RunSpec, device: torch.device, datasets_dir: Path) -> Assembly:
    """Everything as it is before the first step. Draws the first weights from torch's random numbers."""
    return assemble_over(sequence_of(spec, load_datasets(spec, datasets_dir), device), spec, device)


def sequence_of(spec: RunSpec, data: Sequence[ImageData], device: torch.device) -> TaskSequence:
    """The tasks of a run.

    :param data: its data sets, as :func:`load_datasets` reads them."""
    return TaskSequence(
        spec.benchmark,
        data,
        device,
        spec.seed,
        spec.training.evaluate_on == "validation",
        spec.strategy.shared_head,
        spec.dataset.standardise,
    )


def assemble_over(
    sequence: TaskSequence,
    spec: RunSpec,
    device: torch.device,
    home: Callable[[int], Tensor] | None = None,
) -> Assembly:
    """The same over tasks that are there already.

    :param home: answers the tensor, for so many values, that the network's parameters are to lie in."""
    network = build_network(spec.model, sequence.image_shape, sequence.head_sizes, device)
    if home is not None:
        network.move_to(home(network.flat.numel()))
    network.fast = spec.training.precision == "fast"
    network.channels_last = device.type == "cuda"
    network.shared_head = spec.benchmark.scenario != "task"
    return Assembly(sequence, network, build_strategy(spec, network))


def _scored(task: Task, trained: Task) -> slice:
    """The outputs to choose from when ``task`` is tested after ``trained``: all seen so far, with one head
    over all."""
    return (
        slice(0, max(task.classes.stop, trained.classes.stop)) if task.head == trained.head else task.classes
    )
