"""How one data set, or several, become a sequence of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from anpyc.permutations import pixel_order
from anpyc.spec.dataset import DATASETS, DatasetPart, NameInSequence
from anpyc.spec.kinds import Kinds
from anpyc.spec.part import KindPart, Scenario, refuse, setting
from anpyc.wording import listed, plural

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec


class BenchmarkPart(KindPart):
    """What all benchmarks have in common: every task shows all classes of the one data set, as they are."""

    implementation: ClassVar = "anpyc.benchmarks.arrangement:Arrangement"

    if TYPE_CHECKING:

        @property
        def tasks(self) -> int:
            """How many tasks are learnt one after the other."""

        @property
        def scenario(self) -> Scenario: ...

    def sources(self, dataset: DatasetPart) -> tuple[DatasetPart, ...]:
        """The data sets that the tasks take their images from: one for all of them, or one for each."""
        return (dataset,)

    def source_field(self, dataset: DatasetPart) -> str:
        """The field that names one of :meth:`sources`."""
        return f"dataset.{dataset.named_by}"

    def source_of(self, task: int, sources: int) -> int:
        """Which of so many sources a task takes its images from."""
        return task if sources > 1 else 0

    def head_per_task(self, shared_head: bool) -> bool:
        """:param shared_head: whether the strategy has one head, whatever the scenario."""
        return self.scenario == "task" and not shared_head

    def head_sizes(self, classes: Sequence[int], shared_head: bool) -> tuple[int, ...]:
        """Outputs of each head.

        :param classes: of each of the sources."""
        return (max(classes),) * (self.tasks if self.head_per_task(shared_head) else 1)

    def positions(self, task: int, classes: int) -> range:
        """Which of the classes, in the order in which they are dealt out, a task shows."""
        return range(classes)

    def outputs(self, task: int, classes: int | None) -> int | None:
        """How many outputs of its head may be right when a task was just learnt; None where that depends on
        the classes of the data set, and they are not known."""
        return classes

    def chance(self, task: int, classes: int | None) -> float | None:
        """The accuracy of guessing on a task that was just learnt; None where it is not known."""
        outputs = self.outputs(task, classes)
        return None if outputs is None else 1 / outputs

    def task_title(self, task: int, source: str, names: Sequence[str]) -> str:
        """What a task is called.

        :param source: the title of its data set.
        :param names: of the data set's classes, in the order in which they are dealt out."""
        return source

    def pixel_order(self, task: int, pixels: int, run_seed: int) -> tuple[int, ...] | None:
        """The pixel of the original image that each input of a task shows; None where it is the same one."""
        return None

    def drawn_with_the_run(self) -> tuple[str, ...]:
        """What differs between runs of different seeds besides initial weights and order of images."""
        return ()

    def epoch_load(self) -> tuple[object, ...]:
        """What decides how many images an epoch shows, beside the data set."""
        return (self.kind,)

    def warnings(self, source: str, classes: int) -> tuple[str, ...]:
        """What deserves a second look before a run is sent.

        :param source: the title of the data set.
        :param classes: that it has."""
        return ()

    def described(self, sources: Sequence[str]) -> str:
        """What is learnt, in a few words.

        :param sources: the titles of the data sets."""
        return f"{plural(self.tasks, f'{self.label.lower()} task')} of {sources[0]}"


class PermutedBenchmark(BenchmarkPart):
    """Every task shows the same images with the pixels in another fixed order."""

    label: ClassVar = "Permuted"
    implementation: ClassVar = "anpyc.benchmarks.permuted:Permuted"

    kind: Literal["permuted"] = "permuted"
    tasks: int = setting("Tasks", short="{} tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    permute_first: bool = setting(
        "Permute the first task too", short="first task permuted", default=True, advanced=True
    )
    """Off: the first task shows the images as they are."""
    seed: int | None = setting(
        "Seed of the permutations", short="permutations’ seed", default=0, ge=0, le=2**32 - 1, advanced=True
    )
    """0: those of the authors' script, the same in every run. Empty: the run's seed, so that a spread over
    seeds contains other permutations too."""

    def task_title(self, task: int, source: str, names: Sequence[str]) -> str:
        return f"permutation {task + 1}"

    def pixel_order(self, task: int, pixels: int, run_seed: int) -> tuple[int, ...] | None:
        if task == 0 and not self.permute_first:
            return None
        return pixel_order(pixels, task, run_seed if self.seed is None else self.seed)

    def drawn_with_the_run(self) -> tuple[str, ...]:
        return ("permutations",) if self.seed is None else ()


class SplitBenchmark(BenchmarkPart):
    """The classes are dealt out to the tasks."""

    label: ClassVar = "Split"
    implementation: ClassVar = "anpyc.benchmarks.split:Split"

    kind: Literal["split"] = "split"
    tasks: int = setting("Tasks", short="{} tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    classes_per_task: int = setting("Classes per task", short="{} classes a task", default=2, ge=1, le=1_000)
    """How many classes each task brings, 1 only where one head answers over all classes seen; tasks × classes
    per task may not exceed the data set's classes."""
    scenario: Scenario = setting("Scenario", default="task")
    """`task`: the task is known when tested. `domain`: one head, labels within the task. `class`: one head
    over all classes seen."""
    shuffle_classes: bool = setting(
        "Shuffle the classes", short="shuffled classes", default=False, advanced=True
    )
    """Deal the classes in an order drawn from a seed instead of 0, 1, 2, …"""
    seed: int | None = setting(
        "Seed of the class order", short="class order’s seed", default=None, ge=0, le=2**32 - 1, advanced=True
    )
    """Where classes are shuffled. Empty: the run's seed, so that a spread over seeds contains other orders
    too."""

    def head_sizes(self, classes: Sequence[int], shared_head: bool) -> tuple[int, ...]:
        size = self.classes_per_task * (self.tasks if self.scenario == "class" else 1)
        return (size,) * (self.tasks if self.head_per_task(shared_head) else 1)

    def positions(self, task: int, classes: int) -> range:
        return range(task * self.classes_per_task, (task + 1) * self.classes_per_task)

    def outputs(self, task: int, classes: int | None) -> int | None:
        return self.classes_per_task * (task + 1 if self.scenario == "class" else 1)

    def task_title(self, task: int, source: str, names: Sequence[str]) -> str:
        own = self.positions(task, len(names))
        return "classes " + listed(names[own.start : own.stop])

    def epoch_load(self) -> tuple[object, ...]:
        return self.kind, self.classes_per_task

    def warnings(self, source: str, classes: int) -> tuple[str, ...]:
        left = classes - self.tasks * self.classes_per_task
        if left == 0:
            return ()
        if left > 0:
            return (f"{left} of the {classes} classes of {source} are left over.",)
        most = classes // self.classes_per_task
        return (f"{source} has {classes} classes, which is enough for {plural(most, 'task')} only.",)

    def draw(self, run_seed: int) -> int:
        """The seed that the order of the classes of a run is drawn from."""
        return run_seed if self.seed is None else self.seed

    def drawn_with_the_run(self) -> tuple[str, ...]:
        return ("class order",) if self.shuffle_classes and self.seed is None else ()

    def check(self, run: RunSpec) -> None:
        title, classes = run.dataset.info.title, run.dataset.info.classes
        if self.classes_per_task == 1 and self.scenario != "class":
            refuse(
                "benchmark.classes_per_task",
                "With one class per task there is nothing to tell apart within a task, and every answer is "
                "right: give each task 2 or more, or choose the scenario `class`.",
            )
        if self.classes_per_task > classes:
            refuse(
                "benchmark.classes_per_task",
                f"{title} has {classes} classes; give each task {classes} or fewer.",
            )
        if self.tasks * self.classes_per_task > classes:
            most = classes // self.classes_per_task
            refuse(
                "benchmark.tasks",
                f"{title} has {classes} classes: at {self.classes_per_task} per task that is enough for "
                f"{most} tasks.",
            )


class RotatedBenchmark(BenchmarkPart):
    """Every task shows the same images turned by another angle."""

    label: ClassVar = "Rotated"
    implementation: ClassVar = "anpyc.benchmarks.rotated:Rotated"

    kind: Literal["rotated"] = "rotated"
    tasks: int = setting("Tasks", short="{} tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="domain")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    step: float = setting("Turned per task", "degrees", short="turned", default=30.0, ge=0, le=360)
    """Each task turns the images this much further than the one before; the first shows them upright."""

    def task_title(self, task: int, source: str, names: Sequence[str]) -> str:
        return f"turned by {self.step * task:g}°"


class SequenceBenchmark(BenchmarkPart):
    """Every task is another data set, whole."""

    label: ClassVar = "Sequence"

    kind: Literal["sequence"] = "sequence"
    datasets: tuple[NameInSequence, ...] = setting(
        "Data sets", short="{}", default=("mnist", "fashion_mnist", "kmnist"), min_length=1, max_length=50
    )
    """In the order in which they are learnt. The data set chosen besides lends its settings (download,
    validation, limits) to all of them. Smaller images get a margin, grey ones become coloured where others
    are."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""

    @property
    def tasks(self) -> int:
        return len(self.datasets)

    def sources(self, dataset: DatasetPart) -> tuple[DatasetPart, ...]:
        return tuple(dataset.lend_settings(DATASETS[kind]) for kind in self.datasets)

    def source_field(self, dataset: DatasetPart) -> str:
        return "benchmark.datasets"

    def epoch_load(self) -> tuple[object, ...]:
        return self.kind, self.datasets

    def described(self, sources: Sequence[str]) -> str:
        return f"{plural(self.tasks, 'data set')} one after the other, {', '.join(sources)}"


BENCHMARKS = Kinds(
    "benchmark", BenchmarkPart, PermutedBenchmark, SplitBenchmark, RotatedBenchmark, SequenceBenchmark
)
Benchmark = Annotated[BenchmarkPart, BENCHMARKS]
