"""One look at a data set before anything is trained on it: what cannot be learnt from is refused, what
deserves a second look is said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from anpyc.datasets.images import Images, Source
from anpyc.datasets.notes import Note
from anpyc.errors import DatasetUnreadable

BLANK_SHARE = 0.9
"""From this share of one and the same blank image on, in more than one class, a data set is refused."""

LITTLE_CONTRAST = 0.1
"""Between the darkest and the brightest pixel of a part, in units of the range: less is said."""


def inspect(source: Source) -> tuple[Note, ...]:
    """What was found.

    :raises DatasetUnreadable: if a part is empty, its images are all alike or largely one blank image, or
        there is one class only.
    """
    parts = {"training": source.train, "test": source.test}
    for part, images in parts.items():
        if not len(images):
            raise DatasetUnreadable(f"{source.title} has no {part} images.")
    if len(source.names) < 2:
        raise DatasetUnreadable(
            f"{source.title} has one class only, {source.names[0]}; there is nothing to tell apart. Bring at "
            "least two classes."
        )
    notes = []
    for part, images in parts.items():
        _check_alike(source.title, part, images)
        low, high = _extremes(images)
        notes += _blank_notes(source.title, part, images, low, high)
        notes += _contrast_notes(source.title, part, images, float(high.max()) - float(low.min()))
    return *notes, *_duplicate_notes(source)


def _check_alike(title: str, part: str, images: Images) -> None:
    if len(images) < 2:
        return
    first = images.pixels[:1]
    if all(bool((chunk == first).all()) for chunk in images.chunks()):
        blank = " and blank" if bool((first == first.flatten()[0]).all()) else ""
        raise DatasetUnreadable(
            f"The {len(images):,} {part} images of {title} are all alike{blank}; look at how they were saved."
        )


def _extremes(images: Images) -> tuple[Tensor, Tensor]:
    """The smallest and the largest value of each channel of each image, (images, channels)."""
    low, high = (
        torch.cat([pick(chunk.flatten(2), dim=2) for chunk in images.chunks()])
        for pick in (torch.amin, torch.amax)
    )
    return low, high


def _contrast_notes(title: str, part: str, images: Images, spread: float) -> list[Note]:
    """Pixels that all lie close together: scaled twice, as a rule."""
    share = spread / (255 if images.pixels.dtype == torch.uint8 else 1)
    if share >= LITTLE_CONTRAST:
        return []
    return [
        Note(
            "data_contrast",
            f"The pixels of the {part} images of {title} differ by {share:.2g} of the range at most, so a "
            "network hardly sees them; were they scaled twice?",
            "warning",
        )
    ]


def _blank_notes(title: str, part: str, images: Images, low: Tensor, high: Tensor) -> list[Note]:
    """Images whose every channel has one value throughout."""
    blank = (low == high).all(1)
    count = int(blank.sum())
    if not count:
        return []
    _, which, counts = np.unique(low[blank].numpy(), axis=0, return_inverse=True, return_counts=True)
    same = images.labels.numpy()[blank.numpy()][which.reshape(-1) == counts.argmax()]
    classes = len(np.unique(same))
    if len(same) >= BLANK_SHARE * len(images) and classes > 1:
        raise DatasetUnreadable(
            f"{len(same):,} of the {len(images):,} {part} images of {title} are one and the same blank "
            f"image, in {classes} classes; look at how they were saved."
        )
    return [
        Note(
            "data_blank",
            f"{count:,} of {len(images):,} {part} images of {title} are blank: all their pixels are alike.",
            "warning",
        )
    ]


def _duplicate_notes(source: Source) -> list[Note]:
    """Test images that are training images too, pixel for pixel."""
    trained = set(_hashes(source.train))
    twice = [place for place, own in enumerate(_hashes(source.test)) if own in trained]
    if not twice:
        return []
    return [
        Note(
            "data_duplicates",
            f"{len(twice):,} of the {len(source.test):,} test images of {source.title} are training images "
            "too, pixel for pixel; the accuracy on them tells nothing of new images.",
            "warning",
        )
    ]


def _hashes(images: Images) -> Iterator[int]:
    """Of each image's bytes, 64 bits."""
    for chunk in images.chunks():
        content = chunk.contiguous().numpy().tobytes()
        size = len(content) // len(chunk)
        for start in range(0, len(content), size):
            yield hash(content[start : start + size])
