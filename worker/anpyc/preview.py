"""What a run will be before it is sent: how many epochs, parameters, bytes and seconds. No torch.

Everything but bytes and seconds is exact, and tests hold it against real networks and runs. Bytes add up
what a run stores; of arrays that are compressed they know the average of the demo. Seconds follow the pace of
a run like it that has ended on this installation, or a rule of thumb for one core of a laptop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path

from anpyc.errors import DatasetUnreadable
from anpyc.spec import ImageFacts, RunSpec
from anpyc.spec.dataset import DatasetPart
from anpyc.spec.model import BodySize
from anpyc.wording import duration, plural, size

MULTIPLICATIONS_PER_SECOND = 1.2e10
"""In float32 on one core of a laptop."""
STEP_SECONDS = 5e-4
"""Of one optimizer step, whatever its size."""
PASSES = 3
"""Forward, and backward for inputs and for weights."""

VALUE_BYTES = 4
HELD_BYTES = 3
"""In a checkpoint, of each shared parameter: whether it is held, and by which task."""
COPIES = 3
"""Of each parameter while it trains: itself, its gradient, one to work with."""
IN_FLIGHT = 2
"""Checkpoints in memory at a task's end: one that is packed, one on its way to the store."""
RANKING_BYTES = 24
"""Of each shared parameter at a task's end: values and places, before and after they are ranked."""
IN_A_BATCH = 2
"""Values of each activation: itself and its gradient."""
STATE_BYTES = 12_000
"""In a checkpoint: random states and progress."""
CHECKPOINTS = 2
"""That are kept."""
EPOCH_BYTES, ACCURACY_BYTES = 560, 150
"""Of an epoch, and of one accuracy of an evaluation, with the events that tell of them."""


@dataclass(frozen=True)
class Preview:
    """What a run asks for."""

    tasks: int
    epochs: int
    """Of the whole run, retraining included."""
    parameters: int
    """Of the network, heads included; without heads where their size is not known."""
    bytes: int
    """Stored when it has ended: curves, masks, checkpoints and what each task is tested with later."""
    memory: int
    """Bytes that training takes, roughly: parameters, gradients, what optimizer and strategy keep of each, a
    batch on its way through the network, and the images."""
    seconds: float | None
    """Of training; None where it is not known how many images there are."""
    sentence: str
    warnings: tuple[str, ...]
    judged_by: str = ""
    """Name of the ended run whose pace the seconds follow; empty: they are a rule of thumb, or not known."""


@dataclass(frozen=True)
class PastRun:
    """One that has ended, to judge the pace of another by."""

    name: str
    spec: RunSpec
    seconds: float


def preview(
    spec: RunSpec, datasets_dir: Path, past: Sequence[PastRun] = (), bfloat16: bool = False
) -> Preview:
    """What ``spec`` asks for.

    :param past: runs that have ended here, the newest first.
    :param bfloat16: whether it would be trained on a processor that multiplies in bfloat16 itself."""
    outlook = _Outlook(spec, datasets_dir, bfloat16)
    seconds, judged_by = outlook.seconds(past)
    return Preview(
        tasks=spec.benchmark.tasks,
        epochs=spec.epochs(),
        parameters=outlook.body.parameters + outlook.head_parameters,
        bytes=outlook.bytes(),
        memory=outlook.memory(),
        seconds=seconds,
        sentence=outlook.sentence(seconds, judged_by),
        warnings=tuple(outlook.warnings()),
        judged_by=judged_by,
    )


class _Outlook:
    """One specification and what is known of its images."""

    def __init__(self, spec: RunSpec, datasets_dir: Path, bfloat16: bool = False) -> None:
        self._spec = spec
        self._bfloat16 = bfloat16
        self._datasets_dir = datasets_dir
        self._strategy = spec.strategy.settled(spec.benchmark.scenario)
        self._unreadable: list[str] = []
        self._facts = [self._facts_of(source) for source in dict.fromkeys(spec.sources())]
        by_source = dict(zip(dict.fromkeys(spec.sources()), self._facts, strict=True))
        self._images = [by_source[source] for source in spec.sources()]
        """Of each of the sources."""

    def _facts_of(self, source: DatasetPart) -> ImageFacts:
        try:
            return source.facts(self._datasets_dir)
        except DatasetUnreadable as error:
            self._unreadable.append(str(error))
            return ImageFacts(source.title(), source.shape(), None, None)

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Of the images as the network sees them: several data sets get the largest of theirs."""
        shapes = [facts.shape for facts in self._facts]
        if len(self._images) == 1:
            return shapes[0]
        side = max(max(shape[1:]) for shape in shapes)
        return max(shape[0] for shape in shapes), side, side

    @cached_property
    def fits(self) -> bool:
        """Whether the images are large enough for the network."""
        return min(self.shape[1:]) >= self._spec.model.smallest_image

    @cached_property
    def body(self) -> BodySize:
        """What all tasks share."""
        return self._spec.model.body_size(self.shape) if self.fits else BodySize(0, 0, 0)

    @cached_property
    def head_parameters(self) -> int:
        """Of all heads; 0 where the classes are not known."""
        classes = [facts.classes for facts in self._images if facts.classes is not None]
        if len(classes) < len(self._images):
            return 0
        sizes = self._spec.benchmark.head_sizes(classes, self._spec.strategy.shared_head)
        return sum((self.body.features + 1) * outputs for outputs in sizes)

    def bytes(self) -> int:
        """Stored of the whole run."""
        spec, strategy, tasks = self._spec, self._strategy, self._spec.benchmark.tasks
        shared, values = self.body.parameters, self.body.parameters + self.head_parameters
        rounds = sum(len(strategy.round_epochs(task, tasks)) for task in range(tasks))
        evaluations = spec.epochs() / spec.training.evaluate_every
        curves = spec.epochs() * EPOCH_BYTES + evaluations * ACCURACY_BYTES * (tasks + 1) / 2
        arrays = shared * (tasks * strategy.recorded_bytes + rounds / 8)
        outcome = values * VALUE_BYTES + shared * strategy.tested_bytes
        return round(curves + arrays + CHECKPOINTS * self._checkpoint_bytes() + tasks * outcome)

    def _checkpoint_bytes(self) -> float:
        shared, values = self.body.parameters, self.body.parameters + self.head_parameters
        of_values = values * (VALUE_BYTES + self._spec.training.optimizer_bytes)
        return STATE_BYTES + of_values + shared * (HELD_BYTES + self._strategy.state_bytes)

    def memory(self) -> int:
        """Taken while it trains."""
        shared, values = self.body.parameters, self.body.parameters + self.head_parameters
        taken: float = values * (VALUE_BYTES * COPIES + self._spec.training.optimizer_bytes)
        taken += shared * (self._strategy.state_bytes + HELD_BYTES)
        taken += IN_FLIGHT * self._checkpoint_bytes() + shared * RANKING_BYTES
        taken += self._spec.training.batch_size * self.body.activations * VALUE_BYTES * IN_A_BATCH
        return round(taken) + self._image_memory()

    def _image_memory(self) -> int:
        """Bytes of the training images: all as they are stored, and those of a task as numbers, once as they
        come and once as the task has them, such as permuted; where data are kept, those of all tasks."""
        stored = sum((facts.train or 0) * prod(facts.shape) for facts in self._facts)
        own = [self._training_images(task) for task in range(self._spec.benchmark.tasks)]
        known = [images for images in own if images is not None] or [
            max(facts.train or 0 for facts in self._facts)
        ]
        as_numbers = max(known) + (sum(known) if self._strategy.keeps_data else max(known))
        return stored + as_numbers * prod(self.shape) * VALUE_BYTES

    def seconds(self, past: Sequence[PastRun]) -> tuple[float | None, str]:
        """Of training, and the name of the run that they were judged by."""
        shown = self.images_shown()
        if shown is None:
            return None, ""
        alike = [run for run in past if _load(run.spec) == _load(self._spec)]
        same_strategy = [run for run in alike if run.spec.strategy.kind == self._spec.strategy.kind]
        for run in (same_strategy or alike)[:1]:
            before = _Outlook(run.spec, self._datasets_dir).images_shown()
            if before:
                return run.seconds * shown / before, run.name
        computed = shown * PASSES * self.body.multiplications / MULTIPLICATIONS_PER_SECOND
        return computed + shown / self._spec.training.batch_size * STEP_SECONDS, ""

    def images_shown(self) -> int | None:
        """In all epochs together; None where it is not known how many images there are."""
        spec, strategy, tasks = self._spec, self._strategy, self._spec.benchmark.tasks
        own = [self._training_images(task) for task in range(tasks)]
        known = [images for images in own if images is not None]
        if len(known) < tasks:
            return None
        shown = 0
        for task in range(tasks):
            images = sum(known[: task + 1]) if strategy.keeps_data else known[task]
            epochs = spec.training.epochs_per_task + sum(strategy.round_epochs(task, tasks))
            shown += spec.training.images_shown(epochs, images)
        return shown

    def _training_images(self, task: int) -> int | None:
        benchmark = self._spec.benchmark
        facts = self._images[benchmark.source_of(task, len(self._images))]
        if facts.train is None or facts.classes is None:
            return None
        return facts.train * len(benchmark.positions(task, facts.classes)) // facts.classes

    def sentence(self, seconds: float | None, judged_by: str) -> str:
        """What is learnt, by what, with what, and what it takes."""
        spec = self._spec
        titles = [facts.title for facts in self._images]
        learnt = f"{spec.strategy.label} learns {spec.benchmark.described(titles)}"
        retraining = spec.epochs() - spec.benchmark.tasks * spec.training.epochs_per_task
        epochs = plural(spec.epochs(), "epoch")
        if retraining:
            epochs += f", {retraining:,} of them retraining after pruning"
        parameters = plural(self.body.parameters + self.head_parameters, "parameter")
        if self.head_parameters:
            parameters += f", {self.head_parameters:,} of them in the heads"
        takes = f"It stores about {size(self.bytes())}."
        if seconds is not None:
            pace = f"at the pace of “{judged_by}”" if judged_by else "on one core of a laptop"
            takes = f"It takes about {duration(seconds)} {pace} and stores about {size(self.bytes())}."
        return f"{learnt} with {spec.model.described()}: {epochs}; {parameters}. {takes}"

    def warnings(self) -> Iterator[str]:
        """What deserves a second look before the run is sent."""
        spec, tasks = self._spec, self._spec.benchmark.tasks
        absences = (source.absence(self._datasets_dir) for source in dict.fromkeys(spec.sources()))
        yield from (absence for absence in absences if absence is not None)
        yield from self._unreadable
        for facts in self._facts:
            if facts.classes is None:
                yield (f"The classes of {facts.title} are not known, so its heads and the time are left out.")
            else:
                yield from spec.benchmark.warnings(facts.title, facts.classes)
        if not self.fits:
            _, height, width = self.shape
            yield (
                f"Images of {height}×{width} pixels are too small for {spec.model.described()}: pad them or "
                "take another network."
            )
        gain = spec.model.gain_in_bfloat16()
        if self._bfloat16 and spec.training.precision == "full" and gain is not None:
            yield f"The processor here multiplies in bfloat16 itself: precision `fast` is recommended. {gain}"
        if tasks == 1 and self._strategy.round_epochs(0, 2):
            yield "The last task is not pruned, so with one task nothing is."
        elif any(self._strategy.round_epochs(task, tasks) for task in range(tasks)):
            yield "The last task is not pruned."


def _load(spec: RunSpec) -> tuple[object, ...]:
    """What decides how long an image takes: through which network, in which batches."""
    return spec.dataset, spec.model, spec.benchmark.epoch_load(), spec.training.batch_size
