"""Images that a person brings: a ``.zip`` of image folders or an ``.npz`` of arrays, read within bounds.

A zip holds ``train/<class>/<image>`` and ``test/<class>/<image>``; an npz holds ``train_images``,
``train_labels``, ``test_images`` and ``test_labels``, images as (count, height, width) or (count, height,
width, channels)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec import ImagesDataset

MAX_ENTRIES = 500_000
MAX_IMAGE_BYTES = 50_000_000
MAX_TOTAL_BYTES = 8_000_000_000
MAX_RATIO = 200
"""Largest size of an entry in units of its compressed size."""

Parts = tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], int]
"""(images, labels) for training and for testing, and the number of classes."""


def load_upload(spec: ImagesDataset, datasets_dir: Path) -> Parts:
    """:raises DatasetMissing: if there is no such file.
    :raises DatasetUnreadable: if it is not what it should be."""
    file = datasets_dir / spec.file
    if not file.is_file():
        raise DatasetMissing(f"There is no file {spec.file} in {datasets_dir}; put it there or upload it.")
    try:
        return _load_npz(spec, file) if file.suffix == ".npz" else _load_zip(spec, file)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise DatasetUnreadable(f"{spec.file} cannot be read: {error}.") from error


def _load_zip(spec: ImagesDataset, file: Path) -> Parts:
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check_bounds(spec.file, entries)
        placed: dict[str, list[tuple[str, zipfile.ZipInfo]]] = {"train": [], "test": []}
        for entry in entries:
            path = PurePosixPath(entry.filename)
            if len(path.parts) < 3 or path.parts[-3] not in placed or ".." in path.parts:
                raise DatasetUnreadable(
                    f"{spec.file} holds {entry.filename}, which is not train/<class>/<image> or "
                    "test/<class>/<image>; arrange the images so."
                )
            placed[path.parts[-3]].append((path.parts[-2], entry))
        classes = sorted({name for part in placed.values() for name, _ in part})
        train, test = (_read_images(spec, archive, placed[part], classes) for part in ("train", "test"))
    return train, test, len(classes)


def _check_bounds(name: str, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise DatasetUnreadable(f"{name} holds {len(entries):,} files; at most {MAX_ENTRIES:,} are read.")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        raise DatasetUnreadable(
            f"{name} unpacks to more than {MAX_TOTAL_BYTES // 10**9} GB; take fewer images."
        )
    for entry in entries:
        if entry.file_size > MAX_IMAGE_BYTES or entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise DatasetUnreadable(f"{name}: {entry.filename} is suspiciously large; remove it.")


def _read_images(
    spec: ImagesDataset,
    archive: zipfile.ZipFile,
    entries: list[tuple[str, zipfile.ZipInfo]],
    classes: list[str],
) -> tuple[Tensor, Tensor]:
    """Every image as bytes in the wanted size; the classes in turn, so that the first images hold all of
    them."""
    from PIL import Image, UnidentifiedImageError

    seen: dict[str, int] = {}
    turn = []
    for name, entry in sorted(entries, key=lambda pair: (pair[0], pair[1].filename)):
        seen[name] = seen.get(name, 0) + 1
        turn.append((seen[name], name, entry))
    turn.sort(key=lambda item: item[:2])
    channels = 3 if spec.colour else 1
    pixels = np.empty((len(turn), channels, spec.size, spec.size), dtype=np.uint8)
    for index, (_, _, entry) in enumerate(turn):
        try:
            with Image.open(io.BytesIO(archive.read(entry))) as image:
                converted = image.convert("RGB" if spec.colour else "L")
                array = np.asarray(converted.resize((spec.size, spec.size)))
        except (UnidentifiedImageError, OSError, zipfile.BadZipFile, Image.DecompressionBombError) as error:
            raise DatasetUnreadable(
                f"{spec.file}: {entry.filename} is not an image that can be read; remove or replace it."
            ) from error
        pixels[index] = array.transpose(2, 0, 1) if spec.colour else array
    labels = [classes.index(name) for _, name, _ in turn]
    return torch.from_numpy(pixels), torch.tensor(labels, dtype=torch.int64)


def _load_npz(spec: ImagesDataset, file: Path) -> Parts:
    with np.load(file, allow_pickle=False) as arrays:
        absent = [
            name
            for name in ("train_images", "train_labels", "test_images", "test_labels")
            if name not in arrays.files
        ]
        if absent:
            raise DatasetUnreadable(f"{spec.file} has no array {absent[0]}; save it under that name.")
        loaded = {name: arrays[name] for name in arrays.files}
    parts = [_part(spec, loaded[f"{part}_images"], loaded[f"{part}_labels"]) for part in ("train", "test")]
    classes = 1 + int(max(int(labels.max(initial=-1)) for _, labels in parts))
    (train, train_labels), (test, test_labels) = parts
    return (train, torch.from_numpy(train_labels)), (test, torch.from_numpy(test_labels)), classes


def _part(
    spec: ImagesDataset,
    images: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
    labels: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> tuple[Tensor, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    if images.ndim not in (3, 4) or len(images) != len(labels) or labels.ndim != 1:
        raise DatasetUnreadable(
            f"{spec.file} holds images of shape {images.shape} and labels of shape {labels.shape}; "
            "they must be "
            "(count, height, width) or (count, height, width, channels), and (count,)."
        )
    if not np.issubdtype(labels.dtype, np.integer) or (len(labels) and int(labels.min()) < 0):
        raise DatasetUnreadable(f"The labels in {spec.file} must be whole numbers from 0 on.")
    pixels = torch.from_numpy(images if images.dtype == np.uint8 else images.astype(np.float32))
    pixels = pixels.unsqueeze(1) if pixels.dim() == 3 else pixels.permute(0, 3, 1, 2)
    wanted = 3 if spec.colour else 1
    if pixels.shape[1] != wanted:
        pixels = pixels[:, :1].expand(-1, 3, -1, -1) if wanted == 3 else pixels.float().mean(1, keepdim=True)
    if pixels.shape[2:] != (spec.size, spec.size):
        resized = F.interpolate(pixels.float(), (spec.size, spec.size), mode="bilinear", antialias=True)
        pixels = resized.round().to(torch.uint8) if images.dtype == np.uint8 else resized
    if images.dtype == np.uint8 and pixels.dtype != torch.uint8:
        pixels = pixels.round().to(torch.uint8)
    return pixels.contiguous(), labels.astype(np.int64)
