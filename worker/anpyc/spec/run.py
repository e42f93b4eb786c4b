"""The whole specification, and what only its parts together can say."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from anpyc.catalog import DATASETS
from anpyc.spec.benchmark import Benchmark, PermutedBenchmark, SplitBenchmark
from anpyc.spec.dataset import Dataset, DigitsDataset
from anpyc.spec.model import MlpModel, Model, Resnet18Model
from anpyc.spec.part import Line, SpecPart, refuse, setting
from anpyc.spec.strategy import AnpycStrategy, Strategy
from anpyc.spec.training import Training


class RunSpec(SpecPart):
    """Everything that decides a run's outcome, and its name."""

    name: Line = setting("Name", default="", max_length=200)
    """What the run is called in lists and legends; empty: made from the strategy and the benchmark."""
    benchmark: Benchmark = setting("Benchmark", default=PermutedBenchmark())
    """How a data set becomes a sequence of tasks."""
    dataset: Dataset = setting("Data set", default=DigitsDataset())
    """The images."""
    model: Model = setting("Model", default=MlpModel())
    """The network; each task has a head of its own unless the scenario says otherwise."""
    strategy: Strategy = setting("Strategy", default=AnpycStrategy())
    """What is done against forgetting."""
    training: Training = setting("Training", default=Training())
    """How each task is trained."""
    seed: int = setting("Seed", default=0, ge=0, le=2**32 - 1)
    """Start of every random draw; same specification and seed, same result."""
    device: Literal["auto", "cpu", "cuda"] = setting("Device", default="auto")
    """`auto` takes the worker's GPU if there is one."""

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        info = DATASETS[self.dataset.kind]
        settled = self.strategy.settled(self.benchmark.scenario)
        own = settled.kind == "packnet" or (isinstance(settled, AnpycStrategy) and settled.recall == "own")
        if own and self.benchmark.scenario != "task":
            refuse(
                "benchmark.scenario",
                "Testing a task with its own parameters needs the task to be known: choose `task`.",
            )
        if isinstance(settled, AnpycStrategy):
            self._restart_fits(settled)
        if isinstance(self.model, Resnet18Model) and self.training.batch_size == 1:
            refuse(
                "training.batch_size",
                "A ResNet normalises over the batch, which says nothing of one image alone: take 2 or more.",
            )
        if isinstance(self.benchmark, SplitBenchmark):
            self._split_fits(self.benchmark, info.classes, info.title)
        if self.training.evaluate_on == "validation" and self.dataset.validation == 0:
            refuse(
                "dataset.validation",
                "There are no validation images to evaluate on: hold some out, or evaluate on `test`.",
            )
        if self.dataset.validation >= info.train:
            refuse(
                "dataset.validation",
                f"{info.title} has {info.train:,} training images; hold out fewer than that for validation.",
            )
        return self

    @staticmethod
    def _restart_fits(strategy: AnpycStrategy) -> None:
        if strategy.freed_start == "initial" and strategy.recall == "all":
            refuse(
                "strategy.freed_start",
                "Freed parameters that start anew disturb earlier tasks that use every parameter: choose "
                "`zero`, or let earlier tasks use their `own` parameters.",
            )

    @staticmethod
    def _split_fits(benchmark: SplitBenchmark, classes: int, title: str) -> None:
        if benchmark.classes_per_task == 1 and benchmark.scenario != "class":
            refuse(
                "benchmark.classes_per_task",
                "With one class per task there is nothing to tell apart within a task, and every answer is "
                "right: give each task 2 or more, or choose the scenario `class`.",
            )
        if benchmark.classes_per_task > classes:
            refuse(
                "benchmark.classes_per_task",
                f"{title} has {classes} classes; give each task {classes} or fewer.",
            )
        if benchmark.tasks * benchmark.classes_per_task > classes:
            most = classes // benchmark.classes_per_task
            refuse(
                "benchmark.tasks",
                f"{title} has {classes} classes: at {benchmark.classes_per_task} per task that is enough for "
                f"{most} tasks.",
            )

    def spread_over_seeds(self) -> tuple[str, ...]:
        """What differs between runs of this specification with different seeds, in words."""
        return ("initial weights", "order of images", *self.benchmark.drawn_with_the_run())

    def title(self) -> str:
        """The name, or one made from strategy and benchmark."""
        return self.name or f"{self.strategy.kind} on {self.benchmark.kind} {self.dataset.kind}"
