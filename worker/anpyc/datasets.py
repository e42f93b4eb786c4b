"""Image data sets as tensors in memory, from scikit-learn and torchvision."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.catalog import DATASETS
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec import Dataset, Downloaded, RunSpec, parse_dataset
from anpyc.uploads import load_upload
from anpyc.vision import torchvision_datasets


@dataclass(frozen=True)
class Images:
    """Images and their labels. Bytes 0 … 255 where the source has bytes: a quarter of the memory of
    floats."""

    pixels: Tensor
    """(images, channels, height, width), uint8 or float32 in [0, 1]."""
    labels: Tensor
    """(images,), int64, classes from 0."""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, part: slice) -> Images:
        return Images(self.pixels[part], self.labels[part])

    def floats(self, part: slice | Tensor, device: torch.device) -> Tensor:
        """Some of the images as float32 in [0, 1] on ``device``."""
        pixels = self.pixels[part].to(device)
        return (
            pixels.float().div_(255) if pixels.dtype == torch.uint8 else pixels.to(torch.float32, copy=True)
        )

    def with_shape(self, channels: int, size: int) -> Images:
        """With a margin of zeros around, and grey repeated in all channels."""
        height, width = self.pixels.shape[2:]
        left, top = (size - width) // 2, (size - height) // 2
        pixels = F.pad(self.pixels, (left, size - width - left, top, size - height - top))
        return Images(pixels.expand(-1, channels, -1, -1), self.labels)

    def mean_and_deviation(self) -> tuple[float, float]:
        """Over all pixels, on the scale of :meth:`floats`."""
        scale = 255 if self.pixels.dtype == torch.uint8 else 1
        values = self.pixels.double()
        return float(values.mean()) / scale, float(values.std()) / scale


@dataclass(frozen=True)
class ImageData:
    """One data set, split so that nothing that is tested or validated on is trained on."""

    title: str
    classes: int
    train: Images
    validation: Images
    test: Images

    def with_shape(self, channels: int, size: int) -> ImageData:
        """The same images with a margin of zeros and, where colour is wanted, three equal channels."""
        parts = (part.with_shape(channels, size) for part in (self.train, self.validation, self.test))
        train, validation, test = parts
        return ImageData(self.title, self.classes, train, validation, test)


def load_datasets(spec: RunSpec, datasets_dir: Path) -> list[ImageData]:
    """The data of a run: one data set or, for a sequence of data sets, one per task, all of one shape."""
    if spec.benchmark.kind != "sequence":
        return [load_dataset(spec.dataset, datasets_dir)]
    settings = spec.dataset.model_dump(include={"validation", "standardise", "train_limit", "download"})
    loaded = {}
    for kind in spec.benchmark.datasets:
        own = settings if kind != "digits" else {**settings, "download": None}
        fields = {name: value for name, value in own.items() if value is not None}
        loaded[kind] = load_dataset(parse_dataset({"kind": kind, **fields}), datasets_dir)
    shapes = [data.train.pixels.shape[1:] for data in loaded.values()]
    channels, size = max(shape[0] for shape in shapes), max(max(shape[1:]) for shape in shapes)
    return [loaded[kind].with_shape(channels, size) for kind in spec.benchmark.datasets]


def load_dataset(spec: Dataset, datasets_dir: Path) -> ImageData:
    """The data set of a specification.

    :raises DatasetMissing: if its files are not there and may not be fetched.
    :raises DatasetUnreadable: if they are there and of no use.
    """
    title, classes = DATASETS[spec.kind].title, DATASETS[spec.kind].classes
    if spec.kind == "images":
        (train_pixels, train_labels), (test_pixels, test_labels), classes = load_upload(spec, datasets_dir)
        title = spec.file
        train, test = Images(train_pixels, train_labels), Images(test_pixels, test_labels)
    elif spec.kind == "digits":
        train, test = _load_digits()
    else:
        train, test = _load_downloaded(spec, datasets_dir)
    for part, images in (("training", train), ("test", test)):
        _check(title, part, images)
    if spec.validation >= len(train):
        raise DatasetUnreadable(
            f"{title} has {len(train):,} training images, too few to hold out {spec.validation:,} for "
            "validation."
        )
    end = None if spec.train_limit is None else spec.validation + spec.train_limit
    return ImageData(
        title=title,
        classes=classes,
        train=train[spec.validation : end],
        validation=train[: spec.validation],
        test=test,
    )


def _load_digits() -> tuple[Images, Images]:
    """scikit-learn's digits in one fixed shuffled order (the file is sorted by writer), the last 360 for
    testing."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    pixels = torch.tensor(digits.images[order] / 16.0, dtype=torch.float32).unsqueeze(1)
    images = Images(pixels, torch.tensor(digits.target[order], dtype=torch.int64))
    train = DATASETS["digits"].train
    return images[:train], images[train:]


def _load_downloaded(spec: Downloaded, datasets_dir: Path) -> tuple[Images, Images]:
    """A data set that torchvision knows how to fetch and read."""
    info = DATASETS[spec.kind]
    missing = info.missing_files(datasets_dir)
    if missing and not spec.download:
        raise DatasetMissing(
            f"{info.title} is not in {datasets_dir} (no {missing[0]}): set `dataset.download` to fetch "
            f"{info.download_megabytes} MB, or put the files there."
        )
    fetch = any(not (datasets_dir / name).is_file() for name in info.files)
    dataset = getattr(torchvision_datasets(), _TORCHVISION_NAMES[spec.kind])
    splits = (
        [{"split": name} for name in ("train", "test")]
        if spec.kind == "svhn"
        else [
            {"train": True},
            {"train": False},
        ]
    )
    try:
        parts = [dataset(datasets_dir, **split, download=fetch) for split in splits]
    except (OSError, RuntimeError, ValueError, AssertionError, EOFError, pickle.UnpicklingError) as error:
        raise DatasetUnreadable(f"{info.title} in {datasets_dir} cannot be read: {error}.") from error
    train, test = (_images(part) for part in parts)
    return _padded(train, spec.pad), _padded(test, spec.pad)


def _images(part: Any) -> Images:
    """torchvision's arrays, whatever their layout, as (images, channels, height, width)."""
    pixels = torch.as_tensor(part.data)
    labels = torch.as_tensor(part.labels if hasattr(part, "labels") else part.targets)
    if pixels.dim() == 3:
        pixels = pixels.unsqueeze(1)
    elif pixels.shape[-1] == 3:
        pixels = pixels.permute(0, 3, 1, 2).contiguous()
    return Images(pixels, labels.to(torch.int64))


_TORCHVISION_NAMES = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "svhn": "SVHN",
}


def _padded(images: Images, pad: int) -> Images:
    return Images(F.pad(images.pixels, (pad, pad, pad, pad)), images.labels) if pad else images


def _check(title: str, part: str, images: Images) -> None:
    if not len(images):
        raise DatasetUnreadable(f"{title} has no {part} images.")
    if images.pixels.dtype != torch.uint8 and not bool(torch.isfinite(images.pixels).all()):
        broken = (~torch.isfinite(images.pixels)).flatten(1).any(1).nonzero()[0].item()
        raise DatasetUnreadable(
            f"{part.capitalize()} image {broken} of {title} has pixels that are not finite numbers: repair "
            "or remove it."
        )
