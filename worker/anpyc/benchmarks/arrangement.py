"""What a benchmark does to images and classes. By default nothing: each task shows its data set as it is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.datasets.images import ImageData, Images
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable
from anpyc.spec import Benchmark


class Arrangement:
    """How the data sets of one run become its tasks. A benchmark overrides the hooks it needs."""

    def __init__(self, spec: Benchmark, data: Sequence[ImageData], seed: int) -> None:
        """:param data: one data set or, for a sequence of data sets, one per task.
        :param seed: the run's, for what the benchmark draws from it.
        :raises DatasetUnreadable: where the images are not enough for the benchmark."""
        self._spec = spec
        self._seed = seed
        self.data = data
        self.class_order = self.deal(data[0].classes)
        """The classes of the data set in the order in which they are dealt out to the tasks."""

    def deal(self, classes: int) -> Tensor:
        """The order of the classes."""
        return torch.arange(classes)

    def transform(self, task: int, images: Tensor) -> Tensor:
        """(images, channels, height, width) as a task shows them."""
        return images

    def pixel_order(self, task: int, pixels: int, device: torch.device) -> Tensor | None:
        """(pixels,) where each pixel of a task's images comes from, on ``device``, if all that ``transform``
        does is to permute them; None otherwise."""
        return None

    def leaves_images(self, task: int) -> bool:
        """Whether a task shows its images as they are in the file."""
        return type(self).transform is Arrangement.transform

    def selection(self, task: int, source: Images) -> tuple[Tensor | None, Tensor]:
        """Positions of a task's images in ``source`` (None: all) and their labels in the task's head."""
        return None, source.labels

    def notes(self) -> tuple[Note, ...]:
        """What deserves a second look in how the images were dealt out."""
        return ()

    def source(self, task: int) -> ImageData:
        """The data set that a task takes its images from."""
        return self.data[self._spec.source_of(task, len(self.data))]

    def names_in_order(self, data: ImageData) -> list[str]:
        """Of the classes, as they are dealt out."""
        return [data.names[number] for number in self.class_order.tolist()]

    def title(self, task: int) -> str:
        """What a task is called."""
        data = self.source(task)
        names = self.names_in_order(data) if len(self.data) == 1 else data.names
        return self._spec.task_title(task, data.title, names)

    def check_classes(self, data: ImageData, images: Images, part: str) -> None:
        """:raises DatasetUnreadable: where a class that the tasks use has no image in this part."""
        present = torch.bincount(images.labels, minlength=data.classes) > 0
        used = self.used_classes(data)
        absent = used[~present[used]].tolist()
        if absent:
            fewer = ", hold out fewer for validation" if len(data.validation) else ""
            raise DatasetUnreadable(
                f"Class {data.names[absent[0]]} of {data.title} has no {part} images; use more images{fewer} "
                "or leave the class out."
            )

    def used_classes(self, data: ImageData) -> Tensor:
        """Those that some task shows."""
        return torch.arange(data.classes)
