"""The tasks of one run and their images.

A task's training images lie on the device as one float tensor, filled anew for each task from the bytes of
the data set: one copy of the data, however many tasks there are. Test images go through the task's
transformation in chunks when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from anpyc.benchmarks.arrangement import Arrangement
from anpyc.datasets.images import ImageData, Images
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable
from anpyc.spec import Benchmark
from anpyc.tasks import Examples, Task

CHUNK = 2_000
"""Images transformed at a time."""


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
        source = self._arrangement.source(task.index).train
        chosen, labels = self._arrangement.selection(task.index, source)
        images = torch.empty((len(labels), *self.image_shape), device=self._device)
        for start in range(0, len(labels), CHUNK):
            part = slice(start, min(start + CHUNK, len(labels)))
            floats = source.floats(part if chosen is None else chosen[part], self._device)
            images[part] = self._transform(task, floats)
        return Examples(images, labels.to(self._device))

    def held_out_examples(self, task: Task) -> Iterator[Examples]:
        """The images a task is evaluated on, in chunks."""
        source = self._held_out(self._arrangement.source(task.index))
        chosen, labels = self._arrangement.selection(task.index, source)
        for start in range(0, len(labels), CHUNK):
            part = slice(start, min(start + CHUNK, len(labels)))
            images = source.floats(part if chosen is None else chosen[part], self._device)
            yield Examples(self._transform(task, images), labels[part].to(self._device))

    def held_out_count(self, task: Task) -> int:
        """How many images a task is evaluated on."""
        source = self._held_out(self._arrangement.source(task.index))
        return len(self._arrangement.selection(task.index, source)[1])

    def _held_out(self, data: ImageData) -> Images:
        return data.validation if self._validate else data.test

    def _transform(self, task: Task, images: Tensor) -> Tensor:
        if self._standard is not None:
            mean, deviation = self._standard[self._benchmark.source_of(task.index, len(self._standard))]
            images = images.sub_(mean).div_(deviation)
        return self._arrangement.transform(task.index, images)

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
