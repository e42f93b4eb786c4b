"""How a data set becomes a sequence of tasks.

A task's training images lie on the device as one float tensor, filled anew for each task from the bytes of
the data set: one copy of the data, however many tasks there are. Test images go through the task's
transformation in chunks when they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.datasets import ImageData, Images, Note
from anpyc.datasets.names import listed
from anpyc.errors import DatasetUnreadable
from anpyc.permutations import pixel_order
from anpyc.spec import (
    Benchmark,
    PermutedBenchmark,
    RotatedBenchmark,
    SequenceBenchmark,
    SplitBenchmark,
)
from anpyc.transfer import to_device

CHUNK = 2_000
"""Images transformed at a time."""
KEPT_BYTES = 2**29
"""Held-out images of a data set, as the network takes them, up to this size are kept on the device."""
RESIDENT_BYTES = 2**31
"""A data set up to this size is kept in a GPU's memory."""


@dataclass(frozen=True)
class Task:
    """One task of the sequence."""

    index: int
    title: str
    head: int
    """The head that answers it."""
    classes: slice
    """Outputs of that head that may be right: the task's, or with one head over all classes those seen so
    far."""


@dataclass(frozen=True)
class Examples:
    """Images on the device, ready for the network, with their labels."""

    images: Tensor
    """(images, channels, height, width), float32."""
    labels: Tensor
    """(images,), int64, positions in the task's head."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def newest(self) -> Examples:
        """Those of the task being learnt: all."""
        return self

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images and labels at the positions ``chosen``, and no heads: the task's own answers all."""
        return self.images.index_select(0, chosen), self.labels.index_select(0, chosen), None

    def first(self, count: int | None) -> Examples:
        """The first so many; all for None."""
        return Examples(self.images[:count], self.labels[:count])


class PooledExamples:
    """The examples of several tasks as one, each answered by its own task's head.

    A GPU holds them in one tensor: to sort a batch by task, it would have to be waited for."""

    def __init__(self) -> None:
        self._parts: list[Examples] = []
        self._heads: list[int] = []
        self._ends = torch.empty(0, dtype=torch.int64)
        self._together: tuple[Tensor, Tensor, Tensor] | None = None
        """Images, labels and heads of all tasks, on a GPU."""

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def tasks(self) -> int:
        """How many tasks they are of."""
        return len(self._parts)

    @property
    def newest(self) -> Examples:
        """Those of the task being learnt."""
        return self._parts[-1]

    def add(self, examples: Examples, head: int) -> None:
        """Those of a further task."""
        self._parts.append(examples)
        self._heads.append(head)
        self._ends = torch.tensor([len(part) for part in self._parts]).cumsum(0)
        if examples.images.device.type == "cuda":
            images = torch.cat([part.images for part in self._parts])
            labels = torch.cat([part.labels for part in self._parts])
            heads = [torch.full_like(p.labels, h) for p, h in zip(self._parts, self._heads, strict=True)]
            self._together = images, labels, torch.cat(heads)
            borders = pairwise([0, *self._ends.tolist()])
            self._parts = [Examples(images[start:stop], labels[start:stop]) for start, stop in borders]

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images, labels and heads at the positions ``chosen``; on the CPU sorted by task."""
        if self._together is not None:
            images, labels, heads = self._together
            return images[chosen], labels[chosen], heads[chosen]
        owners = torch.bucketize(chosen, self._ends, right=True)
        shown: tuple[list[Tensor], list[Tensor], list[Tensor]] = [], [], []
        for index, part in enumerate(self._parts):
            own = chosen[owners == index] - (int(self._ends[index]) - len(part))
            values = part.images.index_select(0, own), part.labels.index_select(0, own)
            for gathered, value in zip(
                shown, (*values, torch.full_like(own, self._heads[index])), strict=True
            ):
                gathered.append(value)
        return torch.cat(shown[0]), torch.cat(shown[1]), torch.cat(shown[2])


class TaskSequence:
    """The tasks of one run and their images."""

    def __init__(
        self,
        benchmark: Benchmark,
        data: Sequence[ImageData],
        device: torch.device,
        seed: int,
        validate: bool = False,
        shared_head: bool = False,
        standardise: bool = False,
    ) -> None:
        """:param data: one data set or, for a sequence of data sets, one per task.
        :param validate: evaluate on the validation images and leave the test images alone.
        :param seed: the run's, for what the benchmark draws from it.
        :param shared_head: one head for all tasks, whatever the scenario."""
        self._benchmark = benchmark
        self._seed = seed
        self._head_per_task = benchmark.scenario == "task" and not shared_head
        self._data = data
        self._device = device
        self._validate = validate
        if validate and not all(len(one.validation) for one in data):
            raise DatasetUnreadable(
                "There are no validation images to evaluate on; set `dataset.validation` above 0."
            )
        if isinstance(benchmark, SplitBenchmark):
            _check_split(benchmark, data[0])
        self._standard = [_mean_and_deviation(one) for one in data] if standardise else None
        self._class_order = _class_order(benchmark, data[0].classes, seed)
        self._resident: dict[int, Images] = {}
        """The images of a data set on the device, by its identity."""
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        """Held-out images as the network takes them, before a task's transformation, and their labels: by
        data set, or by task where each has images of its own."""
        self._orders: dict[int, Tensor] = {}
        self.tasks = tuple(self._task(index) for index in range(benchmark.tasks))
        for one in data:
            self._check_classes(one, one.train, "training")
            self._check_classes(one, self._held_out(one), "held-out")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        channels, height, width = self._data[0].train.pixels.shape[1:]
        return channels, height, width

    @property
    def head_sizes(self) -> tuple[int, ...]:
        """Outputs of each head."""
        benchmark = self._benchmark
        size = max(one.classes for one in self._data)
        if isinstance(benchmark, SplitBenchmark):
            size = benchmark.classes_per_task * (benchmark.tasks if benchmark.scenario == "class" else 1)
        return (size,) * (benchmark.tasks if self._head_per_task else 1)

    @property
    def shows_unseen_tasks(self) -> bool:
        """Whether accuracy on a task not yet learnt means anything: it does where tasks share a head."""
        return not self._head_per_task and self._benchmark.scenario != "class"

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was decided and found while the data were read and dealt out to the tasks."""
        read = dict.fromkeys(note for one in self._data for note in one.notes)
        return *read, *self._left_over()

    @property
    def decisions(self) -> dict[str, str | int | float | None]:
        """What was decided, by subject, for the run's environment."""
        return {note.subject: note.text for note in self.notes if note.level == "info"}

    def training_examples(self, task: Task) -> Examples:
        """All training images of a task, resident on the device in the order of the file."""
        return self._examples(task, self._source(task).train)

    def held_out_examples(self, task: Task, in_place: bool = False) -> Iterator[Examples]:
        """The images a task is evaluated on, in chunks.

        :param in_place: with pixels where they are in the file, though the task permutes them."""
        source = self._held_out(self._source(task))
        splits = isinstance(self._benchmark, SplitBenchmark)
        key = task.index if splits or len(self._data) > 1 else 0
        if source.pixels.numel() * 4 > KEPT_BYTES:
            chosen, labels = self._selection(task, source)
            for part in _chunks(len(labels)):
                images = self._floats(task, source, part if chosen is None else chosen[part])
                yield Examples(
                    images if in_place else self._transform(task, images), labels[part].to(self._device)
                )
            return
        if key not in self._kept:
            chosen, labels = self._selection(task, source)
            images = self._floats(task, source, slice(None) if chosen is None else chosen)
            self._kept[key] = images, to_device(labels, self._device)
        images, labels = self._kept[key]
        for part in _chunks(len(labels)):
            yield Examples(images[part] if in_place else self._transform(task, images[part]), labels[part])

    def pixel_order(self, task: Task) -> Tensor | None:
        """(pixels,) where each pixel of a task's images comes from, on the device, if the task permutes them
        and does nothing else."""
        benchmark = self._benchmark
        if not isinstance(benchmark, PermutedBenchmark) or (task.index == 0 and not benchmark.permute_first):
            return None
        if task.index not in self._orders:
            _, height, width = self.image_shape
            pixels = pixel_order(height * width, task.index, benchmark.draw(self._seed))
            self._orders[task.index] = to_device(torch.tensor(pixels), self._device)
        return self._orders[task.index]

    def held_out_count(self, task: Task) -> int:
        """How many images a task is evaluated on."""
        return len(self._selection(task, self._held_out(self._source(task)))[1])

    def _source(self, task: Task) -> ImageData:
        """The data set that a task takes its images from."""
        return self._data[task.index] if len(self._data) > 1 else self._data[0]

    def _held_out(self, data: ImageData) -> Images:
        return data.validation if self._validate else data.test

    def _examples(self, task: Task, source: Images) -> Examples:
        chosen, labels = self._selection(task, source)
        images = torch.empty((len(labels), *self.image_shape), device=self._device)
        for part in _chunks(len(labels)):
            floats = self._floats(task, source, part if chosen is None else chosen[part])
            images[part] = self._transform(task, floats)
        return Examples(images, to_device(labels, self._device))

    def _floats(self, task: Task, source: Images, part: slice | Tensor) -> Tensor:
        """Some images of a task's data set as floats, standardised if asked for."""
        images = self._on_device(source).floats(part, self._device)
        if self._standard is not None:
            mean, deviation = self._standard[task.index if len(self._standard) > 1 else 0]
            images = images.sub_(mean).div_(deviation)
        return images

    def _on_device(self, source: Images) -> Images:
        """The data set in a GPU's memory, if it is small: its bytes are copied there once."""
        pixels = source.pixels
        if self._device.type == "cpu" or pixels.numel() * pixels.element_size() > RESIDENT_BYTES:
            return source
        if id(source) not in self._resident:
            self._resident[id(source)] = Images(pixels.to(self._device), source.labels)
        return self._resident[id(source)]

    def _transform(self, task: Task, images: Tensor) -> Tensor:
        if isinstance(self._benchmark, RotatedBenchmark):
            return _turned(images, self._benchmark.step * task.index)
        order = self.pixel_order(task)
        return images if order is None else images.flatten(2).index_select(2, order).view(images.shape)

    def _selection(self, task: Task, source: Images) -> tuple[Tensor | None, Tensor]:
        """Positions of a task's images in ``source`` (None: all) and their labels in the task's head."""
        if not isinstance(self._benchmark, SplitBenchmark):
            return None, source.labels
        position = self._position_in_order()[source.labels]
        own = self._own_classes(task.index)
        chosen = ((position >= own.start) & (position < own.stop)).nonzero().squeeze(1)
        offset = 0 if self._benchmark.scenario == "class" else own.start
        return chosen, position[chosen] - offset

    def _position_in_order(self) -> Tensor:
        """Where each class of the data set stands in the order in which classes are dealt out."""
        position = torch.empty(len(self._class_order), dtype=torch.int64)
        position[self._class_order] = torch.arange(len(self._class_order))
        return position

    def _own_classes(self, index: int) -> slice:
        size = cast("SplitBenchmark", self._benchmark).classes_per_task
        return slice(index * size, (index + 1) * size)

    def _task(self, index: int) -> Task:
        benchmark = self._benchmark
        head = index if self._head_per_task else 0
        data = self._data[index if len(self._data) > 1 else 0]
        if isinstance(benchmark, SequenceBenchmark):
            return Task(index, data.title, head, slice(0, data.classes))
        if isinstance(benchmark, RotatedBenchmark):
            return Task(index, f"turned by {benchmark.step * index:g}°", head, slice(0, data.classes))
        if not isinstance(benchmark, SplitBenchmark):
            return Task(index, f"permutation {index + 1}", head, slice(0, data.classes))
        own = self._own_classes(index)
        title = "classes " + listed(self._names(data, self._class_order[own]))
        outputs = slice(0, own.stop if benchmark.scenario == "class" else benchmark.classes_per_task)
        return Task(index, title, head, outputs)

    def _check_classes(self, data: ImageData, images: Images, part: str) -> None:
        """Every class that the tasks use has at least one image."""
        present = torch.bincount(images.labels, minlength=data.classes) > 0
        used = torch.arange(data.classes)
        if isinstance(self._benchmark, SplitBenchmark):
            used = self._class_order[: self._benchmark.tasks * self._benchmark.classes_per_task]
        absent = self._names(data, used[~present[used]])
        if absent:
            fewer = ", hold out fewer for validation" if len(data.validation) else ""
            raise DatasetUnreadable(
                f"Class {absent[0]} of {data.title} has no {part} images; use more images{fewer} or leave "
                "the class out."
            )

    def _left_over(self) -> list[Note]:
        """The classes that no task of a split gets."""
        benchmark = self._benchmark
        if not isinstance(benchmark, SplitBenchmark):
            return []
        data = self._data[0]
        rest = self._names(data, self._class_order[benchmark.tasks * benchmark.classes_per_task :])
        if not rest:
            return []
        return [
            Note(
                "data_left_over",
                f"{benchmark.tasks} tasks of {benchmark.classes_per_task} classes leave {len(rest)} of the "
                f"{data.classes} classes of {data.title} over: {listed(rest)}.",
                "warning",
            )
        ]

    @staticmethod
    def _names(data: ImageData, classes: Tensor) -> list[str]:
        return [data.names[number] for number in classes.tolist()]


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def _mean_and_deviation(data: ImageData) -> tuple[float, float]:
    mean, deviation = data.train.mean_and_deviation()
    if deviation == 0:
        raise DatasetUnreadable(
            f"All pixels of the training images of {data.title} have the same value, so they cannot be "
            "standardised; look at how they were saved."
        )
    return mean, deviation


def _class_order(benchmark: Benchmark, classes: int, seed: int) -> Tensor:
    if isinstance(benchmark, SplitBenchmark) and benchmark.shuffle_classes:
        return torch.randperm(classes, generator=torch.Generator().manual_seed(benchmark.draw(seed)))
    return torch.arange(classes)


def _check_split(benchmark: SplitBenchmark, data: ImageData) -> None:
    """What the specification alone cannot tell where a person brings the images."""
    if benchmark.tasks * benchmark.classes_per_task > data.classes:
        raise DatasetUnreadable(
            f"{data.title} has {data.classes} classes; at {benchmark.classes_per_task} per task that "
            "is enough "
            f"for {data.classes // benchmark.classes_per_task} tasks."
        )


def _turned(images: Tensor, degrees: float) -> Tensor:
    """Images turned anticlockwise about their centre, bilinear, with zeros coming in at the corners."""
    if degrees % 360 == 0:
        return images
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device)
    grid = F.affine_grid(turn.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)
