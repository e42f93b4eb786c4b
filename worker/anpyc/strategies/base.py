"""The hooks through which a strategy acts on training. None is required."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from anpyc.consolidation import Consolidation
from anpyc.tasks import Examples, Task


class Strategy:
    """Does nothing, or what its ``consolidation`` does. A method overrides the hooks it needs; no method
    inherits from another."""

    consolidation: Consolidation | None = None
    """The quadratic penalty of a method that holds parameters near where earlier tasks left them."""

    keeps_data = False
    """Trains on the data of all tasks so far instead of the last one's."""

    def trained_heads(self, task: Task) -> Sequence[int]:
        """The heads whose parameters the optimizer changes."""
        return (task.head,)

    def before_task(self, task: Task, examples: Examples) -> None:
        """Before the first step of a task."""

    def resume_task(self, task: Task) -> None:
        """Instead of :meth:`before_task` when a run goes on in the middle of a task, after
        ``load_state_dict``."""

    def round_epochs(self, task: Task) -> Sequence[int]:
        """Epochs of each round that follows a task's base training; empty: no rounds."""
        return ()

    def before_round(self, task: Task, round_: int, examples: Examples) -> None:
        """Before the first step of round 1, 2, … of a task."""

    def trainable(self) -> Tensor | None:
        """Over the body's flat parameters, 1 where training may change one and 0 where it is held to the bit,
        the optimizer's memory included; None: everywhere. Asked before each round."""
        return None

    def penalty(self, images: Tensor, features: Tensor) -> Tensor | None:
        """A term that joins the loss of one batch."""
        return None

    def after_backward(self, gradient: Tensor) -> None:
        """May change the flat gradient of the loss in place, over what is protected: the body's parameters
        and, where all tasks share it, the head's."""
        if self.consolidation is not None:
            self.consolidation.add_gradient(gradient)

    def after_step(self, lr: float) -> None:
        """May change the protected parameters in place, after each optimizer step."""
        if self.consolidation is not None:
            self.consolidation.pull_back(lr)

    def after_task(self, task: Task, examples: Examples) -> None:
        """After the last step of a task, before it is evaluated."""

    def penalty_value(self) -> Tensor | None:
        """What the strategy holds against the parameters as they are, λ included: one float64 on the device,
        read once an epoch; None for nothing."""
        return None if self.consolidation is None else self.consolidation.value()

    def mask(self) -> Tensor | None:
        """Over the body's flat parameters, True where held; None for a strategy that has no such notion: a
        penalty alone holds every parameter and frees none."""
        return None

    def claimed(self) -> Tensor | None:
        """Over the body's flat parameters, True where the task in training has claimed one for itself, be it
        held already; None: exactly what it newly holds."""
        return None

    def importance(self) -> Tensor | None:
        """Over what is protected, the body's flat parameters first, as last measured; None for a strategy
        that measures none."""
        return None if self.consolidation is None else self.consolidation.strength

    def tested_with(self) -> Sequence[str]:
        """The entries of ``state_dict`` that testing needs: ``mask``, ``ranking``, ``parameters_for`` and
        ``statistics_for``."""
        return () if self.consolidation is None else ("strength",)

    def ranking(self) -> Tensor | None:
        """Like :meth:`importance`, the lowest is pruned first; None where magnitude decides."""
        return self.importance()

    def parameters_for(self, task: Task) -> Tensor | None:
        """The body's flat parameters to test a task with; None for those that are there."""
        return None

    def statistics_for(self, task: Task) -> Tensor | None:
        """The running statistics of the normalisation layers to test a task with, flat; None for those that
        are there."""
        return None

    def keeps(self, task: Task) -> bool:
        """Whether the answers of a task learnt earlier, with a head of its own, stay as they were at its end
        to the bit, so that it need not be tested again."""
        return False

    def divergence_cause(self, lr: float) -> str | None:
        """Why the loss may have turned non-finite, where the strategy knows."""
        return None if self.consolidation is None else self.consolidation.divergence_cause(lr)

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that the next step depends on."""
        return {} if self.consolidation is None else self.consolidation.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from ``state``."""
        if self.consolidation is not None:
            self.consolidation.load_state_dict(state)
