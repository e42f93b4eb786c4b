"""A ``.zip`` of pictures: ``train/<class>/<image>`` and ``test/<class>/<image>``, within a folder or not."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from anpyc.datasets.images import Images, Source
from anpyc.datasets.labels import in_turn, mapping_note, number_folders, order_note
from anpyc.datasets.names import shown
from anpyc.datasets.notes import Note
from anpyc.datasets.picture_list import list_pictures, path_of
from anpyc.datasets.pictures import Picture, PictureUnreadable, read_picture
from anpyc.datasets.pixels import BYTES, Extent, Range, common_range, find_extent, find_range, range_text
from anpyc.datasets.unpacking import check_decoded, open_archive, unpacking
from anpyc.errors import DatasetUnreadable
from anpyc.spec.dataset import ImagesDataset

MAX_TOTAL_PIXELS = 50_000_000_000
"""Decoded one picture after the other: a bound on time, not on memory."""


@dataclass
class Pile:
    """The pictures of one part as they are read."""

    pixels: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    """(images, channels, size, size); once a picture of more than 8 bits came, floats."""
    deep: list[int] = field(default_factory=list)
    """Those of more than 8 bits."""
    extent: Extent | None = None
    """What the values of these span."""

    def put(self, place: int, picture: Picture) -> None:
        """A picture, as it is read."""
        if picture.extent is not None:
            if self.pixels.dtype == np.uint8:
                self.pixels = self.pixels.astype(np.float32) / np.float32(255)
            self.deep.append(place)
            self.extent = self.extent.joined(picture.extent) if self.extent else picture.extent
            self.pixels[place] = picture.values
        elif self.pixels.dtype == np.uint8:
            self.pixels[place] = picture.values
        else:
            self.pixels[place] = picture.values.astype(np.float32) / np.float32(255)

    def scale(self, known: Range) -> None:
        """Bring the pictures of more than 8 bits from their range to [0, 1]."""
        values = (self.pixels[self.deep] - known.low) / (known.high - known.low)
        self.pixels[self.deep] = values.clip(0, 1)


@dataclass
class Tally:
    """What was done to how many pictures."""

    images: int
    """In the archive."""
    turned: int = 0
    composited: int = 0
    animated: int = 0
    pixels: int = 0
    sizes: set[tuple[int, int]] = field(default_factory=set)

    def add(self, picture: Picture) -> None:
        self.turned += picture.turned
        self.composited += picture.composited
        self.animated += picture.animated
        self.pixels += picture.size[0] * picture.size[1]
        self.sizes.add(picture.size)


def load_folders(spec: ImagesDataset, file: Path) -> Source:
    """:raises DatasetUnreadable: if the archive or a picture in it is not what it should be."""
    with open_archive(file) as archive:
        placed, notes = list_pictures(spec.file, archive.infolist())
        parts = placed["train"], placed["test"]
        classes = number_folders(spec.file, *([picture.folder for picture in part] for part in parts))
        tally = Tally(sum(map(len, parts)))
        _check_size(spec, tally.images, bytes_each=1)
        piles, labels = [], []
        for part, own in zip(parts, (classes.train, classes.test), strict=True):
            order = in_turn(own)
            piles.append(_pile(spec, archive, [part[place].entry for place in order], tally))
            labels.append(torch.from_numpy(own[order]))
    notes += _scale(spec.file, piles)
    notes += _tally_notes(spec.size, tally)
    train, test = (
        Images(torch.from_numpy(pile.pixels), own) for pile, own in zip(piles, labels, strict=True)
    )
    notes += [mapping_note(classes), order_note()]
    return Source(spec.file, classes.names, train, test, tuple(notes))


def _check_size(spec: ImagesDataset, images: int, bytes_each: int) -> None:
    kept = images * (3 if spec.colour else 1) * spec.size**2 * bytes_each
    check_decoded(spec.file, f"its {images:,} images", kept, "take fewer images or a smaller `dataset.size`")


def _pile(
    spec: ImagesDataset, archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], tally: Tally
) -> Pile:
    channels = 3 if spec.colour else 1
    pile = Pile(np.empty((len(entries), channels, spec.size, spec.size), dtype=np.uint8))
    with warnings.catch_warnings():  # Pillow warns of metadata, which is not read here
        warnings.simplefilter("ignore")
        for place, entry in enumerate(entries):
            name = f"{spec.file}: {shown(path_of(entry))}"
            with unpacking(name):
                content = archive.read(entry)
            try:
                picture = read_picture(content, spec.colour, spec.size)
            except PictureUnreadable as error:
                raise DatasetUnreadable(f"{name} {error}.") from error
            if picture.extent is not None and not pile.deep:
                _check_size(spec, tally.images, bytes_each=4)
            pile.put(place, picture)
            tally.add(picture)
            if tally.pixels > MAX_TOTAL_PIXELS:
                raise DatasetUnreadable(
                    f"{spec.file} holds too many pixels to decode; scale its images down."
                )
    return pile


def _scale(name: str, piles: Sequence[Pile]) -> list[Note]:
    """Bring all pictures to one scale."""
    extents = [pile.extent for pile in piles if pile.extent is not None]
    if extents:
        known = common_range(name, extents[0], extents[-1])
        for pile in piles:
            pile.scale(known)
        count = sum(len(pile.deep) for pile in piles)
        extent = extents[0].joined(extents[-1])
        text = f"{_images(count)} of more than 8 bits have {range_text(extent, known)}."
        return [Note("data_range", text)]
    return _brighten(name, piles)


def _brighten(name: str, piles: Sequence[Pile]) -> list[Note]:
    """Pictures whose brightest pixel is nearly black hold 0 and 1, or 0 to 16, rather than 0 to 255."""
    extents = [find_extent(name, "image", pile.pixels) for pile in piles if len(pile.pixels)]
    if not extents:
        return []
    extent = extents[0].joined(extents[-1])
    known = find_range(extent) or BYTES
    if known != BYTES:
        for pile in piles:
            pile.pixels = (pile.pixels * np.float32(255 / known.high)).round().astype(np.uint8)
    return [Note("data_range", f"Pixels of 8 bits have {range_text(extent, known)}.")]


def _tally_notes(size: int, tally: Tally) -> list[Note]:
    notes = [
        Note(subject, f"{text}: {_images(count)}.")
        for subject, text, count in (
            ("data_orientation", "Turned upright by their EXIF tag", tally.turned),
            ("data_alpha", "Transparent pixels put on white", tally.composited),
            ("data_frames", "Only the first of several frames used", tally.animated),
        )
        if count
    ]
    if tally.sizes - {(size, size)}:
        notes.append(Note("data_size", _size_text(size, tally.sizes)))
    return notes


def _size_text(size: int, sizes: set[tuple[int, int]]) -> str:
    small, large = (pick(sizes, key=lambda size: size[0] * size[1]) for pick in (min, max))
    text = f"{small[0]}×{small[1]}"
    text += f" to {large[0]}×{large[1]}" if large != small else ""
    stretched = any(width != height for width, height in sizes)
    return (
        f"Images of {text} pixels are scaled to {size}×{size}"
        f"{', which changes the proportions of some' if stretched else ''}."
    )


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
