"""Sums over images of powers of each image's own gradient, without one backward pass per image.

A layer's gradient for one image is a product of what came in and the gradient of what went out, so one
backward pass over a batch has all that is needed: outer products for fully connected layers, products over
patches for convolutions, sums over places for normalisation layers in evaluation mode. A body with other
layers that have parameters takes a gradient per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from anpyc.network import Network
from anpyc.tasks import Examples, Task

Objective = Callable[[Tensor, Tensor], Tensor]
"""(batch, classes) logits and (batch,) labels → (batch,) one number per image."""
Power = Literal[1, 2]
IMAGES_AT_A_TIME = {"cpu": 16, "cuda": 256}
"""Of a convolutional body, whose patches take kernel² times the memory of its activations."""


def per_image_moment(
    network: Network, batch: Examples, task: Task, objectives: Sequence[Objective], power: Power
) -> Tensor:
    """Σ over objectives and images of |∂ objective(image) / ∂θ|^power, in evaluation mode, over what is
    protected."""
    if isinstance(network.body, Traceable):
        return _by_layer(network, batch, task, objectives, power)
    by_layer = all(_is_known(module) for module in network.body.modules())
    moment = _by_layer if by_layer else _by_image
    total = torch.zeros_like(network.protected_flat)
    at_a_time = IMAGES_AT_A_TIME[total.device.type]
    for start in range(0, len(batch), at_a_time):
        part = slice(start, start + at_a_time)
        few = Examples(batch.images[part], batch.labels[part])
        total += moment(network, few, task, objectives, power)
    return total


@runtime_checkable
class Traceable(Protocol):
    """A body of fully connected layers alone that hands out what goes into and comes out of each."""

    def trace(self, images: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Features, and each layer's input and output before its non-linearity."""


class _Layer(Protocol):
    """What one layer adds up over objectives."""

    def add(self, delta: Tensor, power: Power) -> None:
        """:param delta: gradient of one objective, summed over images, with respect to the layer's output."""

    def sums(self, power: Power) -> Sequence[Tensor]:
        """Of weight and bias, each flat."""


class _Linear:
    """δxᵀ is one outer product per image, so powers of δ are summed over objectives before the one product
    with those of x: ten objectives cost little more than one."""

    def __init__(self, x: Tensor, output: Tensor) -> None:
        self._x = x.detach()
        self._moment = torch.zeros_like(output)

    def add(self, delta: Tensor, power: Power) -> None:
        self._moment += delta.abs().pow_(power)

    def sums(self, power: Power) -> Sequence[Tensor]:
        return [(self._moment.t() @ self._x.abs().pow(power)).flatten(), self._moment.sum(0)]


class _Places:
    """Layers whose gradient for an image is a sum over places."""

    def __init__(self) -> None:
        self._sums: list[Tensor] = []

    def gradients(self, delta: Tensor) -> list[Tensor]:
        """Of each parameter, (images, …)."""
        raise NotImplementedError

    def add(self, delta: Tensor, power: Power) -> None:
        fresh = [g.abs().pow(power).sum(0).flatten() for g in self.gradients(delta)]
        self._sums = [old + new for old, new in zip(self._sums, fresh, strict=True)] if self._sums else fresh

    def sums(self, power: Power) -> Sequence[Tensor]:  # noqa: ARG002
        return self._sums


class _Convolution(_Places):
    def __init__(self, module: nn.Conv2d, x: Tensor) -> None:
        super().__init__()
        padding = cast("tuple[int, int]", module.padding)
        self._patches = F.unfold(x.detach(), module.kernel_size, module.dilation, padding, module.stride)
        """(images, inputs · kernel places, output places)."""
        self._biased = module.bias is not None

    def gradients(self, delta: Tensor) -> list[Tensor]:
        places = delta.flatten(2)
        weight = places @ self._patches.transpose(1, 2)
        return [weight, places.sum(2)] if self._biased else [weight]


class _BatchNormalisation(_Places):
    def __init__(self, module: nn.BatchNorm2d, x: Tensor) -> None:
        super().__init__()
        mean, variance = cast("Tensor", module.running_mean), cast("Tensor", module.running_var)
        scale = (variance + module.eps).rsqrt()
        self._normal = (x.detach() - mean[:, None, None]) * scale[:, None, None]

    def gradients(self, delta: Tensor) -> list[Tensor]:
        return [(delta * self._normal).sum((2, 3)), delta.sum((2, 3))]


def _is_known(module: nn.Module) -> bool:
    """Whether the module has no parameters of its own, or gradients that are taken by layer."""
    if isinstance(module, nn.Conv2d):
        return module.groups == 1 and not isinstance(module.padding, str) and module.padding_mode == "zeros"
    return isinstance(module, nn.Linear | nn.BatchNorm2d) or not list(module.parameters(recurse=False))


def _by_layer(
    network: Network, batch: Examples, task: Task, objectives: Sequence[Objective], power: Power
) -> Tensor:
    with _recorded(network) as (layers, outputs):
        features = _features(network, batch.images, layers, outputs)
    logits = network.logits(features, task.head, slice(None))
    if network.shared_head:
        layers.append(_Linear(features, logits))
        outputs.append(logits)
    logits = logits[:, task.classes]
    for objective in objectives:
        value = objective(logits, batch.labels).sum()
        deltas = torch.autograd.grad(value, outputs, retain_graph=True)
        for layer, delta in zip(layers, deltas, strict=True):
            layer.add(delta, power)
    return torch.cat([part for layer in layers for part in layer.sums(power)]).detach()


def _features(network: Network, images: Tensor, layers: list[_Layer], outputs: list[Tensor]) -> Tensor:
    body = network.body
    if not isinstance(body, Traceable):
        return cast("Tensor", body(images))
    features, inputs, traced = body.trace(images)
    layers += map(_Linear, inputs, traced)
    outputs += traced
    return features


@contextmanager
def _recorded(network: Network) -> Iterator[tuple[list[_Layer], list[Tensor]]]:
    """What runs through the body's layers within, in the order of its parameters."""
    found: dict[nn.Module, tuple[_Layer, Tensor]] = {}

    def record(module: nn.Module, arguments: tuple[Tensor], output: Tensor) -> None:
        (x,) = arguments
        layer: _Layer
        if isinstance(module, nn.Conv2d):
            layer = _Convolution(module, x)
        elif isinstance(module, nn.BatchNorm2d):
            layer = _BatchNormalisation(module, x)
        else:
            layer = _Linear(x, output)
        found[module] = (layer, output)

    own = [m for m in network.body.modules() if list(m.parameters(recurse=False))]
    handles = [module.register_forward_hook(record) for module in own]
    layers: list[_Layer] = []
    outputs: list[Tensor] = []
    try:
        yield layers, outputs
    finally:
        for handle in handles:
            handle.remove()
    for module in own:
        if module in found:
            layers.append(found[module][0])
            outputs.append(found[module][1])


def _by_image(
    network: Network, batch: Examples, task: Task, objectives: Sequence[Objective], power: Power
) -> Tensor:
    body = {name: p.detach() for name, p in network.body.named_parameters()}
    own_head = dict(network.heads[task.head].named_parameters())
    head = {name: p.detach() for name, p in own_head.items()} if network.shared_head else {}
    buffers = dict(network.body.named_buffers())

    def value(
        objective: Objective,
        tensors: tuple[dict[str, Tensor], dict[str, Tensor]],
        image: Tensor,
        label: Tensor,
    ) -> Tensor:
        features = functional_call(network.body, (tensors[0], buffers), (image.unsqueeze(0),))
        answers = tensors[1] or own_head
        logits = F.linear(features, answers["weight"][task.classes], answers["bias"][task.classes])
        return objective(logits, label.unsqueeze(0)).squeeze(0)

    total = torch.zeros_like(network.protected_flat)
    for objective in objectives:
        by_image = vmap(grad(lambda *given, o=objective: value(o, *given)), in_dims=(None, 0, 0))
        gradients = by_image((body, head), batch.images, batch.labels)
        both = [*gradients[0].values(), *gradients[1].values()]
        total += torch.cat([g.abs().pow(power).sum(0).flatten() for g in both]).detach()
    return total
