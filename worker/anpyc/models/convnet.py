"""The authors' convolutional network for colour images."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.models.body import Body
from anpyc.spec.model import ConvnetModel


class Convnet(Body):
    """Three 3×3 convolutions, each with ReLU and 2×2 pooling, and one fully connected layer."""

    def __init__(self, spec: ConvnetModel, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        channels, height, width = image_shape
        self.conv1 = nn.Conv2d(channels, spec.channels[0], 3, padding=1)
        self.conv2 = nn.Conv2d(spec.channels[0], spec.channels[1], 3, padding=1)
        self.conv3 = nn.Conv2d(spec.channels[1], spec.channels[2], 3, padding=1)
        self.fc = nn.Linear(spec.channels[2] * (height // 8) * (width // 8), spec.units)
        self.features = spec.units
        self._dropout = spec.dropout

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) → (batch, units)."""
        x = images
        for convolution in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        return F.dropout(F.relu(self.fc(x.flatten(1))), self._dropout, self.training)
