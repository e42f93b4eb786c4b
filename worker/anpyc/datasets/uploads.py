"""Images that a person brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from anpyc.datasets.arrays import load_arrays
from anpyc.datasets.folders import load_folders
from anpyc.datasets.images import Source
from anpyc.errors import DatasetMissing
from anpyc.spec.dataset import ImagesDataset


def load_upload(spec: ImagesDataset, datasets_dir: Path) -> Source:
    """By the ending of their file.

    :raises DatasetMissing: if there is no such file.
    :raises DatasetUnreadable: if it is not what it should be."""
    file = datasets_dir / spec.file
    if not file.is_file():
        raise DatasetMissing(f"There is no file {spec.file} in {datasets_dir}; put it there or upload it.")
    return UPLOADS[file.suffix](spec, file)


UPLOADS: Mapping[str, Callable[[ImagesDataset, Path], Source]] = {".zip": load_folders, ".npz": load_arrays}
