"""Layers of several runs at once.

Their gradients are written where they are wanted, next to those of the other layers of the same run: what
autograd answers would have to be copied there, which takes a tenth of a large network's step."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


class StackedParameter(NamedTuple):
    """A parameter of each run, and where its gradient goes."""

    values: Tensor
    """(runs, …), for which a gradient is required."""
    gradient: Tensor
    """(runs, …), written by the backward pass."""

    def rows(self, chosen: slice) -> StackedParameter:
        """Some outputs of a layer alone. Gradients of the others are 0."""
        if chosen != slice(0, self.gradient.shape[1]):
            self.gradient.zero_()
        return StackedParameter(self.values[:, chosen], self.gradient[:, chosen])


def linear(x: Tensor, weight: StackedParameter, bias: StackedParameter) -> Tensor:
    """A fully connected layer: (runs, inputs, batch) → (runs, outputs, batch).

    With units before images a weight's gradient comes out in the weight's own order."""
    output: Tensor = _Linear.apply(x, weight.values, bias.values, weight.gradient, bias.gradient)  # type: ignore[no-untyped-call]
    return output


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, *gradients: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.gradients = gradients
        return torch.baddbmm(bias.unsqueeze(2), weight, x)

    @staticmethod
    def backward(ctx: Any, output: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_weight, of_bias = ctx.gradients
        torch.bmm(output, x.transpose(1, 2), out=of_weight)
        torch.sum(output, 2, out=of_bias)
        of_x = torch.bmm(weight.transpose(1, 2), output) if ctx.needs_input_grad[0] else None
        return of_x, None, None, None, None
