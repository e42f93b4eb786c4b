"""The training loop, from the specification to the accuracy matrix, top to bottom.

Speed comes from five habits: all images of a task are one tensor on the device and a batch is a few of its
rows; all parameters are one flat tensor, so that a step is a handful of operations; a GPU replays a step that
was captured once; what an epoch measures is kept on the device and read once at its end, and so are the
answers of a test of all tasks and the statistics of all layers. Every operation of a step is element-wise
over the flat tensor or a matrix product, so the steps of several runs of one shape can be taken as one: a run
hands out its epochs (:meth:`TrainingRun.story`), and whoever drives it, :func:`train` or
:mod:`anpyc.stacking`, takes their steps."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from anpyc.assembly import Assembly, assemble
from anpyc.capacity import Ledger
from anpyc.checkpoints import (
    VERSION,
    check_belongs,
    identity,
    pack_outcome,
    pack_tensors,
    restore_network,
    unpack_tensors,
)
from anpyc.divergence import DivergenceWatch
from anpyc.environment import choose_device, matrix_precision, thread_count
from anpyc.errors import DatasetUnreadable, OutOfMemory, Stopped, is_out_of_memory
from anpyc.optimizers import Optimizer, build_optimizer, learning_rate, restore_memory
from anpyc.progress import Progress
from anpyc.randomness import GlobalRandom, Random
from anpyc.recording import Checkpoint, LayerStatistics, Recorder
from anpyc.reporting import Reporter
from anpyc.spec import RunSpec, Training
from anpyc.steps import Epoch, EpochRunner, Recorded, Step, Trained, recorder_for
from anpyc.tasks import Examples, PooledExamples, Task
from anpyc.transfer import to_device


@dataclass(frozen=True)
class RunResult:
    """What a finished run has to show."""

    accuracy: list[list[float | None]]
    """Row i after task i, column j on task j, shares; None where not measured."""
    metrics: dict[str, float]
    layers: list[LayerStatistics]
    """Per task and tensor, at the end of the task."""
    seconds: float
    """Wall-clock time of the run, attempts before a resume included."""
    epochs: int
    """Epochs trained, retraining included."""
    before_pruning: list[float | None] = field(default_factory=list)
    """Accuracy on each task at the end of its base training, a share; None for a task that is not pruned."""


def train(
    spec: RunSpec,
    recorder: Recorder,
    *,
    datasets_dir: Path,
    checkpoint: Checkpoint | None = None,
    threads: int | None = None,
    checkpoint_seconds: float = 300.0,
) -> RunResult:
    """Carry out one run, or the rest of it from ``checkpoint`` on.

    Same specification, seed, machine and thread count: same result, to the bit on a CPU, also across a
    resume.

    :param threads: CPU threads for torch; None leaves torch's setting.
    :param checkpoint_seconds: checkpoint also between epochs, when this much time has passed since the last.
    :raises anpyc.errors.TrainingError: with one sentence on what is wrong and where.
    :raises Stopped: when the recorder says so.
    """
    device = choose_device(spec.device)
    devices = [device] if device.type == "cuda" else []
    with thread_count(threads), matrix_precision(spec.training.precision), torch.random.fork_rng(devices):
        torch.manual_seed(spec.seed)
        assembly = assemble(spec, device, datasets_dir)
        replays = recorder_for(device)
        run = TrainingRun(spec, recorder, assembly, GlobalRandom(device), checkpoint_seconds, replays)
        try:
            if checkpoint is not None:
                run.restore(checkpoint)
            return _tell(run.story())
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemory(
                f"The {device.type} ran out of memory {run.where()}: take a smaller batch size, a smaller "
                "network or fewer training images."
            ) from error


def _tell(story: Generator[Epoch, Trained, RunResult]) -> RunResult:
    """From beginning to end, epoch by epoch."""
    try:
        epoch = next(story)
        while True:
            epoch = story.send(epoch.take())
    except StopIteration as end:
        result: RunResult = end.value
        return result


class TrainingRun:
    """One run, ready for its first step."""

    def __init__(
        self,
        spec: RunSpec,
        recorder: Recorder,
        assembly: Assembly,
        random: Random,
        checkpoint_seconds: float,
        replays: Recorded | None = None,
    ) -> None:
        """:param random: the random numbers that the assembly's weights were drawn from, and that training
            goes on with.
        :param replays: makes its steps replayable; None where they are taken as written."""
        self._spec = spec
        self._recorder = recorder
        self._device = assembly.network.flat.device
        self._checkpoint_seconds = checkpoint_seconds
        self._random = random
        self._shuffle = torch.Generator().manual_seed(spec.seed)
        self._assembly = assembly
        self._sequence, self._network = self._assembly.sequence, self._assembly.network
        self._strategy = self._assembly.strategy
        self._tasks = self._sequence.tasks
        self._ledger = Ledger(self._network)
        self._progress = Progress()
        self._watch = DivergenceWatch(spec, self._assembly, self._progress)
        steps = sum(sum(self._round_epochs(task)) for task in self._tasks)
        images = spec.training.evaluate_images
        self._report = Reporter(
            recorder, self._assembly, self._progress, self._ledger, self._watch, steps, images
        )
        self._resumed: dict[str, Tensor] | None = None
        """The optimizer's state in the middle of the task that a checkpoint leads into."""
        self._memory: dict[str, Tensor] = {}
        """The optimizer's state at the last task's end, where the next takes it over."""
        self._started = time.perf_counter()
        self._checkpointed = self._started
        self._runner: EpochRunner | None = None
        """Takes the steps of the round under way."""
        self._replays = replays
        self._kept = PooledExamples()
        """The data of all tasks so far, where the strategy keeps them."""

    # --- the story --------------------------------------------------------------------------------------

    def story(self) -> Generator[Epoch, Trained, RunResult]:
        """From here to the run's end. Whoever listens takes the steps of each epoch and sends what they came
        to."""
        progress = self._progress
        self._report.plan()
        if progress.step == 0:
            for note in self._sequence.notes:
                self._recorder.log(note.level, note.text)
            self._report.evaluate_untrained()
        for task in self._tasks[progress.task :]:
            yield from self._train_task(task)
        progress.seconds += time.perf_counter() - self._started
        return RunResult(
            accuracy=progress.matrix,
            metrics=self._report.metrics(),
            layers=[LayerStatistics(**{**row, "shape": tuple(row["shape"])}) for row in progress.layers],
            seconds=progress.seconds,
            epochs=progress.step,
            before_pruning=self._report.before_pruning(),
        )

    def _train_task(self, task: Task) -> Generator[Epoch, Trained, None]:
        progress, strategy = self._progress, self._strategy
        examples = self._examples(task)
        self._recorder.log(
            "info",
            f"Task {task.index} ({task.index + 1} of {len(self._tasks)}), {task.title}: {len(examples):,} "
            "training images.",
        )
        optimizer = self._optimizer(task)
        if self._resumed is not None:
            restore_memory(optimizer, self._resumed)
            self._resumed = None
            strategy.resume_task(task)
        else:
            if self._memory:
                restore_memory(optimizer, self._memory)
            strategy.before_task(task, examples.newest)
            warning = self._watch.foreseen(task)
            if warning is not None:
                self._recorder.log("warning", warning)
        rounds = self._round_epochs(task)
        for round_ in range(progress.round, len(rounds)):
            if round_ > 0 and progress.epoch == 0:
                strategy.before_round(task, round_, examples.newest)
                self._watch.check_strategy(task)
            trainable = strategy.trainable()
            if trainable is not None:
                optimizer.forget(trainable)
            self._runner = None
            while progress.epoch < rounds[round_]:
                left = rounds[round_] - progress.epoch
                yield from self._train_epoch(task, round_, examples, optimizer, left)
                self._after_epoch(task, round_, rounds, optimizer)
            self._close_round(task, round_, examples, optimizer, last=round_ == len(rounds) - 1)
        self._runner = None  # it holds the task's images

    def _train_epoch(
        self,
        task: Task,
        round_: int,
        examples: Examples | PooledExamples,
        optimizer: Optimizer,
        left: int,
    ) -> Generator[Epoch, Trained, None]:
        """One pass.

        :raises Stopped: when the recorder says so."""
        lr = learning_rate(self._spec.training, task.index, round_, self._progress.task_epochs)
        if self._runner is None or self._runner.step.lr != lr:
            trained = self._trained_parts(task)
            step = Step(self._network, self._strategy, task, examples, optimizer, trained, lr)
            self._runner = EpochRunner(step, self._recorder.should_stop, self._replays)
        order = self._order(len(examples))
        sizes = self._batch_sizes(len(order))
        self._network.train()
        losses, started = yield Epoch(self._runner, order, sizes, left)
        if losses is None:
            raise Stopped
        self._report.epoch(task, round_, losses, sizes, lr, started)

    def _close_round(
        self, task: Task, round_: int, examples: Examples | PooledExamples, optimizer: Optimizer, last: bool
    ) -> None:
        """Everything that happens between two rounds or two tasks, then a checkpoint."""
        progress, strategy = self._progress, self._strategy
        if last and self._spec.training.keep_optimizer:
            self._memory = optimizer.state_dict()
        if last:
            strategy.after_task(task, examples.newest)
            self._watch.check_strategy(task)
        self._report.layers(task, round_, last)
        accuracy = self._report.evaluate(task, round_, end_of_task=last)
        if round_ == 0 and not last:
            progress.before_pruning[str(task.index)] = self._report.before_pruning_of(task, accuracy)
        if last:
            self._recorder.metrics(self._report.metrics())
            progress.task, progress.round, progress.task_epochs = task.index + 1, 0, 0
        else:
            progress.round = round_ + 1
        progress.epoch = 0
        self._checkpoint(task, round_, None if last else optimizer)

    def _after_epoch(self, task: Task, round_: int, rounds: list[int], optimizer: Optimizer) -> None:
        """Evaluation and checkpoint between the epochs of a round; the last epoch's are the round's."""
        progress = self._progress
        if progress.epoch == rounds[round_]:
            return
        if progress.epoch % self._spec.training.evaluate_every == 0:
            self._report.evaluate(task, round_, end_of_task=False)
        if time.perf_counter() - self._checkpointed >= self._checkpoint_seconds:
            self._checkpoint(task, round_, optimizer)

    def _examples(self, task: Task) -> Examples | PooledExamples:
        """What a task is trained on: its own images or, for joint training, those of all tasks so far."""
        if not self._strategy.keeps_data:
            return self._sequence.training_examples(task)
        for earlier in self._tasks[self._kept.tasks : task.index + 1]:
            self._kept.add(self._sequence.training_examples(earlier), earlier.head)
        return self._kept if self._kept.tasks > 1 else self._kept.newest

    # --- parts ------------------------------------------------------------------------------------------

    def _round_epochs(self, task: Task) -> list[int]:
        """Epochs of the base training and of each pruning round."""
        return [self._spec.training.epochs_per_task, *self._strategy.round_epochs(task)]

    def _optimizer(self, task: Task) -> Optimizer:
        return build_optimizer(self._spec.training, self._trained_parts(task))

    def _trained_parts(self, task: Task) -> dict[str, Tensor]:
        """The flat parameters that the optimizer changes, by name: the body's, then the heads'."""
        heads = self._strategy.trained_heads(task)
        return {"body": self._network.body_flat} | {f"head{h}": self._network.head_flat(h) for h in heads}

    def _order(self, examples: int) -> Tensor:
        """The images of one epoch in the order they are shown, on the device."""
        wanted = _images_per_epoch(self._spec.training, examples, self._progress.epoch)
        passes = [torch.randperm(examples, generator=self._shuffle) for _ in range(-(-wanted // examples))]
        return to_device(torch.cat(passes)[:wanted], self._device)

    def _batch_sizes(self, images: int) -> list[int]:
        """Images per step. A single one that would be left over joins the batch before it where an image is
        normalised by its batch, which says nothing of one alone.

        :raises DatasetUnreadable: where a task has no second image to go with it."""
        size = self._spec.training.batch_size
        sizes = [size] * (images // size) + ([images % size] if images % size else [])
        if sizes[-1] == 1 and self._network.normalises_batches:
            if len(sizes) == 1:
                raise DatasetUnreadable(
                    f"{self._tasks[self._progress.task].title} has one training image, and the network "
                    "normalises over several: use more images, or an MLP."
                )
            sizes[-2:] = [sizes[-2] + 1]
        return sizes

    def where(self) -> str:
        """The position in words, for messages."""
        step = self._runner.position if self._runner is not None else 0
        return self._progress.where(len(self._tasks), step)

    # --- checkpoints ------------------------------------------------------------------------------------

    def _checkpoint(self, task: Task, round_: int, optimizer: Optimizer | None) -> None:
        progress = self._progress
        self._checkpointed = time.perf_counter()
        progress.seconds += self._checkpointed - self._started
        self._started = self._checkpointed
        tensors = {
            "network": {"flat": self._network.flat, **dict(self._network.named_buffers())},
            "strategy": self._strategy.state_dict(),
            "ledger": self._ledger.state_dict(),
            "optimizer": optimizer.state_dict() if optimizer is not None else self._memory,
            "random": {"shuffle": self._shuffle.get_state(), **self._random.state()},
        }
        state = {"version": VERSION, "spec": identity(self._spec), "progress": progress.saved()}
        ended = progress.task > task.index
        outcome = pack_outcome(self._network, self._strategy) if ended else None
        self._recorder.checkpoint(
            Checkpoint(progress.step, task.index, round_, pack_tensors(tensors), state, outcome)
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        check_belongs(checkpoint, self._spec)
        tensors = unpack_tensors(checkpoint.tensors, self._device)
        self._progress.load(cast("dict[str, Any]", checkpoint.state["progress"]))
        restore_network(self._network, tensors["network"])
        self._strategy.load_state_dict(tensors.get("strategy", {}))
        self._ledger.load_state_dict(tensors["ledger"])
        random = tensors["random"]
        self._shuffle.set_state(random["shuffle"])
        self._random.load(random)
        optimizer = tensors.get("optimizer", {})
        if self._progress.round or self._progress.epoch:
            self._resumed = optimizer
        else:
            self._memory = optimizer


def _images_per_epoch(training: Training, examples: int, epoch: int) -> int:
    """All of them; or, where iterations are counted, the images of this epoch's share of the iterations."""
    if training.iterations is None:
        return examples
    pieces = training.epochs_per_task
    piece = epoch % pieces
    steps = training.iterations * (piece + 1) // pieces - training.iterations * piece // pieces
    return steps * training.batch_size
