"""How much a parameter matters to what the network has learnt. Flat tensors over the body's parameters."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.benchmarks import Examples, Task
from anpyc.models import Network


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
    parameters = network.body_parameters()
    theta = network.body_flat
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


def output_entropy(logits: Tensor) -> Tensor:
    """H = −Σ_c p_c log p_c of each row, in nats; finite for every finite input."""
    log_p = F.log_softmax(logits, dim=1)
    return -(log_p.exp() * log_p).sum(1)
