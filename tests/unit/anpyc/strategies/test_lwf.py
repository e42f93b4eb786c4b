"""Learning without forgetting: its loss held against the formula, head by head."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from anpyc.models import build_network
from anpyc.network import Network
from anpyc.spec.model import MlpModel
from anpyc.spec.strategy import LwfStrategy
from anpyc.strategies.lwf import Lwf
from anpyc.tasks import Examples, Task

SIZES = (3, 5, 4)
"""Outputs of each head."""
USED = (slice(0, 3), slice(1, 5), slice(0, 4))
"""The outputs that each task uses of its head."""


def small_network() -> Network:
    torch.manual_seed(0)
    return build_network(MlpModel(hidden=[6]), (1, 4, 4), SIZES, torch.device("cpu"))


def test_the_penalty_and_its_gradient_are_the_formula() -> None:
    network = small_network()
    spec = LwfStrategy(lam=0.7, temperature=3.0)
    lwf = Lwf(spec, network, len(SIZES))
    images = torch.rand(8, 1, 4, 4)
    examples = Examples(images, torch.zeros(8, dtype=torch.int64))
    tasks = [Task(i, f"task {i}", i, used) for i, used in enumerate(USED)]
    for task in tasks[:2]:
        lwf.before_task(task, examples)
        lwf.after_task(task, examples)
    lwf.before_task(tasks[2], examples)
    before = small_network()
    network.flat.add_(torch.randn_like(network.flat), alpha=0.3)

    penalty = lwf.penalty(images, network.features(images))
    assert penalty is not None
    expected = torch.zeros(())
    for head, used in enumerate(USED[:2]):
        wanted = before(images, head, used).div(3.0).softmax(1).detach()
        given = network(images, head, used).div(3.0).log_softmax(1)
        expected = expected - 0.7 * 3.0**2 * (wanted * given).sum(1).mean()
    torch.testing.assert_close(penalty, expected)

    parameters = [*network.body_parameters(), *network.head_parameters(0), *network.head_parameters(1)]
    ours = torch.autograd.grad(penalty, parameters)
    theirs = torch.autograd.grad(expected, parameters)
    torch.testing.assert_close(ours, theirs)


def test_a_shared_head_stands_for_every_earlier_task() -> None:
    network = small_network()
    lwf = Lwf(LwfStrategy(lam=0.7, temperature=3.0), network, 4)
    images = torch.rand(8, 1, 4, 4)
    examples = Examples(images, torch.zeros(8, dtype=torch.int64))
    for index, seen in enumerate((2, 4, 5)):
        task = Task(index, "", 1, slice(0, seen))
        lwf.before_task(task, examples)
        if index < 2:
            lwf.after_task(task, examples)
    before = small_network()
    network.flat.add_(torch.randn_like(network.flat), alpha=0.3)
    wanted = before(images, 1, slice(0, 4)).div(3.0).softmax(1)
    given = network(images, 1, slice(0, 4)).div(3.0).log_softmax(1)
    expected = 2 * 0.7 * 3.0**2 * -(wanted * given).sum(1).mean()
    torch.testing.assert_close(lwf.penalty(images, network.features(images)), expected)


def test_the_first_task_is_learnt_freely() -> None:
    network = small_network()
    images = torch.rand(2, 1, 4, 4)
    assert Lwf(LwfStrategy(), network, len(SIZES)).penalty(images, network.features(images)) is None


def test_an_output_that_fills_up_a_head_is_impossible() -> None:
    network = small_network()
    logits = network.stacked_logits(torch.rand(2, 6), dict(enumerate(USED)))
    assert logits.shape == (2, 3, 4)
    assert bool((F.softmax(logits, 2)[:, 0, 3] == 0).all())
