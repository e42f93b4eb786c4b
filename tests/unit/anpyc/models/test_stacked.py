"""Layers of several runs at once answer and learn as each alone."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.models.stacked import StackedParameter, linear

RUNS, INPUTS, OUTPUTS, BATCH = 3, 5, 4, 7


def values(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape))).requires_grad_()


def parameters(gap: int) -> tuple[StackedParameter, StackedParameter]:
    """Of a layer, whose gradients lie in one row per run that is ``gap`` values longer than they are."""
    weight, bias = values(RUNS, OUTPUTS, INPUTS), values(RUNS, OUTPUTS)
    rows = torch.full((RUNS, OUTPUTS * INPUTS + OUTPUTS + gap), torch.nan)
    split = OUTPUTS * INPUTS
    return (
        StackedParameter(weight, rows[:, :split].view(weight.shape)),
        StackedParameter(bias, rows[:, split : split + OUTPUTS]),
    )


def test_gradients_are_written_where_they_are_wanted() -> None:
    weight, bias = parameters(gap=3)
    x = values(RUNS, INPUTS, BATCH)
    linear(x, weight, bias).square().sum().backward()
    assert weight.values.grad is None
    for run in range(RUNS):
        own = [tensor[run].detach().requires_grad_() for tensor in (x, weight.values, bias.values)]
        F.linear(own[0].t(), own[1], own[2]).square().sum().backward()
        assert x.grad is not None
        for written, alone in zip((x.grad, weight.gradient, bias.gradient), own, strict=True):
            torch.testing.assert_close(written[run], alone.grad)


def test_outputs_that_are_left_out_have_no_gradient() -> None:
    weight, bias = parameters(gap=0)
    some = slice(1, 3)
    answers = linear(values(RUNS, INPUTS, BATCH), weight.rows(some), bias.rows(some))
    assert answers.shape == (RUNS, 2, BATCH)
    answers.sum().backward()
    for gradient in (weight.gradient, bias.gradient):
        assert gradient[:, some].abs().min() > 0
        assert not gradient[:, [0, 3]].any()
