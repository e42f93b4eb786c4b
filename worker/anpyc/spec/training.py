"""How each task is trained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from anpyc.spec.part import SpecPart, setting


class ConstantSchedule(SpecPart):
    """The learning rate stays as it is."""

    kind: Literal["constant"] = "constant"


class StaircaseSchedule(SpecPart):
    """lr · factor^⌊epoch / every⌋, restarting with each task and running on through its pruning rounds."""

    kind: Literal["staircase"] = "staircase"
    every: int = setting("Every", "epochs", short="lr drops every", default=5, ge=1, le=10_000)
    """Epochs between two drops."""
    factor: float = setting("Factor", short="lr drops by", default=0.9, gt=0, le=1)
    """What each drop multiplies the learning rate by."""
    first_task_factor: float | None = setting("Factor in the first task", default=None, gt=0, le=1)
    """Another factor for the first task's base training; empty: the same."""


ITERATION_EPOCHS = 10
"""Epochs that a task trained by iterations is reported in."""


Schedule = Annotated[ConstantSchedule | StaircaseSchedule, Field(discriminator="kind")]


class Training(SpecPart):
    """How each task is trained."""

    kind: Literal["supervised"] = "supervised"
    epochs: int = setting("Epochs per task", "epochs", short="{} epochs", default=30, ge=1, le=10_000)
    """Passes over each task's training images."""
    iterations: int | None = setting(
        "Iterations per task",
        "steps",
        short="{} iterations",
        default=None,
        ge=1,
        le=10_000_000,
        advanced=True,
    )
    """Steps per task instead of whole passes, as some published protocols count; an epoch is then a tenth of
    them."""
    batch_size: int = setting("Batch size", "images", short="batch {}", default=32, ge=1, le=65_536)
    """Images per optimizer step."""
    optimizer: Literal["sgd", "adam"] = setting("Optimizer", short="{}", default="sgd")
    """Stochastic gradient descent or Adam."""
    lr: float = setting("Learning rate", short="lr", default=0.1, gt=0, le=100)
    """Step size of the optimizer."""
    momentum: float = setting("Momentum", default=0.0, ge=0, lt=1, advanced=True)
    """Of stochastic gradient descent; Adam ignores it."""
    keep_optimizer: bool = setting("Optimizer remembers", default=False, advanced=True)
    """Carry the optimizer's averages over from task to task, as some published protocols do; a head met for
    the first time starts without. Off: each task starts with a fresh optimizer."""
    schedule: Schedule = setting("Schedule", default=ConstantSchedule(), advanced=True)
    """How the learning rate changes over epochs."""
    precision: Literal["full", "fast"] = setting(
        "Precision", short="{} precision", default="full", advanced=True
    )
    """`full`: 32-bit. `fast`: the matrix products of the layers before the heads in bfloat16, faster on
    processors that have it."""
    evaluate_on: Literal["test", "validation"] = setting("Evaluate on", default="test", advanced=True)
    """`validation`: measure on the validation images, to choose settings without looking at the test
    images."""
    evaluate_every: int = setting("Evaluate every", "epochs", default=1, ge=1, le=10_000, advanced=True)
    """Epochs between two evaluations on all tasks seen; the end of a task and of a pruning round is always
    evaluated."""
    evaluate_images: int | None = setting(
        "Images between tasks", "images", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Test images of each task, the first so many, that evaluations between the ends of tasks use; empty:
    all. The end of a task is measured on all of them, and what pruning takes from it too."""

    @property
    def epochs_per_task(self) -> int:
        """Of base training."""
        return self.epochs if self.iterations is None else min(ITERATION_EPOCHS, self.iterations)

    def images_shown(self, epochs: int, images: int) -> int:
        """In so many epochs on a task of so many images, of its base training or of retraining."""
        if self.iterations is None:
            return epochs * images
        return epochs * self.iterations * self.batch_size // self.epochs_per_task

    @property
    def optimizer_bytes(self) -> int:
        """That the optimizer remembers of each parameter."""
        return 8 if self.optimizer == "adam" else 4 if self.momentum else 0
