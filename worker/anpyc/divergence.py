"""Noticing that numbers stopped being finite, and telling why."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from anpyc.assembly import Assembly
from anpyc.errors import NonFiniteLoss
from anpyc.progress import Progress
from anpyc.spec import RunSpec
from anpyc.tasks import Task


class DivergenceWatch:
    """Looks at what each epoch and each measurement of importance leaves behind."""

    def __init__(self, spec: RunSpec, assembly: Assembly, progress: Progress) -> None:
        self._spec = spec
        self._assembly = assembly
        self._progress = progress
        self._tasks = len(assembly.sequence.tasks)
        self._device = assembly.network.flat.device

    def check_epoch(self, losses: Sequence[float], norms: Sequence[float], lr: float) -> None:
        """Losses, parameters and running statistics after an epoch. A norm that overflows counts as infinite:
        nothing can be computed from such weights, and no JSON can hold it.

        :param norms: of all parameters and of the running statistics.
        :raises NonFiniteLoss: with the step and the likely cause."""
        last = len(losses) - 1
        for step, loss in enumerate(losses):
            if not math.isfinite(loss):
                raise NonFiniteLoss(f"The loss became {loss} {self._where(step)}: {self._cause(lr, step)}.")
        for what, norm in zip(("weights", "running statistics"), norms, strict=True):
            if not math.isfinite(norm):
                raise NonFiniteLoss(
                    f"The {what} became infinite {self._where(last)}: {self._cause(lr, last)}."
                )

    def _cause(self, lr: float, step: int) -> str:
        """Why numbers stopped being finite, as far as can be told; ``step`` counts from the epoch's first."""
        if step == 0 and self._progress.step == 0:
            return (
                "the untrained network's answer is out of range already, so the images' values are too "
                "large; standardise them"
            )
        known = self._assembly.strategy.divergence_cause(lr)
        return known or f"the learning rate {lr:g} is probably too high; try a tenth of it"

    def foreseen(self, task: Task) -> str | None:
        """What to warn of before the first step of a task: numbers can grow without bound and still be finite
        when the run ends."""
        training = self._spec.training
        cause = self._assembly.strategy.divergence_cause(training.lr) if training.optimizer == "sgd" else None
        return None if cause is None else f"Task {task.index}: {cause}."

    def check_strategy(self, task: Task) -> None:
        """Importance and whatever else the strategy goes on with, each time that it has measured.

        :raises NonFiniteLoss: naming what it is."""
        state = self._assembly.strategy.state_dict().items()
        measured = {name: values for name, values in state if values.is_floating_point()}
        if not measured:
            return
        finite = torch.stack([torch.isfinite(v).all().to(self._device) for v in measured.values()]).tolist()
        for name, all_finite in zip(measured, finite, strict=True):
            if not all_finite:
                lr = self._spec.training.lr
                raise NonFiniteLoss(
                    f"The {name.rpartition('.')[2]} that {self._spec.strategy.kind} measured in task "
                    f"{task.index + 1} of {self._tasks} is not finite: the outputs have grown too "
                    f"large; try a tenth of the learning rate {lr:g}."
                )

    def _where(self, step: int) -> str:
        return self._progress.where(self._tasks, step)
