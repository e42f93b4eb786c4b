"""The data of a run: every kind's reader, and what is held out of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from anpyc.datasets.arrays import load_arrays
from anpyc.datasets.digits import load_digits
from anpyc.datasets.downloads import load_downloaded
from anpyc.datasets.folders import load_folders
from anpyc.datasets.images import ImageData, Source
from anpyc.datasets.inspection import inspect
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec import Dataset, ImagesDataset, RunSpec, parse_dataset


def load_upload(spec: ImagesDataset, datasets_dir: Path) -> Source:
    """Images that a person brings, by the ending of their file.

    :raises DatasetMissing: if there is no such file."""
    file = datasets_dir / spec.file
    if not file.is_file():
        raise DatasetMissing(f"There is no file {spec.file} in {datasets_dir}; put it there or upload it.")
    return UPLOADS[file.suffix](spec, file)


UPLOADS: Mapping[str, Callable[[ImagesDataset, Path], Source]] = {".zip": load_folders, ".npz": load_arrays}

LOADERS: Mapping[str, Callable[[Any, Path], Source]] = {
    "digits": load_digits,
    "mnist": load_downloaded,
    "fashion_mnist": load_downloaded,
    "kmnist": load_downloaded,
    "cifar10": load_downloaded,
    "cifar100": load_downloaded,
    "svhn": load_downloaded,
    "images": load_upload,
}
"""By the ``kind`` of a data set's specification."""


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
    """The data set of a specification, looked at once.

    :raises DatasetMissing: if its files are not there and may not be fetched.
    :raises DatasetUnreadable: if they are there and of no use.
    """
    source = LOADERS[spec.kind](spec, datasets_dir)
    found = inspect(source)
    train = source.train
    if spec.validation >= len(train):
        raise DatasetUnreadable(
            f"{source.title} has {len(train):,} training images, too few to hold out {spec.validation:,} for "
            "validation."
        )
    end = None if spec.train_limit is None else spec.validation + spec.train_limit
    return ImageData(
        title=source.title,
        names=source.names,
        train=train[spec.validation : end],
        validation=train[: spec.validation],
        test=source.test,
        notes=(*source.notes, *found),
    )
