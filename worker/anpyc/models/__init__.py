"""Networks: one body per kind of model, a file each; :mod:`anpyc.network` lays heads over it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from anpyc.errors import DatasetUnreadable
from anpyc.models.convnet import Convnet
from anpyc.models.mlp import Mlp
from anpyc.models.resnet18 import ResNet18
from anpyc.network import Network
from anpyc.spec import Model


def build_network(
    spec: Model, image_shape: tuple[int, int, int], head_sizes: Sequence[int], device: torch.device
) -> Network:
    """The network of a specification with freshly drawn weights, on ``device``."""
    body = _build_body(spec, image_shape)
    network = Network(body, body.features, head_sizes)
    if spec.kind == "mlp" and spec.initialisation == "truncated_normal":
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                nn.init.constant_(parameter, 0.1)
            else:
                nn.init.trunc_normal_(parameter, std=0.1, a=-0.2, b=0.2)
    network.flatten_parameters(device, image_shape)
    return network


def _build_body(spec: Model, image_shape: tuple[int, int, int]) -> Mlp | Convnet | ResNet18:
    if spec.kind == "mlp":
        return Mlp(spec, image_shape)
    if min(image_shape[1:]) < 8:
        raise DatasetUnreadable(
            f"Images of {image_shape[1]}×{image_shape[2]} pixels are too small for a {spec.kind}; "
            "take an MLP or "
            "pad them."
        )
    return Convnet(spec, image_shape) if spec.kind == "convnet" else ResNet18(spec, image_shape)
