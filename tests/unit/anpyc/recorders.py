"""What takes the place of a database and of a GPU in tests: a recorder that keeps everything in lists, and
steps that are taken again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import yaml

from anpyc.recording import (
    Checkpoint,
    EpochResult,
    Evaluation,
    LayerStatistics,
    Level,
    MaskSnapshot,
    Plan,
)
from anpyc.spec import RunSpec, parse_spec
from anpyc.spec.strategy import AnpycStrategy


class Replays:
    """Takes a step again where a GPU would replay it, and counts."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def __call__(self, body: Callable[[], None]) -> Callable[[], None]:
        self.recorded += 1

        def again() -> None:
            self.replayed += 1
            body()

        return again


class Memory:
    def __init__(self, stop: Callable[[], bool] = lambda: False) -> None:
        self.plans: list[Plan] = []
        self.epochs: list[EpochResult] = []
        self.evaluations: list[Evaluation] = []
        self.statistics: list[LayerStatistics] = []
        self.snapshots: list[MaskSnapshot] = []
        self.checkpoints: list[Checkpoint] = []
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.known: list[dict[str, float]] = []
        self._stop = stop

    def plan(self, plan: Plan) -> None:
        self.plans.append(plan)

    def epoch(self, result: EpochResult) -> None:
        self.epochs.append(result)

    def evaluation(self, evaluation: Evaluation) -> None:
        self.evaluations.append(evaluation)

    def layers(self, statistics: Sequence[LayerStatistics]) -> None:
        self.statistics += statistics

    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None:
        self.snapshots += snapshots

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(checkpoint)

    def metrics(self, metrics: dict[str, float]) -> None:
        self.known.append(metrics)

    def log(self, level: Level, text: str) -> None:
        self.lines.append(text)
        if level == "warning":
            self.warnings.append(text)

    def should_stop(self) -> bool:
        return self._stop()


def tiny(changes: Mapping[str, object] | None = None) -> RunSpec:
    """Three permuted tasks of digits on a small network, in a second, ANPyC in its published form;
    ``changes`` by dotted path."""
    data = yaml.safe_load(
        """
        benchmark: {kind: permuted, tasks: 3}
        dataset: {kind: digits, train_limit: 300}
        model: {kind: mlp, hidden: [24, 16], dropout: 0.2}
        strategy: {kind: anpyc, retrain_epochs: 1}
        training: {epochs: 2, batch_size: 32, optimizer: sgd, lr: 0.1, momentum: 0.5}
        """
    )
    data["strategy"] |= AnpycStrategy.PUBLISHED | {"initial_prune_percent": 40, "prune_step": 20}
    for path, value in (changes or {}).items():
        *parents, last = path.split(".")
        target = data
        for name in parents:
            target = target.setdefault(name, {})
        if last == "kind" and target.get("kind") != value:
            target.clear()
        target[last] = value
    return parse_spec(data)
