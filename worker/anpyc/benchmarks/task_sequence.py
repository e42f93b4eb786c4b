"""The tasks of one run and their images.

A task's training images lie on the device as one float tensor, filled anew for each task from the bytes of
the data set: one copy of the data, however many tasks there are. Test images become floats and go through
the task's transformation in chunks when they are needed; a GPU keeps the floats.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from anpyc.benchmarks.arrangement import Arrangement
from anpyc.benchmarks.lit import LitImages, lit_groups
from anpyc.datasets.images import ImageData, Images
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable
from anpyc.spec import Benchmark
from anpyc.tasks import Examples, Task
from anpyc.transfer import to_device

CHUNK = 2_000
"""Images transformed at a time, at most."""
CACHED_VALUES, LEAST_CHUNK = 2**18, 250
"""On a CPU so many pixel values at a time, which stay in its caches, but not fewer images than this."""
KEPT_BYTES = {"cpu": 0, "cuda": 2**29}
"""Held-out images of a data set, as the network takes them, up to this size are kept on the device. A CPU
makes them from bytes about as fast as it reads them."""
RESIDENT_BYTES = 2**31
"""A data set up to this size is kept in a GPU's memory."""


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
        :param shared_head: one head for all tasks, whatever the scenario.
        :raises DatasetUnreadable: where the images are not enough for the tasks."""
        self._benchmark = benchmark
        self._shared_head = shared_head
        self._data = data
        self._device = device
        self._validate = validate
        if validate and not all(len(source.validation) for source in data):
            raise DatasetUnreadable(
                "There are no validation images to evaluate on; set `dataset.validation` above 0."
            )
        self._arrangement: Arrangement = benchmark.load_implementation()(benchmark, data, seed)
        self._standard = [_mean_and_deviation(source) for source in data] if standardise else None
        self._resident: dict[int, Images] = {}
        """The images of a data set on the device, by its identity."""
        self._kept: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}
        """Held-out images as the network takes them, before a task's transformation, and their labels: by
        data set or, where each has images of its own, by task."""
        self._training: WeakValueDictionary[int, Examples] = WeakValueDictionary()
        """Training images by task, as long as somebody trains on them."""
        self._filling = threading.RLock()
        """Held while images are filled in: several threads that train together share them."""
        self._selections: dict[int, tuple[Tensor | None, Tensor]] = {}
        """Positions of a task's held-out images and their labels, by task, where it has images of its own."""
        self._lit: dict[tuple[str, int, int | None], tuple[LitImages, ...] | None] = {}
        """Held-out images in groups, by data set or task and how many of them."""
        self.tasks = tuple(self._task(index) for index in range(benchmark.tasks))
        for source in data:
            self._arrangement.check_classes(source, source.train, "training")
            self._arrangement.check_classes(source, self._held_out(source), "held-out")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        channels, height, width = self._data[0].train.pixels.shape[1:]
        return channels, height, width

    @property
    def head_sizes(self) -> tuple[int, ...]:
        """Outputs of each head."""
        return self._benchmark.head_sizes([source.classes for source in self._data], self._shared_head)

    @property
    def shows_unseen_tasks(self) -> bool:
        """Whether accuracy on a task not yet learnt means anything: it does where tasks share a head."""
        head_per_task = self._benchmark.head_per_task(self._shared_head)
        return not head_per_task and self._benchmark.scenario != "class"

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was decided and found while the data were read and dealt out to the tasks."""
        read = dict.fromkeys(note for source in self._data for note in source.notes)
        return *read, *self._arrangement.notes()

    @property
    def decisions(self) -> dict[str, str | int | float | None]:
        """What was decided, by subject, for the run's environment."""
        return {note.subject: note.text for note in self.notes if note.level == "info"}

    def training_examples(self, task: Task) -> Examples:
        """All training images of a task, resident on the device in the order of the file."""
        with self._filling:
            examples = self._training.get(task.index)
            if examples is None:
                examples = self._training[task.index] = self._fill(task)
            return examples

    def _fill(self, task: Task) -> Examples:
        source = self._arrangement.source(task.index).train
        chosen, labels = self._arrangement.selection(task.index, source)
        images = torch.empty((len(labels), *self.image_shape), device=self._device)
        order = self.pixel_order(task)
        for part in self._chunks(len(labels)):
            floats = self._floats(task, source, part if chosen is None else chosen[part])
            if order is None:
                images[part] = self._arrangement.transform(task.index, floats)
            else:
                rows = floats.view(-1, len(order))
                torch.index_select(rows, 1, order, out=images[part].view_as(rows))
        return Examples(images, to_device(labels, self._device))

    def held_out_examples(
        self, task: Task, in_place: bool = False, first: int | None = None
    ) -> Iterator[Examples]:
        """The images a task is evaluated on, in chunks.

        :param in_place: with pixels where they are in the file, though the task permutes them.
        :param first: only so many; all for None."""
        images, labels = self._kept_images(task)
        for part in self._chunks(len(labels) if first is None else min(first, len(labels))):
            shown = images(part)
            yield Examples(
                shown if in_place else self._arrangement.transform(task.index, shown), labels[part]
            )

    def lit_examples(self, task: Task, first: int | None = None) -> tuple[LitImages, ...] | None:
        """The same on a CPU in groups without their dark pixels, which are where they are in the file; None
        where they cannot be or it saves too little.

        :param first: only so many; all for None."""
        if self._device.type != "cpu" or self._standard is not None:
            return None
        chosen, labels = self._selection(task)
        key = (*self._owner_of_images(task, chosen), first)
        with self._filling:
            if key not in self._lit:
                pixels = self._held_out(self._arrangement.source(task.index)).pixels
                pixels = pixels[:first] if chosen is None else pixels[chosen[:first]]
                self._lit[key] = lit_groups(pixels, labels[:first])
            return self._lit[key]

    def _kept_images(self, task: Task) -> tuple[Callable[[slice], Tensor], Tensor]:
        """A task's held-out images by position, not yet transformed, and their labels."""
        source = self._held_out(self._arrangement.source(task.index))
        chosen, labels = self._selection(task)
        if source.pixels.numel() * 4 > KEPT_BYTES[self._device.type]:
            part_of = (lambda part: part) if chosen is None else (lambda part: chosen[part])
            return lambda part: self._floats(task, source, part_of(part)), to_device(labels, self._device)
        key = self._owner_of_images(task, chosen)
        with self._filling:
            if key not in self._kept:
                images = self._floats(task, source, slice(None) if chosen is None else chosen)
                self._kept[key] = images, to_device(labels, self._device)
            images, labels = self._kept[key]
        return images.__getitem__, labels

    def _owner_of_images(self, task: Task, chosen: Tensor | None) -> tuple[str, int]:
        """What a task's held-out images belong to: its data set where it shows all of them, or the task."""
        if chosen is not None:
            return "task", task.index
        return "data set", self._benchmark.source_of(task.index, len(self._data))

    def _selection(self, task: Task) -> tuple[Tensor | None, Tensor]:
        """Positions of a task's held-out images (None: all) and their labels."""
        if task.index in self._selections:
            return self._selections[task.index]
        source = self._held_out(self._arrangement.source(task.index))
        selection = self._arrangement.selection(task.index, source)
        if selection[0] is not None:
            self._selections[task.index] = selection
        return selection

    def input_order(self, task: Task) -> Tensor | None:
        """(pixels,) which input each pixel of the file is, on the device, where a task at most permutes them;
        None where it does more."""
        order = self.pixel_order(task)
        if order is not None:
            return order.argsort()
        _, height, width = self.image_shape
        return (
            torch.arange(height * width, device=self._device)
            if self._arrangement.leaves_images(task.index)
            else None
        )

    def pixel_order(self, task: Task) -> Tensor | None:
        """(pixels,) where each pixel of a task's images comes from, on the device, if the task permutes them
        and does nothing else."""
        _, height, width = self.image_shape
        return self._arrangement.pixel_order(task.index, height * width, self._device)

    def held_out_count(self, task: Task) -> int:
        """How many images a task is evaluated on."""
        return len(self._selection(task)[1])

    def _held_out(self, data: ImageData) -> Images:
        return data.validation if self._validate else data.test

    def _chunks(self, count: int) -> Iterator[slice]:
        size = CHUNK
        if self._device.type == "cpu":
            size = min(CHUNK, max(LEAST_CHUNK, CACHED_VALUES // math.prod(self.image_shape)))
        return (slice(start, min(start + size, count)) for start in range(0, count, size))

    def _floats(self, task: Task, source: Images, part: slice | Tensor) -> Tensor:
        """Some images of a task's data set as floats, standardised if asked for."""
        images = self._on_device(source).floats(part, self._device)
        if self._standard is not None:
            mean, deviation = self._standard[self._benchmark.source_of(task.index, len(self._standard))]
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

    def _task(self, index: int) -> Task:
        head = index if self._benchmark.head_per_task(self._shared_head) else 0
        outputs = self._benchmark.outputs(index, self._arrangement.source(index).classes)
        return Task(index, self._arrangement.title(index), head, slice(0, outputs))


def _mean_and_deviation(data: ImageData) -> tuple[float, float]:
    mean, deviation = data.train.mean_and_deviation()
    if deviation == 0:
        raise DatasetUnreadable(
            f"All pixels of the training images of {data.title} have the same value, so they cannot be "
            "standardised; look at how they were saved."
        )
    return mean, deviation
