"""Networks: one body per kind of model, a file each; :mod:`anpyc.network` lays heads over it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from anpyc.errors import DatasetUnreadable
from anpyc.models.body import Body
from anpyc.network import Network
from anpyc.spec import Model


def build_network(
    spec: Model, image_shape: tuple[int, int, int], head_sizes: Sequence[int], device: torch.device
) -> Network:
    """The network of a specification with freshly drawn weights, on ``device``.

    :raises DatasetUnreadable: if the images are too small for it."""
    if min(image_shape[1:]) < spec.smallest_image:
        raise DatasetUnreadable(
            f"Images of {image_shape[1]}×{image_shape[2]} pixels are too small for a {spec.kind}; take an "
            "MLP or pad them."
        )
    body: Body = spec.load_implementation()(spec, image_shape)
    network = Network(body, body.features, head_sizes)
    body.initialise(network)
    network.flatten_parameters(device, image_shape)
    return network
