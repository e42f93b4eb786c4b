"""The network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from anpyc.spec.kinds import Kinds
from anpyc.spec.part import KindPart, refuse, setting

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec

ImageShape = tuple[int, int, int]
"""(channels, height, width)."""


@dataclass(frozen=True)
class BodySize:
    """Of the part of a network that all tasks share."""

    parameters: int
    features: int
    """That it hands to the heads."""
    multiplications: int
    """For one image, forward."""
    activations: int = 0
    """Values kept of one image for the way back; 0 where that is not known."""


WIDE = 400
"""Units of a layer from which on its matrix products are most of a step."""


class ModelPart(KindPart):
    """What all models have in common."""

    smallest_image: ClassVar[int] = 1
    """Pixels of height and width that the body needs."""
    shares_threads: ClassVar[bool] = True
    """Whether several processor threads make it faster; with small matrices they only wait for each other."""
    size_field: ClassVar[str] = "kind"
    """What makes it large."""
    made_smaller: ClassVar[str] = "Take a smaller network."
    stacks: ClassVar[bool] = False
    """Whether the steps of several runs can be taken as one: the body has a ``stacked``."""
    what_if_images: ClassVar[int] = 2_000
    """Held-out images that one pruned share is measured on, over all tasks."""

    def body_size(self, shape: ImageShape) -> BodySize:
        """Of the body for images of ``shape``, which :attr:`smallest_image` admits."""
        raise NotImplementedError

    def gain_in_bfloat16(self) -> str | None:
        """What was measured with ``training.precision: fast`` on a processor that multiplies in bfloat16
        itself, where it pays and accuracy holds; None where that is not known."""
        return None

    def described(self) -> str:
        """With its article, as a sentence takes it."""
        return f"{'an' if self.label[:1] in 'AEIO' else 'a'} {self.label}"


class MlpModel(ModelPart):
    """A multi-layer perceptron with ReLU units."""

    label: ClassVar = "MLP"
    implementation: ClassVar = "anpyc.models.mlp:Mlp"
    shares_threads: ClassVar = False
    stacks: ClassVar = True
    size_field: ClassVar = "hidden"
    made_smaller: ClassVar = "Take fewer or narrower hidden layers."
    what_if_images: ClassVar = 100_000

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Annotated[int, Field(ge=1, le=16_384)], ...] = setting(
        "Hidden layers", "units", short="hidden {}", default=(128, 64), min_length=1, max_length=8
    )
    """Units of each hidden layer, from the input on."""
    dropout: float = setting("Dropout", default=0.0, ge=0, lt=1)
    """Share of hidden units silenced at each training step."""
    initialisation: Literal["torch", "truncated_normal"] = setting(
        "Initial weights", default="torch", advanced=True
    )
    """`torch`: PyTorch's default. `truncated_normal`: σ 0.1 cut at two σ, biases 0.1, as the authors do."""

    def body_size(self, shape: ImageShape) -> BodySize:
        channels, height, width = shape
        layers = list(pairwise((channels * height * width, *self.hidden)))
        weights = sum(inputs * outputs for inputs, outputs in layers)
        return BodySize(weights + sum(self.hidden), self.hidden[-1], weights, 2 * sum(self.hidden))

    def gain_in_bfloat16(self) -> str | None:
        if min(self.hidden) < WIDE:
            return None
        return "A step of an MLP of 1000–1000 units took 0.36 of its time, its accuracy within 0.01 points."

    def described(self) -> str:
        return f"an MLP of {'–'.join(map(str, self.hidden))} units"


class ConvnetModel(ModelPart):
    """Three 3×3 convolutions with pooling and one fully connected layer, as the authors use for colour
    images."""

    label: ClassVar = "Convolutional network"
    implementation: ClassVar = "anpyc.models.convnet:Convnet"
    smallest_image: ClassVar = 8
    size_field: ClassVar = "channels"
    made_smaller: ClassVar = "Take fewer channels or units."
    what_if_images: ClassVar = 10_000

    kind: Literal["convnet"] = "convnet"
    channels: tuple[Annotated[int, Field(ge=1, le=4_096)], ...] = setting(
        "Channels", default=(64, 128, 256), min_length=3, max_length=3
    )
    """Of the three convolutions."""
    units: int = setting("Units", "units", short="{} units", default=512, ge=1, le=16_384)
    """Of the fully connected layer."""
    dropout: float = setting("Dropout", default=0.0, ge=0, lt=1)
    """Share of its units silenced at each training step."""

    def body_size(self, shape: ImageShape) -> BodySize:
        channels, height, width = shape
        convolutions = list(pairwise((channels, *self.channels)))
        inputs = self.channels[-1] * (height // 8) * (width // 8)
        parameters = sum(9 * c * d + d for c, d in convolutions) + (inputs + 1) * self.units
        work = sum(
            9 * c * d * (height >> halvings) * (width >> halvings)
            for halvings, (c, d) in enumerate(convolutions)
        )
        kept = sum(
            2 * d * (height >> halvings) * (width >> halvings) for halvings, d in enumerate(self.channels)
        )
        return BodySize(parameters, self.units, work + inputs * self.units, kept + 2 * self.units)

    def described(self) -> str:
        return "a convolutional network"


class Resnet18Model(ModelPart):
    """ResNet-18 with a 3×3 first convolution, for images of about 32×32 pixels."""

    label: ClassVar = "ResNet-18"
    implementation: ClassVar = "anpyc.models.resnet18:ResNet18"
    smallest_image: ClassVar = 8
    size_field: ClassVar = "width"
    made_smaller: ClassVar = "Take a smaller width."

    kind: Literal["resnet18"] = "resnet18"
    width: int = setting("Width", "channels", short="width", default=64, ge=4, le=512)
    """Channels of the first stage; each of the three others has twice as many as the one before."""

    def body_size(self, shape: ImageShape) -> BodySize:
        """Convolutions without biases, each with two parameters per channel of its normalisation."""
        channels, height, width = shape
        parameters = 9 * channels * self.width + 2 * self.width
        work = 9 * channels * self.width * height * width
        inputs = self.width
        kept = 3 * self.width * height * width
        for stage in range(4):
            outputs = self.width * 2**stage
            convolved = 9 * inputs * outputs + 3 * 9 * outputs * outputs
            shortcut = inputs * outputs if inputs != outputs else 0
            parameters += convolved + 8 * outputs + shortcut + (2 * outputs if shortcut else 0)
            height, width = (height, width) if stage == 0 else (-(-height // 2), -(-width // 2))
            work += (convolved + shortcut) * height * width
            # Two blocks of two convolutions, each normalised and rectified, and the sum with the shortcut.
            kept += 14 * outputs * height * width
            inputs = outputs
        return BodySize(parameters, inputs, work, kept)

    def check(self, run: RunSpec) -> None:
        if run.training.batch_size == 1:
            refuse(
                "training.batch_size",
                "A ResNet normalises over the batch, which says nothing of one image alone: take 2 or more.",
            )


MODELS = Kinds("model", ModelPart, MlpModel, ConvnetModel, Resnet18Model)
Model = Annotated[ModelPart, MODELS]
