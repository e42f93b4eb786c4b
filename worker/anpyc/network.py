"""A network: a body shared by all tasks, and heads.

All parameters lie in one flat tensor, body first, and the modules hold views of it. A step, a penalty or a
mask is then one operation on one tensor, whatever the architecture, and the parameters of several runs of one
shape can be the rows of one tensor."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.recording import LayerInfo

IMPOSSIBLE = -1e9
"""A logit whose softmax is exactly 0, and whose product with a probability of 0 is 0, as it is not for -∞."""


NORMALISATION = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm)
"""Layers that shift and scale what passes through them. A zero among their scales silences a whole channel,
so no strategy prunes there."""


@dataclass(frozen=True)
class Segment:
    """Where one tensor lies in the body's flat parameters."""

    layer: LayerInfo
    start: int
    stop: int
    normalises: bool = False
    """Scales or shifts of a normalisation layer, which are never pruned."""

    def of(self, flat: Tensor) -> Tensor:
        """The tensor, in its own shape, as a view of ``flat``."""
        return flat[self.start : self.stop].view(self.layer.shape)


class Network(nn.Module):
    """A body and its heads over one flat tensor of parameters."""

    def __init__(self, body: nn.Module, features: int, head_sizes: Sequence[int]) -> None:
        super().__init__()
        self.body = body
        self.heads = nn.ModuleList(nn.Linear(features, size) for size in head_sizes)
        self.flat = torch.empty(0)
        self.segments: tuple[Segment, ...] = ()
        self.fast = False
        """Take the body's matrix products in bfloat16."""
        self.channels_last = False
        """Show images to convolutions with their channels side by side, as a GPU computes them."""
        self.shared_head = False
        """All tasks are answered by the one head, so that it has to be protected like the body."""
        self.statistics_frozen = False
        """Normalisation layers keep their running statistics and use them in training as in tests."""

    @property
    def body_flat(self) -> Tensor:
        """The body's parameters, as a view."""
        return self.flat[: self.segments[-1].stop]

    @property
    def protected_flat(self) -> Tensor:
        """What later tasks share with earlier ones, as a view: the body and, where there is but one, the
        head."""
        return self.flat if self.shared_head else self.body_flat

    def protected_parameters(self) -> list[nn.Parameter]:
        """Those of :attr:`protected_flat`, in its order."""
        return self.body_parameters() + (self.head_parameters(0) if self.shared_head else [])

    @property
    def pixel_weights(self) -> Tensor | None:
        """The first layer's weights as a view, (units, channels, pixels), where every pixel has its own."""
        first = self.segments[0]
        if first.layer.image_shape is None:
            return None
        channels, height, width = first.layer.image_shape
        return first.of(self.flat).view(-1, channels, height * width)

    def head_flat(self, head: int) -> Tensor:
        """One head's parameters, as a view."""
        sizes = [sum(p.numel() for p in module.parameters()) for module in self.heads]
        start = self.segments[-1].stop + sum(sizes[:head])
        return self.flat[start : start + sizes[head]]

    def body_parameters(self) -> list[nn.Parameter]:
        return list(self.body.parameters())

    def head_parameters(self, head: int) -> list[nn.Parameter]:
        return list(self.heads[head].parameters())

    def train(self, mode: bool = True) -> Network:
        """Of the body alone: heads know no difference, and there may be hundreds."""
        self.training = mode
        self.body.train(mode)
        if self.statistics_frozen:
            for module in self.body.modules():
                if isinstance(module, NORMALISATION):
                    module.eval()
        return self

    @property
    def normalises_batches(self) -> bool:
        """Whether an image's features depend on the batch that it is trained in: it cannot be alone then."""
        return any(isinstance(module, nn.modules.batchnorm._BatchNorm) for module in self.body.modules())

    @property
    def statistics(self) -> Tensor:
        """A copy of all running means and variances, flat; empty for a body without normalisation."""
        return torch.cat([torch.empty(0, device=self.flat.device), *(b.flatten() for b in self._running())])

    @statistics.setter
    def statistics(self, values: Tensor) -> None:
        buffers = list(self._running())
        parts = torch.split(values, [buffer.numel() for buffer in buffers])
        for buffer, part in zip(buffers, parts, strict=True):
            buffer.copy_(part.view_as(buffer))

    def _running(self) -> Iterator[Tensor]:
        return (buffer for buffer in self.body.buffers() if buffer.is_floating_point())

    def features(self, images: Tensor, first_layer: Tensor | None = None) -> Tensor:
        """(batch, channels, height, width) → (batch, features), in the precision asked for.

        :param first_layer: (inputs, units) weights to take instead of those in :attr:`pixel_weights`."""
        if self.channels_last and self.pixel_weights is None:
            images = images.contiguous(memory_format=torch.channels_last)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.fast):
            features: Tensor = self.body(images) if first_layer is None else self.body(images, first_layer)
        return features.float()

    def logits(self, features: Tensor, head: int, classes: slice) -> Tensor:
        """(batch, features) → (batch, classes) through one head, outputs outside ``classes`` left out."""
        module = cast("nn.Linear", self.heads[head])
        return F.linear(features, module.weight[classes], module.bias[classes])

    def forward(self, images: Tensor, head: int, classes: slice, first_layer: Tensor | None = None) -> Tensor:
        return self.logits(self.features(images, first_layer), head, classes)

    def frozen_copy(self) -> Network:
        """The same network as it is now, in evaluation mode, with parameters of its own that are not
        trained."""
        twin = copy.deepcopy(self)
        twin._look_at(self.flat.clone())
        return twin.requires_grad_(False).eval()

    def mixed_logits(self, features: Tensor, heads: Tensor) -> Tensor:
        """(batch, features) → (batch, classes), each row through its own head; all heads have one size."""
        logits = self.stacked_logits(features, {head: slice(None) for head in range(len(self.heads))})
        return logits[torch.arange(len(features), device=heads.device), heads]

    def stacked_logits(self, features: Tensor, heads: Mapping[int, slice]) -> Tensor:
        """(batch, features) → (batch, heads, outputs), each row through all of ``heads`` in one product.

        :param heads: head → the outputs wanted of it. One with fewer than the others is filled up with
            outputs of probability 0."""
        modules = {head: cast("nn.Linear", self.heads[head]) for head in heads}
        weights = [module.weight[heads[head]] for head, module in modules.items()]
        biases = [module.bias[heads[head]] for head, module in modules.items()]
        size = max(len(bias) for bias in biases)
        if any(len(bias) < size for bias in biases):
            weights = [F.pad(w, (0, 0, 0, size - len(w))) for w in weights]
            biases = [F.pad(b, (0, size - len(b)), value=IMPOSSIBLE) for b in biases]
        weight, bias = torch.cat(weights), torch.cat(biases)
        return F.linear(features, weight, bias).view(len(features), len(heads), size)

    def flatten_parameters(self, device: torch.device, image_shape: tuple[int, int, int]) -> None:
        """Move all parameters into one tensor on ``device``; the modules keep views of it."""
        self._look_at(torch.cat([p.detach().reshape(-1) for p in self.parameters()]).to(device))
        self.to(device)  # the buffers
        self.segments = tuple(self._body_segments(image_shape))

    def move_to(self, home: Tensor) -> None:
        """Keep all parameters in ``home`` from now on, a row of a larger tensor for example."""
        self._look_at(home.copy_(self.flat))

    def _look_at(self, flat: Tensor) -> None:
        self.flat = flat
        start = 0
        for parameter in self.parameters():
            stop = start + parameter.numel()
            parameter.data = flat[start:stop].view(parameter.shape)
            start = stop

    def _body_segments(self, image_shape: tuple[int, int, int]) -> Iterator[Segment]:
        channels, height, width = image_shape
        normalising = {
            f"{name}.{own}"
            for name, module in self.body.named_modules()
            if isinstance(module, NORMALISATION)
            for own, _ in module.named_parameters()
        }
        start = 0
        for name, parameter in self.body.named_parameters():
            stop = start + parameter.numel()
            shape = tuple(parameter.shape)
            whole_image = len(shape) == 2 and start == 0 and shape[1] == channels * height * width
            layer = LayerInfo(name, shape, image_shape if whole_image else None)
            yield Segment(layer, start, stop, name in normalising)
            start = stop
