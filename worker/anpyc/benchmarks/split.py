"""Split classes: Zenke et al. 2017, "Continual Learning Through Synaptic Intelligence"."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from anpyc.benchmarks.arrangement import Arrangement
from anpyc.datasets.images import ImageData, Images
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable
from anpyc.spec.benchmark import SplitBenchmark
from anpyc.wording import listed


class Split(Arrangement):
    """Every task shows the images of its own classes."""

    _spec: SplitBenchmark

    def __init__(self, spec: SplitBenchmark, data: Sequence[ImageData], seed: int) -> None:
        _check_enough(spec, data[0])
        super().__init__(spec, data, seed)
        self._dealt = spec.tasks * spec.classes_per_task
        self._position = torch.empty(len(self.class_order), dtype=torch.int64)
        """Where each class of the data set stands in the order in which classes are dealt out."""
        self._position[self.class_order] = torch.arange(len(self.class_order))

    def deal(self, classes: int) -> Tensor:
        if not self._spec.shuffle_classes:
            return torch.arange(classes)
        drawn = torch.Generator().manual_seed(self._spec.draw(self._seed))
        return torch.randperm(classes, generator=drawn)

    def selection(self, task: int, source: Images) -> tuple[Tensor | None, Tensor]:
        position = self._position[source.labels]
        own = self._spec.positions(task, len(self.class_order))
        chosen = ((position >= own.start) & (position < own.stop)).nonzero().squeeze(1)
        offset = 0 if self._spec.scenario == "class" else own.start
        return chosen, position[chosen] - offset

    def used_classes(self, data: ImageData) -> Tensor:
        return self.class_order[: self._dealt]

    def notes(self) -> tuple[Note, ...]:
        """The classes that no task gets."""
        spec, data = self._spec, self.data[0]
        rest = self.names_in_order(data)[self._dealt :]
        if not rest:
            return ()
        return (
            Note(
                "data_left_over",
                f"{spec.tasks} tasks of {spec.classes_per_task} classes leave {len(rest)} of the "
                f"{data.classes} classes of {data.title} over: {listed(rest)}.",
                "warning",
            ),
        )


def _check_enough(spec: SplitBenchmark, data: ImageData) -> None:
    """What the specification alone cannot tell where a person brings the images."""
    if spec.tasks * spec.classes_per_task > data.classes:
        raise DatasetUnreadable(
            f"{data.title} has {data.classes} classes; at {spec.classes_per_task} per task that is enough "
            f"for {data.classes // spec.classes_per_task} tasks."
        )
