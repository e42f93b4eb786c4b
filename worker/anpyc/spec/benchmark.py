"""How one data set, or several, become a sequence of tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from anpyc.spec.part import Scenario, SpecPart, setting


class PermutedBenchmark(SpecPart):
    """Every task shows the same images with the pixels in another fixed order."""

    kind: Literal["permuted"] = "permuted"
    tasks: int = setting("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    permute_first: bool = setting("Permute the first task too", default=True, advanced=True)
    """Off: the first task shows the images as they are."""
    seed: int | None = setting("Seed of the permutations", default=0, ge=0, le=2**32 - 1, advanced=True)
    """0: those of the authors' script, the same in every run. Empty: the run's seed, so that a spread over
    seeds contains other permutations too."""

    def draw(self, run_seed: int) -> int:
        """The seed that the permutations of a run are drawn from."""
        return run_seed if self.seed is None else self.seed

    def drawn_with_the_run(self) -> tuple[str, ...]:
        """What differs between runs of different seeds besides initial weights and order of images."""
        return ("permutations",) if self.seed is None else ()


class SplitBenchmark(SpecPart):
    """The classes are dealt out to the tasks."""

    kind: Literal["split"] = "split"
    tasks: int = setting("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    classes_per_task: int = setting("Classes per task", default=2, ge=1, le=1_000)
    """How many classes each task brings, 1 only where one head answers over all classes seen; tasks × classes
    per task may not exceed the data set's classes."""
    scenario: Scenario = setting("Scenario", default="task")
    """`task`: the task is known when tested. `domain`: one head, labels within the task. `class`: one head
    over all classes seen."""
    shuffle_classes: bool = setting("Shuffle the classes", default=False, advanced=True)
    """Deal the classes in an order drawn from a seed instead of 0, 1, 2, …"""
    seed: int | None = setting("Seed of the class order", default=None, ge=0, le=2**32 - 1, advanced=True)
    """Where classes are shuffled. Empty: the run's seed, so that a spread over seeds contains other orders
    too."""

    def draw(self, run_seed: int) -> int:
        """The seed that the order of the classes of a run is drawn from."""
        return run_seed if self.seed is None else self.seed

    def drawn_with_the_run(self) -> tuple[str, ...]:
        """What differs between runs of different seeds besides initial weights and order of images."""
        return ("class order",) if self.shuffle_classes and self.seed is None else ()


class RotatedBenchmark(SpecPart):
    """Every task shows the same images turned by another angle."""

    kind: Literal["rotated"] = "rotated"
    tasks: int = setting("Tasks", default=5, ge=1, le=200)
    """How many tasks are learnt one after the other."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="domain")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""
    step: float = setting("Turned per task", "degrees", default=30.0, ge=0, le=360)
    """Each task turns the images this much further than the one before; the first shows them upright."""

    def drawn_with_the_run(self) -> tuple[str, ...]:
        """What differs between runs of different seeds besides initial weights and order of images."""
        return ()


class SequenceBenchmark(SpecPart):
    """Every task is another data set, whole."""

    kind: Literal["sequence"] = "sequence"
    datasets: tuple[
        Literal["digits", "mnist", "fashion_mnist", "kmnist", "cifar10", "cifar100", "svhn"], ...
    ] = setting("Data sets", default=("mnist", "fashion_mnist", "kmnist"), min_length=1, max_length=50)
    """In the order in which they are learnt. The data set chosen besides lends its settings (download,
    validation, limits) to all of them. Smaller images get a margin, grey ones become coloured where others
    are."""
    scenario: Literal["task", "domain"] = setting("Scenario", default="task")
    """`task`: the task is known when tested, one head each. `domain`: one head for all tasks."""

    @property
    def tasks(self) -> int:
        """How many tasks are learnt one after the other."""
        return len(self.datasets)

    def drawn_with_the_run(self) -> tuple[str, ...]:
        """What differs between runs of different seeds besides initial weights and order of images."""
        return ()


Benchmark = Annotated[
    PermutedBenchmark | SplitBenchmark | RotatedBenchmark | SequenceBenchmark, Field(discriminator="kind")
]
