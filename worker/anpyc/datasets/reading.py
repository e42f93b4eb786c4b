"""The data of a run, and what is held out of training."""

from __future__ import annotations

from pathlib import Path

from anpyc.datasets.images import ImageData, Source
from anpyc.datasets.inspection import inspect
from anpyc.errors import DatasetUnreadable
from anpyc.spec import Dataset, RunSpec


def load_datasets(spec: RunSpec, datasets_dir: Path) -> list[ImageData]:
    """The data of a run: one data set or, for a sequence of data sets, one per task, all of one shape.

    :raises DatasetMissing: if the files of one are not there and may not be fetched.
    :raises DatasetUnreadable: if they are there and of no use."""
    sources = spec.sources()
    loaded = {source: load_dataset(source, datasets_dir) for source in dict.fromkeys(sources)}
    if len(sources) == 1:
        return list(loaded.values())
    shapes = [data.train.pixels.shape[1:] for data in loaded.values()]
    channels, size = max(shape[0] for shape in shapes), max(max(shape[1:]) for shape in shapes)
    return [loaded[source].with_shape(channels, size) for source in sources]


def load_dataset(spec: Dataset, datasets_dir: Path) -> ImageData:
    """The data set of a specification, looked at once.

    :raises DatasetMissing: if its files are not there and may not be fetched.
    :raises DatasetUnreadable: if they are there and of no use.
    """
    source: Source = spec.load_implementation()(spec, datasets_dir)
    notes = inspect(source)
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
        notes=(*source.notes, *notes),
    )
