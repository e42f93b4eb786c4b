"""Where a run's random numbers come from: torch's own, or, where several runs are trained together, the same
numbers from a source of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor


class Random(Protocol):
    """The random numbers that weights and dropout are drawn from, as a checkpoint keeps them."""

    def state(self) -> dict[str, Tensor]:
        """Where they stand: ``cpu`` and, on a GPU, ``cuda``."""
        ...

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        ...


class GlobalRandom:
    """Torch's own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def state(self) -> dict[str, Tensor]:
        state = {"cpu": torch.get_rng_state()}
        if self._device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(self._device)
        return state

    def load(self, state: Mapping[str, Tensor]) -> None:
        torch.set_rng_state(state["cpu"])
        if "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], self._device)


class OwnRandom:
    """Begins where torch's own stand when it is made, and goes on beside them. A GPU draws nothing from
    these: its state is only kept."""

    def __init__(self, device: torch.device) -> None:
        self._state = GlobalRandom(device).state()
        self.generator = torch.Generator()
        self.generator.set_state(self._state["cpu"])

    def state(self) -> dict[str, Tensor]:
        return self._state | {"cpu": self.generator.get_state()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self._state = {name: state[name] for name in self._state}
        self.generator.set_state(state["cpu"])
