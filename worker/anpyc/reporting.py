"""What a run measures and tells its recorder."""

from __future__ import annotations

import operator
import time
from collections.abc import Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from anpyc.assembly import Assembly
from anpyc.capacity import Ledger
from anpyc.divergence import DivergenceWatch
from anpyc.environment import describe_environment
from anpyc.metrics import summarise
from anpyc.progress import Progress
from anpyc.recording import TESTED_BETWEEN_TASKS, EpochResult, Evaluation, Plan, Recorder
from anpyc.tasks import Task


class Reporter:
    """Measures after epochs, rounds and tasks, keeps the results in the progress and tells the recorder."""

    def __init__(
        self,
        recorder: Recorder,
        assembly: Assembly,
        progress: Progress,
        ledger: Ledger,
        watch: DivergenceWatch,
        steps: int,
        images: int | None = None,
    ) -> None:
        """:param steps: epochs of the whole run.
        :param images: of each task that tests between the ends of tasks use; None: all."""
        self._recorder = recorder
        self._assembly = assembly
        self._sequence, self._network = assembly.sequence, assembly.network
        self._strategy = assembly.strategy
        self._tasks = assembly.sequence.tasks
        self._progress = progress
        self._ledger = ledger
        self._watch = watch
        self._steps = steps
        self._images = images

    def plan(self) -> None:
        """What is known before the first step."""
        layers = tuple(segment.layer for segment in self._network.segments)
        between = self._tested_between_tasks()
        looks_inside = self._strategy.mask() is not None or self._strategy.importance() is not None
        environment = describe_environment(self._network.flat.device) | self._sequence.decisions
        if between is not None:
            environment[TESTED_BETWEEN_TASKS] = between
        titles = tuple(task.title for task in self._tasks)
        shown = layers if looks_inside else ()
        self._recorder.plan(Plan(len(self._tasks), self._steps, titles, shown, environment))

    def epoch(
        self, task: Task, round_: int, losses: Tensor, sizes: Sequence[int], lr: float, started: float
    ) -> None:
        """An epoch that has just ended.

        :param losses: (steps,) cross-entropies, on the device.
        :param sizes: images of each step.
        :param started: when it began, on the clock of ``time.perf_counter``.
        :raises NonFiniteLoss: where its numbers are not finite."""
        progress = self._progress
        penalty = self._strategy.penalty_value()
        penalties = [penalty.view(1)] if penalty is not None else []
        norms = torch.stack([self._network.flat.norm(), self._network.statistics.norm()])
        read = torch.cat([norms.double(), *penalties, losses.double()]).tolist()  # the one wait of an epoch
        seconds = time.perf_counter() - started
        values = read[-len(sizes) :]
        self._watch.check_epoch(values, read[:2], lr)
        mean = sum(map(operator.mul, values, sizes)) / sum(sizes)
        progress.epoch += 1
        progress.task_epochs += 1
        progress.step += 1
        self._recorder.epoch(
            EpochResult(
                step=progress.step,
                task=task.index,
                round=round_,
                epoch=progress.epoch,
                loss=mean,
                penalty=read[2] if penalties else 0.0,
                learning_rate=lr,
                seconds=seconds,
                progress=progress.step / self._steps,
            )
        )

    def evaluate(self, task: Task, round_: int, end_of_task: bool) -> float:
        """Accuracy on all tasks so far; at a task's end on the next too where it is answered by the same
        head. Answers that on ``task`` itself. Between the ends of tasks not more images are used than asked
        for."""
        tasks = list(self._tasks[: task.index + 1])
        if end_of_task and self._sequence.shows_unseen_tasks:
            tasks += self._tasks[task.index + 1 : task.index + 2]
        known = {other.index: self._unchanged(other, task) for other in tasks}
        images = None if end_of_task else self._images
        measured = self._assembly.accuracies([o for o in tasks if known[o.index] is None], task, images)
        accuracy = {j: measured[j] if value is None else value for j, value in known.items()}
        if end_of_task:
            self._progress.matrix.append([accuracy.get(j) for j in range(len(self._tasks))])
            mean = sum(accuracy[j] for j in range(task.index + 1)) / (task.index + 1)
            self._recorder.log("info", f"After task {task.index}: {100 * mean:.1f} % on average.")
        self._recorder.evaluation(Evaluation(self._progress.step, task.index, round_, accuracy, end_of_task))
        return accuracy[task.index]

    def before_pruning_of(self, task: Task, accuracy: float) -> float:
        """On all images, which its accuracy at the task's end is measured on too.

        :param accuracy: as just evaluated between the ends of tasks."""
        return accuracy if self._images is None else self._assembly.accuracy(task, task)

    def _tested_between_tasks(self) -> str | None:
        """What a task's accuracy between the ends of tasks is measured on; None for the same as there."""
        if self._images is None:
            return None
        sizes = {self._sequence.held_out_count(task) for task in self._tasks}
        if max(sizes) <= self._images:
            return None
        of = f"{min(sizes):,}" if len(sizes) == 1 else f"{min(sizes):,} to {max(sizes):,}"
        return f"the first {self._images:,} of each task's {of} test images"

    def _unchanged(self, task: Task, trained: Task) -> float | None:
        """The accuracy on an earlier task as measured when the task before ``trained`` ended, if nothing that
        it is tested with can have changed since."""
        if task.index >= trained.index or task.head == trained.head:
            return None
        return self._progress.matrix[-1][task.index] if self._strategy.keeps(task) else None

    def evaluate_untrained(self) -> None:
        """Accuracy on all tasks before the first step."""
        accuracy = self._assembly.accuracies(self._tasks)
        self._progress.untrained = [accuracy[j] for j in range(len(self._tasks))]
        self._recorder.evaluation(Evaluation(0, 0, 0, accuracy, end_of_task=False))

    def layers(self, task: Task, round_: int, last: bool) -> None:
        """Statistics and masks of a round that has just ended, the ``last`` of its task or not."""
        strategy = self._strategy
        mask, importance = strategy.mask(), strategy.importance()
        if mask is None and importance is None:
            return
        statistics, snapshots = self._ledger.close_round(
            task.index, round_, mask, strategy.claimed(), importance, last
        )
        self._recorder.layers(statistics)
        if round_ > 0:
            free = sum(row.free for row in statistics) / sum(row.total for row in statistics)
            self._recorder.log(
                "info",
                f"Task {task.index}, pruning round {round_}: {100 * free:.1f} % of the parameters are free.",
            )
        if snapshots:
            self._recorder.masks(snapshots)
        if last:
            self._progress.layers += [asdict(row) for row in statistics]

    def metrics(self) -> dict[str, float]:
        """All that are known of the tasks that have ended."""
        progress = self._progress
        untrained = progress.untrained if self._sequence.shows_unseen_tasks else None
        metrics = summarise(progress.matrix, untrained=untrained, before_pruning=self.before_pruning())
        end = [row for row in progress.layers if row["task"] == len(progress.matrix) - 1]
        if end:
            metrics["capacity_free"] = sum(row["free"] for row in end) / sum(row["total"] for row in end)
        return metrics

    def before_pruning(self) -> list[float | None]:
        """Nothing where a pruned task's is not known, as after a checkpoint of an earlier version: the mean
        over the others would be another number."""
        known, ended = self._progress.before_pruning, self._tasks[: len(self._progress.matrix)]
        pruned = {str(task.index) for task in ended if self._strategy.round_epochs(task)}
        return [known.get(str(task.index)) for task in ended] if pruned <= known.keys() else []
