"""The network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from anpyc.spec.part import SpecPart, setting


class MlpModel(SpecPart):
    """A multi-layer perceptron with ReLU units."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=16_384)], ...] = setting(
        "Hidden layers", "units", default=(128, 64), min_length=1, max_length=8
    )
    """Units of each hidden layer, from the input on."""
    dropout: float = setting("Dropout", default=0.0, ge=0, lt=1)
    """Share of hidden units silenced at each training step."""
    initialisation: Literal["torch", "truncated_normal"] = setting(
        "Initial weights", default="torch", advanced=True
    )
    """`torch`: PyTorch's default. `truncated_normal`: σ 0.1 cut at two σ, biases 0.1, as the authors do."""


class ConvnetModel(SpecPart):
    """Three 3×3 convolutions with pooling and one fully connected layer, as the authors use for colour
    images."""

    kind: Literal["convnet"] = "convnet"
    channels: tuple[Annotated[int, Field(ge=1, le=4_096)], ...] = setting(
        "Channels", default=(64, 128, 256), min_length=3, max_length=3
    )
    """Of the three convolutions."""
    units: int = setting("Units", "units", default=512, ge=1, le=16_384)
    """Of the fully connected layer."""
    dropout: float = setting("Dropout", default=0.0, ge=0, lt=1)
    """Share of its units silenced at each training step."""


class Resnet18Model(SpecPart):
    """ResNet-18 with a 3×3 first convolution, for images of about 32×32 pixels."""

    kind: Literal["resnet18"] = "resnet18"
    width: int = setting("Width", "channels", default=64, ge=4, le=512)
    """Channels of the first stage; each of the three others has twice as many as the one before."""


Model = Annotated[MlpModel | ConvnetModel | Resnet18Model, Field(discriminator="kind")]
