"""Several runs of one shape, trained as one.

Their parameters are the rows of one tensor. A step takes the batches of all of them at once, each in the
order of its own run, through matrix products with a leading dimension, the runs; the gradient of the sum of
their losses is, row by row, the gradient of each. Everything else that a run is made of, its penalty, mask,
optimizer, pruning, evaluation, checkpoints and reports, is its own and done by the same code as for a run
alone, on its row. So a run is what it would be alone, up to the rounding of sums in matrix products.

Runs meet at each epoch. Those that are furthest behind go on together; who has more pruning rounds than
others is waited for before the next task. A run that fails or stops leaves the others alone. On the CPU every
thread has runs of its own and waits for no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.assembly import Assembly, assemble_over, sequence_of
from anpyc.benchmarks.task_sequence import TaskSequence
from anpyc.datasets.reading import load_datasets
from anpyc.environment import choose_device, matrix_precision, thread_count
from anpyc.errors import TrainingError, is_out_of_memory
from anpyc.models.body import Body
from anpyc.models.stacked import StackedParameter, linear
from anpyc.optimizers import Optimizer, together
from anpyc.randomness import OwnRandom
from anpyc.recording import Checkpoint, Recorder
from anpyc.spec import RunSpec
from anpyc.spec.stacking import stacking_key
from anpyc.steps import Epoch, EpochRunner, Step, Trained, recorder_for
from anpyc.training import RunResult, TrainingRun

ALIGNED = 64
"""Values, 256 bytes."""

Outcome = RunResult | Exception
"""How a run has ended."""


class NotStackable(ValueError):
    """The runs differ in more than numbers, or are of a kind that is trained alone."""


@dataclass(frozen=True)
class Member:
    """One of the runs."""

    spec: RunSpec
    recorder: Recorder
    checkpoint: Checkpoint | None = None
    """Where it goes on from."""
    on_end: Callable[[Outcome], None] = lambda _: None
    """Told when it has ended, on the thread that trains."""


def train_together(
    members: Sequence[Member],
    *,
    datasets_dir: Path,
    threads: int = 1,
    checkpoint_seconds: float = 300.0,
) -> list[Outcome]:
    """Carry out all runs. Answers how each has ended.

    :param threads: on the CPU, how many train.
    :raises NotStackable: where they cannot be trained as one.
    :raises anpyc.errors.TrainingError: where none can begin, such as without the data.
    :raises RuntimeError: where only one cannot, or the memory is not enough for all of them together; alone
        each may fare better."""
    device = choose_device(members[0].spec.device)
    keys = {stacking_key(member.spec, device.type) for member in members}
    if len(keys) != 1 or None in keys:
        raise NotStackable("Runs that are trained as one have one shape and differ in numbers only.")
    lanes = min(threads, len(members)) if device.type == "cpu" else 1
    devices = [device] if device.type == "cuda" else []
    precision = members[0].spec.training.precision
    with thread_count(1), matrix_precision(precision), torch.random.fork_rng(devices):
        sequences = _Sequences(members[0].spec, device, datasets_dir)
        broken = threading.Event()
        stacks = [
            _Stack(members[lane::lanes], device, sequences, checkpoint_seconds, broken)
            for lane in range(lanes)
        ]
        if lanes == 1:
            ended = [stacks[0].train()]
        else:
            with ThreadPoolExecutor(lanes, "stack", torch.set_num_threads, (1,)) as pool:
                ended = list(pool.map(_Stack.train, stacks))
    return [ended[i % lanes][i // lanes] for i in range(len(members))]


class _Sequences:
    """The tasks of the runs, shared by those that see the same."""

    def __init__(self, spec: RunSpec, device: torch.device, datasets_dir: Path) -> None:
        self._device = device
        self._data = load_datasets(spec, datasets_dir)
        self._shared = None if spec.benchmark.drawn_with_the_run() else self._loaded(spec)

    def __call__(self, spec: RunSpec) -> TaskSequence:
        try:
            return self._shared or self._loaded(spec)
        except TrainingError as error:
            raise RuntimeError(f"A run with seed {spec.seed} cannot begin: {error}") from error

    def _loaded(self, spec: RunSpec) -> TaskSequence:
        return sequence_of(spec, self._data, self._device)


@dataclass
class _Row:
    """One run and its row."""

    index: int
    member: Member
    run: TrainingRun
    random: OwnRandom
    """Where its weights and dropout are drawn from."""
    story: Generator[Epoch, Trained, RunResult] = field(init=False)
    waits_for: Epoch | None = None
    """None once it has ended."""
    outcome: Outcome | None = None

    @property
    def epoch(self) -> Epoch:
        """The one that it waits to have trained."""
        assert self.waits_for is not None  # noqa: S101 - it has not ended
        return self.waits_for

    @property
    def step(self) -> Step:
        """What a step of it would be, alone."""
        return cast("Step", self.epoch.runner.step)

    def go_on(self, trained: Trained | None) -> None:
        """To its next epoch, or its end. Whatever goes wrong in it ends this run and no other.

        :raises MemoryError: or RuntimeError, where memory is not enough for all of them."""
        self.waits_for = None  # it holds the task's images
        try:
            if trained is None:
                if self.member.checkpoint is not None:
                    self.run.restore(self.member.checkpoint)
                self.story = self.run.story()
                self.waits_for = next(self.story)
            else:
                self.waits_for = self.story.send(trained)
            return
        except StopIteration as end:
            self.outcome = cast("RunResult", end.value)
        except Exception as error:  # the edge of one run: its reason is its own
            if is_out_of_memory(error):
                raise
            self.outcome = error
        self.member.on_end(self.outcome)


class _Stack:
    """Runs whose steps one thread takes together."""

    def __init__(
        self,
        members: Sequence[Member],
        device: torch.device,
        sequences: _Sequences,
        seconds: float,
        broken: threading.Event,
    ) -> None:
        """:param broken: set where a stack cannot go on, so that its neighbours do not either."""
        self._broken = broken
        self._homes = torch.empty(0)
        """(runs, parameters and what fills up the row)."""
        self._replays = recorder_for(device)
        self._rows = [self._row(i, members, device, sequences, seconds) for i in range(len(members))]
        self._trained: tuple[list[EpochRunner], EpochRunner] | None = None
        """Whose epochs were trained last, and by what."""

    def _row(
        self,
        index: int,
        members: Sequence[Member],
        device: torch.device,
        sequences: _Sequences,
        seconds: float,
    ) -> _Row:
        def home(values: int) -> Tensor:
            if not self._homes.numel():
                self._homes = torch.empty((len(members), _aligned(values)), device=device)
            return self._homes[index, :values]

        member = members[index]
        torch.manual_seed(member.spec.seed)
        assembly: Assembly = assemble_over(sequences(member.spec), member.spec, device, home)
        random = OwnRandom(device)
        run = TrainingRun(member.spec, member.recorder, assembly, random, seconds)
        return _Row(index, member, run, random)

    def train(self) -> list[Outcome]:
        """All to their ends."""
        try:
            for row in self._rows:
                row.go_on(None)
            while waiting := [row for row in self._rows if row.outcome is None]:
                together = _furthest_behind(waiting)
                began = time.perf_counter()
                losses = self._take(together)
                seconds = time.perf_counter() - began
                if self._broken.is_set():
                    break
                for row, own in zip(together, losses, strict=True):
                    row.go_on(Trained(own, time.perf_counter() - seconds))
        except BaseException:
            self._broken.set()
            raise
        return [cast("Outcome", row.outcome) for row in self._rows]

    def _take(self, rows: Sequence[_Row]) -> list[Tensor | None]:
        """The losses of one epoch of each; None for a run that is to stop."""
        runner = self._runner(rows)
        order = torch.stack([row.epoch.order for row in rows], 1)
        left = min(row.epoch.left for row in rows)
        losses = runner.run(order, rows[0].epoch.sizes, left)
        if left == 1:
            self._trained = None  # a round ends, and it holds the task's images
        if losses is None:
            return [None] * len(rows)
        stopped = [row.member.recorder.should_stop() for row in rows]
        return [None if stop else own for stop, own in zip(stopped, losses.unbind(1), strict=True)]

    def _runner(self, rows: Sequence[_Row]) -> EpochRunner:
        """The one of the last epoch, as long as every run takes the same steps as in it."""
        runners = [row.epoch.runner for row in rows]
        if self._trained is None or self._trained[0] != runners:
            self._trained = None
            stops = [row.member.recorder.should_stop for row in rows]
            step = StackedStep(self._homes, rows)
            self._trained = (
                runners,
                EpochRunner(step, lambda: self._broken.is_set() or all(s() for s in stops), self._replays),
            )
        return self._trained[1]


def _aligned(values: int) -> int:
    """So many at least that the next row begins where wide loads of a GPU may begin."""
    return -(-values // ALIGNED) * ALIGNED


def _furthest_behind(rows: Sequence[_Row]) -> list[_Row]:
    """Those at the earliest task whose epochs have as many steps, of as many images, as the first's."""
    first = min(rows, key=lambda row: row.step.task.index)
    return [row for row in rows if _pace(row) == _pace(first)]


def _pace(row: _Row) -> tuple[object, ...]:
    task = row.step.task
    return task.index, task.head, task.classes.stop, tuple(row.epoch.sizes)


class StackedStep:
    """One step of several runs."""

    def __init__(self, homes: Tensor, rows: Sequence[_Row]) -> None:
        """:param homes: (all runs, parameters and more), of which these runs are some rows."""
        self._homes = homes
        self._chosen: Tensor | None = None
        """Their rows, where these are not all."""
        if len(rows) < len(homes):
            self._chosen = torch.tensor([row.index for row in rows], device=homes.device)
        self._random = [row.random.generator for row in rows]
        self._steps = steps = [row.step for row in rows]
        self.lr = tuple(step.lr for step in steps)
        first = steps[0]
        self._network, self._task = first.network, first.task
        self._body = cast("Body", self._network.body)
        self._places = [*_places(self._network.flat, first)]
        trained = [shape.numel() for _, _, shape in self._places]
        gradient = homes.new_empty((len(rows), _aligned(sum(trained))))[:, : sum(trained)]
        self._gradients = [
            own.view(-1, *shape)
            for own, (_, _, shape) in zip(torch.split(gradient, trained, 1), self._places, strict=True)
        ]
        """By parameter, (runs, …)."""
        sizes = [values.numel() for values in first.trained.values()]
        parts = [torch.split(own, sizes) for own in gradient]
        self._protected = [own[: self._network.protected_flat.numel()] for own in gradient]
        masked = [(p[0], s.trainable) for p, s in zip(parts, steps, strict=True) if s.trainable is not None]
        self._held = [body for body, _ in masked], [trainable for _, trainable in masked]
        self._optimizers = [*_optimizers(steps, parts)]

    def __call__(self, chosen: Tensor) -> Tensor:
        """:param chosen: (batch, runs) positions of images.

        Answers (runs,) cross-entropies before the step."""
        images, labels = self._batches(chosen)
        theta = self._homes if self._chosen is None else self._homes.index_select(0, self._chosen)
        *body, weight, bias = [
            StackedParameter(theta[:, a:b].detach().view(-1, *shape).requires_grad_(), gradient)
            for (a, b, shape), gradient in zip(self._places, self._gradients, strict=True)
        ]
        features = self._body.stacked(body, images, self._random).transpose(1, 2)
        outputs = self._task.classes
        logits = linear(features, weight.rows(outputs), bias.rows(outputs)).transpose(1, 2)
        cross_entropies = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none")
        losses = cross_entropies.view(labels.shape).mean(1)
        torch.autograd.backward([losses.sum()])
        self._change()
        return losses.detach()

    def _change(self) -> None:
        """From here on each run for itself, by the code that a run alone goes through."""
        for step, gradient in zip(self._steps, self._protected, strict=True):
            step.strategy.after_backward(gradient)
        if self._held[0]:
            torch._foreach_mul_(*self._held)
        for optimizer, gradients, lr in self._optimizers:
            optimizer.step(gradients, lr)
        for step in self._steps:
            step.strategy.after_step(step.lr)

    def _batches(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """(runs, batch, channels, height, width) images, (runs, batch) labels."""
        examples = [step.examples.newest for step in self._steps]
        first, runs = examples[0], len(examples)
        if all(own is first for own in examples):
            images, labels, _ = first.batch(chosen.t().reshape(-1))
            return images.view(runs, -1, *images.shape[1:]), labels.view(runs, -1)
        batches = [own.batch(chosen[:, run]) for run, own in enumerate(examples)]
        return torch.stack([b[0] for b in batches]), torch.stack([b[1] for b in batches])


def _places(flat: Tensor, step: Step) -> Iterator[tuple[int, int, torch.Size]]:
    """Where what is trained lies among a network's parameters, and its shape: body, then head."""
    (head,) = step.heads
    for parameter in step.network.body_parameters() + step.network.head_parameters(head):
        start = int(parameter.storage_offset() - flat.storage_offset())
        yield start, start + parameter.numel(), parameter.shape


def _optimizers(
    steps: Sequence[Step], parts: Sequence[Sequence[Tensor]]
) -> Iterator[tuple[Optimizer, list[Tensor], float]]:
    """An optimizer for all runs of one learning rate and momentum, the gradients that it takes, and the
    rate."""
    alike: dict[tuple[float, float], list[int]] = {}
    for run, step in enumerate(steps):
        alike.setdefault((step.lr, step.optimizer.momentum), []).append(run)
    for (lr, _), runs in alike.items():
        gradients = [part for run in runs for part in parts[run]]
        yield together([steps[run].optimizer for run in runs]), gradients, lr
