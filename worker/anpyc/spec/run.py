"""The whole specification, and what only its parts together can say."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from anpyc.spec.benchmark import Benchmark, PermutedBenchmark
from anpyc.spec.dataset import Dataset, DatasetPart, DigitsDataset
from anpyc.spec.model import MlpModel, Model
from anpyc.spec.part import Line, SpecPart, setting
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
        for part in (self.strategy, self.model, self.benchmark, self.dataset):
            part.check(self)
        return self

    def sources(self) -> tuple[DatasetPart, ...]:
        """The data sets that the tasks take their images from: one for all of them, or one for each."""
        return self.benchmark.sources(self.dataset)

    def epochs(self) -> int:
        """Of the whole run, retraining included."""
        strategy, tasks = self.strategy.settled(self.benchmark.scenario), self.benchmark.tasks
        rounds = (epochs for task in range(tasks) for epochs in strategy.round_epochs(task, tasks))
        return tasks * self.training.epochs_per_task + sum(rounds)

    def spread_over_seeds(self) -> tuple[str, ...]:
        """What differs between runs of this specification with different seeds, in words."""
        return ("initial weights", "order of images", *self.benchmark.drawn_with_the_run())

    def title(self) -> str:
        """The name, or one made from strategy and benchmark."""
        return self.name or f"{self.strategy.kind} on {self.benchmark.kind} {self.dataset.kind}"
