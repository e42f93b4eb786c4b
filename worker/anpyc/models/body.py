"""What all bodies have in common."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anpyc.models.stacked import StackedParameter


class Body(nn.Module):
    """(batch, channels, height, width) → (batch, features)."""

    features: int

    def stacked(
        self, parameters: Sequence[StackedParameter], images: Tensor, random: Sequence[torch.Generator]
    ) -> Tensor:
        """(runs, batch, channels, height, width) → (runs, batch, features) in training, each run with
        parameters of its own: what as many bodies of this shape would answer. Of kinds that can be stacked
        (:attr:`anpyc.spec.model.ModelPart.stacks`).

        :param parameters: in the order of :meth:`parameters`.
        :param random: where each run draws its dropout from."""
        raise NotImplementedError

    def initialise(self, network: nn.Module) -> None:
        """Draw the first weights of the whole network, heads included, where PyTorch's are not wanted."""
