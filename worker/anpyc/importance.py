"""How much a parameter matters to what the network has learnt. Flat tensors over what is protected: the
body's parameters and, where all tasks share it, the head's (:attr:`anpyc.network.Network.protected_flat`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.image_gradients import Objective, per_image_moment
from anpyc.network import Network
from anpyc.tasks import Examples, Task

GPU_IMAGES = 4_096
"""At a time on a GPU where each image counts for itself: it takes as long for these as for a hundred."""


def batches(examples: Examples, size: int, skip: int = 0) -> Iterator[Examples]:
    """Consecutive batches in the order of the file, ``skip`` images left out after each."""
    for start in range(0, len(examples), size + skip):
        part = slice(start, start + size)
        yield Examples(examples.images[part], examples.labels[part])


def removal_importance(
    network: Network, task: Task, examples: Examples, batch_size: int, skip: int = 0
) -> Tensor:
    """Ω = mean over batches of max(0, a + ½a²), a = g·θ, g = ∂/∂θ Σ_x H(x) (Peng et al. 2021).

    H is the entropy of the network's output, so no labels are needed. a + ½a² is the change of H to second
    order when the parameter is removed, with g² in place of the curvature. Dropout is off."""
    was_training = network.training
    network.eval()
    parameters = network.protected_parameters()
    theta = network.protected_flat
    total = torch.zeros_like(theta)
    count = 0
    for batch in batches(examples, batch_size, skip):
        entropy = output_entropy(network(batch.images, task.head, task.classes)).sum()
        gradients = torch.autograd.grad(entropy, parameters)
        a = torch.cat([g.reshape(-1) for g in gradients]).mul_(theta)
        total += a.addcmul(a, a, value=0.5).clamp_(min=0)
        count += 1
    network.train(was_training)
    return total / count


def fisher_information(
    network: Network, task: Task, examples: Examples, kind: str, batch_size: int
) -> Tensor:
    """The diagonal of the Fisher information of the body's parameters, a mean over images.

    ``exact``: E_x Σ_c p_c (∂ log p_c)². ``predicted``: (∂ log p_ĉ)² for the likeliest class.
    ``empirical_sample``: (∂ log p_y)² for the true class. ``empirical_batch``: the square of the gradient of
    a batch's mean loss for the true classes, averaged over batches."""
    was_training = network.training
    network.eval()
    total = torch.zeros_like(network.protected_flat)
    weight = 0
    objectives = _log_likelihoods(kind, task)
    if kind != "empirical_batch":
        batch_size = _images_at_a_time(network, batch_size)
    for batch in batches(examples, batch_size):
        if kind == "empirical_batch":
            loss = F.cross_entropy(network(batch.images, task.head, task.classes), batch.labels)
            gradients = torch.autograd.grad(loss, network.protected_parameters())
            total += torch.cat([g.flatten() for g in gradients]).square_()
            weight += 1
            continue
        total += per_image_moment(network, batch, task, objectives, 2)
        weight += len(batch)
    network.train(was_training)
    return total / weight


def _images_at_a_time(network: Network, wanted: int) -> int:
    return max(wanted, GPU_IMAGES) if network.flat.device.type == "cuda" else wanted


def _log_likelihoods(kind: str, task: Task) -> Sequence[Objective]:
    """What is differentiated: one number per image, per pass."""
    if kind == "exact":
        return [partial(_weighted_log_p, c) for c in range(task.classes.stop)]
    if kind == "predicted":
        return [lambda logits, _labels: F.log_softmax(logits, 1).max(1).values]
    return [lambda logits, labels: -F.cross_entropy(logits, labels, reduction="none")]


def _weighted_log_p(c: int, logits: Tensor, _labels: Tensor) -> Tensor:
    """√p_c · log p_c with √p_c a constant, so that squaring the gradient gives p_c (∂ log p_c)²."""
    log_p = F.log_softmax(logits, 1)[:, c]
    return log_p.detach().mul(0.5).exp() * log_p


def output_sensitivity(
    network: Network, task: Task, examples: Examples, gradients: str, batch_size: int
) -> Tensor:
    """MAS: mean over images of |∂‖f‖²/∂θ|, or over batches of that of the mean squared output."""
    was_training = network.training
    network.eval()
    total = torch.zeros_like(network.protected_flat)
    weight = 0
    if gradients == "sample":
        batch_size = _images_at_a_time(network, batch_size)
    for batch in batches(examples, batch_size):
        if gradients == "sample":
            total += per_image_moment(network, batch, task, [_squared_output], 1)
            weight += len(batch)
            continue
        loss = network(batch.images, task.head, task.classes).square().mean()
        total += torch.cat(
            [g.flatten() for g in torch.autograd.grad(loss, network.protected_parameters())]
        ).abs_()
        weight += 1
    network.train(was_training)
    return total / weight


def output_entropy(logits: Tensor) -> Tensor:
    """H = −Σ_c p_c log p_c of each row, in nats; finite for every finite input."""
    log_p = F.log_softmax(logits, dim=1)
    return -(log_p.exp() * log_p).sum(1)


def _squared_output(logits: Tensor, _labels: Tensor) -> Tensor:
    return logits.square().sum(1)
