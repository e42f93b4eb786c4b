"""Optimizers over flat tensors: a few operations per step, whatever the number of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

import torch
from torch import Tensor
from torch.optim.adam import adam

from anpyc.spec import Training

BETAS = 0.9, 0.999
"""Of Adam."""


class Sgd:
    """θ ← θ − lr·g, or with momentum v ← μ·v + g, θ ← θ − lr·v."""

    def __init__(self, parts: Mapping[str, Tensor], momentum: float) -> None:
        self._names = list(parts)
        self._values = list(parts.values())
        self.momentum = momentum
        self.momenta = [torch.zeros_like(v) for v in self._values] if momentum else []

    def step(self, gradients: Sequence[Tensor], lr: float) -> None:
        updates = list(gradients)
        if self.momenta:
            torch._foreach_mul_(self.momenta, self.momentum)
            torch._foreach_add_(self.momenta, updates)
            updates = self.momenta
        torch._foreach_add_(self._values, updates, alpha=-lr)

    def forget(self, trainable: Tensor) -> None:
        """Drop the body's momentum where ``trainable`` is 0: with a gradient of 0 it stays where it is."""
        for momentum in self.momenta[:1]:
            momentum.mul_(trainable)

    def state_dict(self) -> dict[str, Tensor]:
        """Under ``<part>.<name>``."""
        return {f"{part}.momentum": m for part, m in zip(self._names, self.momenta, strict=False)}


class Adam:
    """Adam (Kingma and Ba 2015) with β = (0.9, 0.999), ε = 1e-8, in one fused pass."""

    def __init__(self, parts: Mapping[str, Tensor]) -> None:
        self._names = list(parts)
        self._values = list(parts.values())
        self.momenta = [torch.zeros_like(v) for v in self._values]
        self._squares = [torch.zeros_like(v) for v in self._values]
        self._steps = [torch.zeros((), device=v.device) for v in self._values]
        self.momentum = BETAS[0]

    def step(self, gradients: Sequence[Tensor], lr: float) -> None:
        adam(
            self._values,
            list(gradients),
            self.momenta,
            self._squares,
            [],
            self._steps,
            fused=True,
            amsgrad=False,
            beta1=BETAS[0],
            beta2=BETAS[1],
            lr=lr,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def forget(self, trainable: Tensor) -> None:
        """Drop the first moment of the body where ``trainable`` is 0: with a gradient of 0 it stays where it
        is."""
        self.momenta[0].mul_(trainable)

    def state_dict(self) -> dict[str, Tensor]:
        """Under ``<part>.<name>``."""
        kinds = {"momentum": self.momenta, "square": self._squares, "step": self._steps}
        return {
            f"{part}.{kind}": tensor
            for kind, tensors in kinds.items()
            for part, tensor in zip(self._names, tensors, strict=True)
        }


Optimizer = Sgd | Adam


def build_optimizer(training: Training, parts: Mapping[str, Tensor]) -> Optimizer:
    """A fresh optimizer, without memory, that changes ``parts`` in place.

    :param parts: name → flat values, the body's first."""
    return Adam(parts) if training.optimizer == "adam" else Sgd(parts, training.momentum)


def together(optimizers: Sequence[Optimizer]) -> Optimizer:
    """One that does what all of them do, of one kind and momentum, each to its own values and in its own
    memory."""
    several = copy(optimizers[0])
    for name, tensors in vars(several).items():
        if isinstance(tensors, list):
            setattr(
                several, name, [tensor for optimizer in optimizers for tensor in getattr(optimizer, name)]
            )
    return several


def restore_memory(optimizer: Optimizer, memory: Mapping[str, Tensor]) -> None:
    """Give an optimizer the memory of another for every part that both have; a new part starts without."""
    for name, tensor in optimizer.state_dict().items():
        if name in memory:
            tensor.copy_(memory[name])


def learning_rate(training: Training, task: int, round_: int, epoch: int) -> float:
    """The learning rate of one epoch; ``epoch`` counts from 0 at the start of the task, through its pruning
    rounds."""
    schedule = training.schedule
    if schedule.kind == "constant":
        return training.lr
    factor = schedule.factor
    if task == 0 and round_ == 0 and schedule.first_task_factor is not None:
        factor = schedule.first_task_factor
    return training.lr * factor ** (epoch // schedule.every)
