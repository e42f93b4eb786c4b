"""What all bodies have in common."""

from __future__ import annotations

from torch import nn


class Body(nn.Module):
    """(batch, channels, height, width) → (batch, features)."""

    features: int

    def initialise(self, network: nn.Module) -> None:
        """Draw the first weights of the whole network, heads included, where PyTorch's are not wanted."""
