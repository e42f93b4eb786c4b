"""What can be told of a person's own images without looking at a picture, and without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anpyc.datasets.array_files import PARTS, read_array, read_headers
from anpyc.datasets.labels import Classes, number_folders, number_labels
from anpyc.datasets.picture_list import list_pictures
from anpyc.datasets.unpacking import check_decoded, open_archive, unpacking

MAX_LABEL_BYTES = 100_000_000
"""More are not read to answer a question."""


@dataclass(frozen=True)
class Contents:
    """Of one file of images."""

    names: tuple[str, ...]
    """Of the classes, as they are shown, in their order."""
    train: int
    test: int

    @property
    def classes(self) -> int:
        """How many."""
        return len(self.names)


def contents(file: Path) -> Contents:
    """Of a ``.zip`` of pictures or an ``.npz`` of arrays.

    :raises DatasetUnreadable: if it is broken, or not arranged as it should be."""
    classes = _READERS[file.suffix](file)
    return Contents(classes.names, len(classes.train), len(classes.test))


def _of_pictures(file: Path) -> Classes:
    with open_archive(file) as archive:
        placed, _ = list_pictures(file.name, archive.infolist())
    return number_folders(file.name, *([picture.folder for picture in placed[part]] for part in PARTS))


def _of_arrays(file: Path) -> Classes:
    with open_archive(file) as archive:
        headers = read_headers(file.name, archive)
        size = sum(headers[f"{part}_labels"].bytes for part in PARTS)
        if size > MAX_LABEL_BYTES:
            check_decoded(file.name, "its labels", size, "label classes, not images")
        with unpacking(file.name):
            labels = [np.ravel(read_array(archive, f"{part}_labels")) for part in PARTS]
    return number_labels(file.name, *labels)


_READERS: Mapping[str, Callable[[Path], Classes]] = {".zip": _of_pictures, ".npz": _of_arrays}
