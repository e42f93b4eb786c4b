"""What an ``.npz`` holds, array by array: what each file says of it before it is read, and reading it."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc.datasets.unpacking import check_entries, unpacking
from anpyc.errors import DatasetUnreadable

PARTS = ("train", "test")
NAMES = ("train_images", "train_labels", "test_images", "test_labels")


@dataclass(frozen=True)
class Header:
    """What an array's file says of it before it is read."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        """That the array takes in memory."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_headers(name: str, archive: zipfile.ZipFile) -> dict[str, Header]:
    """Of the arrays that are needed, and only of these.

    :raises DatasetUnreadable: if one is not there or not of numbers or text."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    absent = [wanted for wanted in NAMES if f"{wanted}.npy" not in entries]
    if absent:
        raise DatasetUnreadable(f"{name} has no array {absent[0]}; save it under that name.")
    check_entries(name, [entry for entry in archive.infolist() if entry.filename[:-4] in NAMES])
    headers = {}
    for wanted in NAMES:
        entry = entries[f"{wanted}.npy"]
        with unpacking(name), archive.open(entry) as stream:
            header = _read_header(stream)
        if header.dtype.hasobject or header.dtype.names:
            content = "objects" if header.dtype.hasobject else "records"
            raise DatasetUnreadable(
                f"{name} cannot be read: {wanted} holds {content}; save an array of numbers."
            )
        if header.bytes > entry.file_size:
            raise DatasetUnreadable(
                f"{name} holds less of {wanted} than the shape {header.shape} says; save it again."
            )
        headers[wanted] = header
    return headers


def _read_header(stream: Any) -> Header:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"format {version[0]}.{version[1]} of an array is not known")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return Header(shape, dtype)


def read_array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """The values of one array; never objects."""
    with archive.open(f"{name}.npy") as stream:
        values: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return values
