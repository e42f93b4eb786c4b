"""Data sets that torchvision knows how to fetch and read, in the order of their files: published protocols
hold out the first images."""

from __future__ import annotations

import errno
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from anpyc.datasets.images import Images, Source
from anpyc.datasets.names import shown
from anpyc.datasets.vision import torchvision_datasets
from anpyc.errors import DatasetMissing, DatasetUnreadable
from anpyc.spec.dataset import DatasetInfo, DownloadedDataset

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READING_ERRORS = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    EOFError,
    struct.error,
    zlib.error,
    pickle.UnpicklingError,
)


def load_downloaded(spec: DownloadedDataset, datasets_dir: Path) -> Source:
    """:raises DatasetMissing: if its files are not there and may not be fetched.
    :raises DatasetUnreadable: if torchvision cannot read them, or they are not what they should be."""
    info = spec.info
    missing = info.missing_files(datasets_dir)
    if missing and not spec.download:
        raise DatasetMissing(
            f"{info.title} is not in {datasets_dir} (no {missing[0]}): set `dataset.download` to fetch "
            f"{info.download_megabytes} MB, or put the files there."
        )
    fetch = any(not (datasets_dir / name).is_file() for name in info.files)
    dataset = getattr(torchvision_datasets(), spec.torchvision)
    splits = [{"split": name} if spec.by_split else {"train": name == "train"} for name in ("train", "test")]
    try:
        sets = [dataset(datasets_dir, **split, download=fetch) for split in splits]
        parts = [_images(part) for part in sets]
        names = tuple(sets[0].classes) if spec.named_classes else map(str, range(info.classes))
    except _READING_ERRORS as error:
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise DatasetUnreadable(
                f"No space is left in {datasets_dir} for {info.title} ({info.download_megabytes} MB). Free "
                "some, or name another folder with ANPYC_DATASETS_DIR."
            ) from error
        reason = shown(str(error)).rstrip(".") or type(error).__name__
        raise DatasetUnreadable(
            f"{info.title} in {datasets_dir} cannot be read ({reason}); fetch it again."
        ) from error
    for images in parts:
        _check_labels(info, images)
    train, test = (_padded(part, spec.pad) for part in parts)
    return Source(info.title, tuple(shown(name) for name in names), train, test)


def _images(part: Any) -> Images:
    """torchvision's arrays, whatever their layout, as (images, channels, height, width)."""
    pixels = torch.as_tensor(part.data)
    labels = torch.as_tensor(part.labels if hasattr(part, "labels") else part.targets)
    if pixels.dim() == 3:
        pixels = pixels.unsqueeze(1)
    elif pixels.shape[-1] == 3:
        pixels = pixels.permute(0, 3, 1, 2).contiguous()
    return Images(pixels, labels.to(torch.int64))


def _check_labels(info: DatasetInfo, images: Images) -> None:
    labels = images.labels
    if len(images.pixels) != len(labels):
        raise DatasetUnreadable(
            f"{info.title} has {len(images.pixels):,} images and {len(labels):,} labels; fetch it again."
        )
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < info.classes:
        raise DatasetUnreadable(f"{info.title} has labels outside 0…{info.classes - 1}; fetch it again.")


def _padded(images: Images, pad: int) -> Images:
    return Images(F.pad(images.pixels, (pad, pad, pad, pad)), images.labels) if pad else images
