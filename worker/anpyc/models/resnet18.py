"""A ResNet-18 for small images."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.models.body import Body
from anpyc.spec.model import Resnet18Model


class _Block(nn.Module):
    """Two 3×3 convolutions around which the input is passed on."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(inner)) + self.shortcut(x))


class ResNet18(Body):
    """He et al. 2016, with a 3×3 first convolution and no first pooling, as is usual for images of 32×32."""

    def __init__(self, spec: Resnet18Model, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        width = spec.width
        self.conv = nn.Conv2d(image_shape[0], width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        blocks: list[nn.Module] = []
        inputs = width
        for stage in range(4):
            outputs = width * 2**stage
            blocks += [_Block(inputs, outputs, 1 if stage == 0 else 2), _Block(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.features = inputs

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) → (batch, 8 · width)."""
        return self.blocks(F.relu(self.norm(self.conv(images)))).mean((2, 3))  # type: ignore[no-any-return]
