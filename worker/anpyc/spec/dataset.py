"""The images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from anpyc.spec.kinds import Kinds
from anpyc.spec.part import KindPart, refuse, setting

if TYPE_CHECKING:
    from anpyc.spec.run import RunSpec


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a data set before it is opened.

    ``shape`` is (channels, height, width) of an image; ``train`` and ``test`` count images.
    ``files`` are paths below the data-sets folder, all of which a download leaves there; an empty tuple
    marks a data set that ships with a package and is always present.
    """

    title: str
    shape: tuple[int, int, int]
    classes: int
    train: int
    test: int
    files: tuple[str, ...] = ()
    download_megabytes: int = 0
    note: str = ""

    def missing_files(self, datasets_dir: Path) -> list[str]:
        """Files that are in ``datasets_dir`` neither as named nor gzip-compressed."""
        return [
            name
            for name in self.files
            if not (datasets_dir / name).is_file() and not (datasets_dir / f"{name}.gz").is_file()
        ]


@dataclass(frozen=True)
class ImageFacts:
    """What a network and its trainer are told of a data set as it is set: None where only the file knows."""

    title: str
    shape: tuple[int, int, int]
    """(channels, height, width), padding included."""
    classes: int | None
    train: int | None
    """Images to train on, those held out for validation not counted."""


class DatasetPart(KindPart):
    """What all data sets have in common."""

    info: ClassVar[DatasetInfo]
    named_by: ClassVar[str] = "kind"
    """The field that says which data are meant."""
    in_sequences: ClassVar[bool] = True
    """Whether it can be one of a sequence of data sets: it is known before it is opened."""

    validation: int = setting(
        "Validation images", "images", short="{} held out", default=0, ge=0, le=1_000_000, advanced=True
    )
    """This many images at the start of the training file are held out of training and of testing; of own
    images, one of each class in turn."""
    standardise: bool = setting("Standardise pixels", short="standardised", default=False, advanced=True)
    """Shift and scale all pixels to mean 0 and deviation 1 over the training images; off: pixels in [0,
    1]."""
    train_limit: int | None = setting(
        "Training images at most",
        "images",
        short="{} images",
        default=None,
        ge=1,
        le=10_000_000,
        advanced=True,
    )
    """Use only the first so many training images, of own images one of each class in turn; empty: all."""

    def facts(self, datasets_dir: Path) -> ImageFacts:
        """What is known without training.

        :raises anpyc.errors.DatasetUnreadable: where a person's own file is no use."""
        return ImageFacts(self.title(), self.shape(), self.info.classes, self.trained(self.info.train))

    def title(self) -> str:
        """What the data set is called."""
        return self.info.title

    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of an image as it is set."""
        return self.info.shape

    def known_classes(self) -> int | None:
        """How many classes there are; None where only the file knows."""
        return self.info.classes

    def trained(self, images: int) -> int:
        """Of so many training images, those that are trained on."""
        left = max(0, images - self.validation)
        return left if self.train_limit is None else min(left, self.train_limit)

    def absence(self, datasets_dir: Path) -> str | None:
        """What is missing and what to do about it, where a run could not begin."""
        return None

    def lend_settings(self, kind: type[DatasetPart]) -> DatasetPart:
        """Another data set with as many of these settings as it has."""
        lent = {"validation", "standardise", "train_limit", "download"} & kind.model_fields.keys()
        return kind(**self.model_dump(include=lent))

    def check(self, run: RunSpec) -> None:
        if run.training.evaluate_on == "validation" and self.validation == 0:
            refuse(
                "dataset.validation",
                "There are no validation images to evaluate on: hold some out, or evaluate on `test`.",
            )
        if self.validation >= self.info.train:
            refuse(
                "dataset.validation",
                f"{self.info.title} has {self.info.train:,} training images; hold out fewer than that for "
                "validation.",
            )


class DigitsDataset(DatasetPart):
    """1,797 real handwritten digits of 8×8 pixels that ship with scikit-learn."""

    label: ClassVar = "Digits"
    implementation: ClassVar = "anpyc.datasets.digits:load_digits"
    info: ClassVar = DatasetInfo(
        title="Digits (scikit-learn)",
        shape=(1, 8, 8),
        classes=10,
        train=1_437,
        test=360,
        note="1,797 real handwritten digits of 8×8 pixels that ship with scikit-learn. No download.",
    )

    kind: Literal["digits"] = "digits"


class DownloadedDataset(DatasetPart):
    """What data sets that torchvision downloads have in common."""

    implementation: ClassVar = "anpyc.datasets.downloads:load_downloaded"
    torchvision: ClassVar[str]
    """What torchvision calls it."""
    by_split: ClassVar[bool] = False
    """Whether torchvision is told ``split="train"`` instead of ``train=True``."""
    named_classes: ClassVar[bool] = False
    """Whether its classes have names; they are digits otherwise."""

    download: bool = setting("Download if missing", short="download", default=False)
    """Fetch the data set into the data-sets folder if it is not there."""
    pad: int = setting("Padding", "pixels", short="padded by", default=0, ge=0, le=16, advanced=True)
    """Zero pixels added on each side of an image."""

    def shape(self) -> tuple[int, int, int]:
        channels, height, width = self.info.shape
        return channels, height + 2 * self.pad, width + 2 * self.pad

    def absence(self, datasets_dir: Path) -> str | None:
        missing = self.info.missing_files(datasets_dir)
        if self.download or not missing:
            return None
        more = f" and {len(missing) - 2} more" if len(missing) > 2 else ""
        return (
            f"{self.info.title} is not in {datasets_dir} (missing: {' and '.join(missing[:2])}{more}). "
            f"Switch on `dataset.download` ({self.info.download_megabytes} MB), put the files there, "
            "or choose another data set."
        )


def _idx_files(folder: str) -> tuple[str, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(f"{folder}/raw/{name}-ubyte" for name in names)


class MnistDataset(DownloadedDataset):
    """70,000 handwritten digits of 28×28 pixels."""

    label: ClassVar = "MNIST"
    torchvision: ClassVar = "MNIST"
    info: ClassVar = DatasetInfo(
        title="MNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("MNIST"),
        download_megabytes=12,
        note="70,000 handwritten digits of 28×28 pixels.",
    )

    kind: Literal["mnist"] = "mnist"


class FashionMnistDataset(DownloadedDataset):
    """70,000 pictures of clothes of 28×28 pixels."""

    label: ClassVar = "Fashion-MNIST"
    torchvision: ClassVar = "FashionMNIST"
    named_classes: ClassVar = True
    info: ClassVar = DatasetInfo(
        title="Fashion-MNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("FashionMNIST"),
        download_megabytes=31,
        note="70,000 pictures of clothes of 28×28 pixels.",
    )

    kind: Literal["fashion_mnist"] = "fashion_mnist"


class KmnistDataset(DownloadedDataset):
    """70,000 handwritten Japanese characters of 28×28 pixels."""

    label: ClassVar = "KMNIST"
    torchvision: ClassVar = "KMNIST"
    named_classes: ClassVar = True
    info: ClassVar = DatasetInfo(
        title="KMNIST",
        shape=(1, 28, 28),
        classes=10,
        train=60_000,
        test=10_000,
        files=_idx_files("KMNIST"),
        download_megabytes=21,
        note="70,000 handwritten Japanese characters of 28×28 pixels.",
    )

    kind: Literal["kmnist"] = "kmnist"


class Cifar10Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 10 classes."""

    label: ClassVar = "CIFAR-10"
    torchvision: ClassVar = "CIFAR10"
    named_classes: ClassVar = True
    info: ClassVar = DatasetInfo(
        title="CIFAR-10",
        shape=(3, 32, 32),
        classes=10,
        train=50_000,
        test=10_000,
        files=tuple(
            f"cifar-10-batches-py/{name}"
            for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")
        ),
        download_megabytes=171,
        note="60,000 colour pictures of 32×32 pixels in 10 classes.",
    )

    kind: Literal["cifar10"] = "cifar10"


class Cifar100Dataset(DownloadedDataset):
    """60,000 colour pictures of 32×32 pixels in 100 classes."""

    label: ClassVar = "CIFAR-100"
    torchvision: ClassVar = "CIFAR100"
    named_classes: ClassVar = True
    info: ClassVar = DatasetInfo(
        title="CIFAR-100",
        shape=(3, 32, 32),
        classes=100,
        train=50_000,
        test=10_000,
        files=tuple(f"cifar-100-python/{name}" for name in ("train", "test", "meta")),
        download_megabytes=169,
        note="60,000 colour pictures of 32×32 pixels in 100 classes.",
    )

    kind: Literal["cifar100"] = "cifar100"


class SvhnDataset(DownloadedDataset):
    """99,289 house numbers in colour, 32×32 pixels."""

    label: ClassVar = "SVHN"
    torchvision: ClassVar = "SVHN"
    by_split: ClassVar = True
    info: ClassVar = DatasetInfo(
        title="SVHN",
        shape=(3, 32, 32),
        classes=10,
        train=73_257,
        test=26_032,
        files=("train_32x32.mat", "test_32x32.mat"),
        download_megabytes=247,
        note="99,289 house numbers in colour, 32×32 pixels.",
    )

    kind: Literal["svhn"] = "svhn"


class ImagesDataset(DatasetPart):
    """Your own images: a .zip of image folders or an .npz of arrays in the data-sets folder."""

    label: ClassVar = "Own images"
    implementation: ClassVar = "anpyc.datasets.uploads:load_upload"
    named_by: ClassVar = "file"
    in_sequences: ClassVar = False
    info: ClassVar = DatasetInfo(
        title="Own images",
        shape=(3, 32, 32),
        classes=1_000,
        train=10_000_000,
        test=10_000_000,
        note=(
            "A .zip of image folders or an .npz of arrays in the data-sets folder; the numbers here "
            "are limits."
        ),
    )

    kind: Literal["images"] = "images"
    file: str = setting(
        "File", short="{}", pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.(zip|npz)$", max_length=200
    )
    """Name of the file: a zip with train/<class>/<image> and test/<class>/<image> (PNG, JPEG, BMP, GIF, TIFF
    or WebP), or an npz with train_images, train_labels, test_images and test_labels."""
    size: int = setting("Size", "pixels", short="{} pixels", default=32, ge=8, le=256)
    """Images are scaled to this height and width."""
    colour: bool = setting("Colour", default=True)
    """Off: shades of grey."""

    def title(self) -> str:
        return self.file

    def shape(self) -> tuple[int, int, int]:
        return 3 if self.colour else 1, self.size, self.size

    def known_classes(self) -> int | None:
        return None

    def facts(self, datasets_dir: Path) -> ImageFacts:
        file = datasets_dir / self.file
        if not file.is_file():
            return ImageFacts(self.file, self.shape(), None, None)
        from anpyc.datasets.contents import contents

        stored = contents(file)
        return ImageFacts(self.file, self.shape(), stored.classes, self.trained(stored.train))

    def absence(self, datasets_dir: Path) -> str | None:
        if (datasets_dir / self.file).is_file():
            return None
        return f"There is no {self.file} in {datasets_dir}. Put the file there, or correct its name."


DATASETS = Kinds(
    "data set",
    DatasetPart,
    DigitsDataset,
    MnistDataset,
    FashionMnistDataset,
    KmnistDataset,
    Cifar10Dataset,
    Cifar100Dataset,
    SvhnDataset,
    ImagesDataset,
)
Dataset = Annotated[DatasetPart, DATASETS]


class _NameInSequence:
    """The names of the data sets that can stand in a sequence."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self._labels()))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(schema) | {"labels": self._labels()}

    @staticmethod
    def _labels() -> dict[str, str]:
        return {name: kind.label for name, kind in DATASETS.items() if kind.in_sequences}


NameInSequence = Annotated[str, _NameInSequence()]
