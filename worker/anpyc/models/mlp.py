"""The multi-layer perceptron."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.models import stacked
from anpyc.models.body import Body
from anpyc.models.stacked import StackedParameter
from anpyc.spec.model import MlpModel


class Mlp(Body):
    """Fully connected layers fc1, fc2, … with ReLU, and dropout after each."""

    def __init__(self, spec: MlpModel, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        channels, height, width = image_shape
        sizes = (channels * height * width, *spec.hidden)
        for index, (inputs, outputs) in enumerate(pairwise(sizes), start=1):
            self.add_module(f"fc{index}", nn.Linear(inputs, outputs))
        self.features = sizes[-1]
        self._dropout = spec.dropout
        self._initialisation = spec.initialisation
        self._layers = [module for module in self.children() if isinstance(module, nn.Linear)]

    def initialise(self, network: nn.Module) -> None:
        if self._initialisation != "truncated_normal":
            return
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                nn.init.constant_(parameter, 0.1)
            else:
                nn.init.trunc_normal_(parameter, std=0.1, a=-0.2, b=0.2)

    def forward(self, images: Tensor, first_layer: Tensor | None = None) -> Tensor:
        """(batch, channels, height, width) or (batch, inputs) → (batch, features).

        :param first_layer: (inputs, units) weights to take instead of the first layer's."""
        x = images.flatten(1)
        for index, layer in enumerate(self._layers):
            if index == 0 and first_layer is not None:
                x = F.relu(torch.addmm(layer.bias, x, first_layer))
            else:
                x = F.relu(F.linear(x, layer.weight, layer.bias))
            if self.training and self._dropout:
                x = dropout(x, self._dropout)
        return x

    def stacked(
        self, parameters: Sequence[StackedParameter], images: Tensor, random: Sequence[torch.Generator]
    ) -> Tensor:
        x = images.flatten(2).transpose(1, 2)
        for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
            x = F.relu(stacked.linear(x, weight, bias))
            if self._dropout:
                shown = x.transpose(1, 2)
                kept = [kept_units(own, self._dropout, r) for own, r in zip(shown, random, strict=True)]
                x = x * torch.stack(kept).transpose(1, 2)
        return x.transpose(1, 2)

    def trace(self, images: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Features without dropout, and each layer's input and output before ReLU: enough for gradients per
        image."""
        inputs, outputs = [], []
        x = images.flatten(1)
        for layer in self._layers:
            inputs.append(x)
            outputs.append(F.linear(x, layer.weight, layer.bias))
            x = F.relu(outputs[-1])
        return x, inputs, outputs


def dropout(x: Tensor, probability: float) -> Tensor:
    """Silences each unit with ``probability`` and scales the others up.

    On the CPU four units are decided by one 64-bit draw, which makes it several times faster than
    :func:`torch.nn.functional.dropout`; the probability is kept to one part in 65,536.
    """
    return F.dropout(x, probability) if x.device.type != "cpu" else x * kept_units(x, probability)


def kept_units(x: Tensor, probability: float, random: torch.Generator | None = None) -> Tensor:
    """For each unit of ``x``, on the CPU, what it is scaled up by, or 0 where it is silenced.

    :param random: where to draw from; torch's own without one."""
    draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None, generator=random)
    units = draws.view(torch.int16)[: x.numel()].view(x.shape)
    keep = units >= round(probability * 65_536) - 32_768
    return keep.to(x.dtype).mul_(1 / (1 - probability))
