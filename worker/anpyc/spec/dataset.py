"""The images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from anpyc.spec.part import SpecPart, setting


class DatasetPart(SpecPart):
    """What all data sets have in common."""

    validation: int = setting("Validation images", "images", default=0, ge=0, le=1_000_000, advanced=True)
    """This many images at the start of the training file are held out of training and of testing; of own
    images, one of each class in turn."""
    standardise: bool = setting("Standardise pixels", default=False, advanced=True)
    """Shift and scale all pixels to mean 0 and deviation 1 over the training images; off: pixels in [0,
    1]."""
    train_limit: int | None = setting(
        "Training images at most", "images", default=None, ge=1, le=10_000_000, advanced=True
    )
    """Use only the first so many training images, of own images one of each class in turn; empty: all."""


class DigitsDataset(DatasetPart):
    """1,797 real handwritten digits of 8×8 pixels that ship with scikit-learn."""

    kind: Literal["digits"] = "digits"


class DownloadedDataset(DatasetPart):
    """What data sets that torchvision downloads have in common."""

    download: bool = setting("Download if missing", default=False)
    """Fetch the data set into the data-sets folder if it is not there."""
    pad: int = setting("Padding", "pixels", default=0, ge=0, le=16, advanced=True)
    """Zero pixels added on each side of an image."""


class MnistDataset(DownloadedDataset):
    """70,000 handwritten digits of 28×28 pixels."""

    kind: Literal["mnist"] = "mnist"


class FashionMnistDataset(DownloadedDataset):
    """70,000 pictures of clothes of 28×28 pixels."""

    kind: Literal["fashion_mnist"] = "fashion_mnist"


class KmnistDataset(DownloadedDataset):
    """70,000 handwritten Japanese characters of 28×28 pixels."""

    kind: Literal["kmnist"] = "kmnist"


class Cifar10Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 10 classes."""

    kind: Literal["cifar10"] = "cifar10"


class Cifar100Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 100 classes."""

    kind: Literal["cifar100"] = "cifar100"


class SvhnDataset(DownloadedDataset):
    """99,289 house numbers in colour, 32×32 pixels."""

    kind: Literal["svhn"] = "svhn"


class ImagesDataset(DatasetPart):
    """Your own images: a .zip of image folders or an .npz of arrays in the data-sets folder."""

    kind: Literal["images"] = "images"
    file: str = setting("File", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(zip|npz)$", max_length=200)
    """Name of the file: a zip with train/<class>/<image> and test/<class>/<image> (PNG, JPEG, BMP, GIF, TIFF
    or WebP), or an npz with train_images, train_labels, test_images and test_labels."""
    size: int = setting("Size", "pixels", default=32, ge=8, le=256)
    """Images are scaled to this height and width."""
    colour: bool = setting("Colour", default=True)
    """Off: shades of grey."""


Downloaded = (
    MnistDataset | FashionMnistDataset | KmnistDataset | Cifar10Dataset | Cifar100Dataset | SvhnDataset
)
Dataset = Annotated[
    DigitsDataset | Downloaded | ImagesDataset,
    Field(discriminator="kind"),
]

_DATASET: TypeAdapter[Dataset] = TypeAdapter(Dataset)


def parse_dataset(data: Mapping[str, Any]) -> Dataset:
    """The data set part in ``data``, alone."""
    return _DATASET.validate_python(data)
