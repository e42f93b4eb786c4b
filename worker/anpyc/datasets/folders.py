"""A ``.zip`` of pictures: ``train/<class>/<image>`` and ``test/<class>/<image>``, within a folder or not."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from anpyc.datasets.images import Images, Note, Source
from anpyc.datasets.labels import in_turn, mapping_note, number_folders, order_note
from anpyc.datasets.names import listed, shown
from anpyc.datasets.pictures import Picture, PictureUnreadable, read_picture
from anpyc.datasets.pixels import BYTES, Extent, Range, common_range, find_extent, find_range, range_text
from anpyc.datasets.unpacking import check_decoded, check_entries, open_archive, unpacking
from anpyc.errors import DatasetUnreadable
from anpyc.spec import ImagesDataset

MAX_ENTRIES = 500_000
MAX_IMAGE_BYTES = 300_000_000
MAX_TOTAL_BYTES = MAX_TOTAL_PIXELS = 50_000_000_000
"""Unpacked and decoded one picture after the other: bounds on time, not on memory."""

_JUNK = re.compile(
    r"(?i)(^|/)(\.(?!\.?(/|$))[^/]*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|@eaDir|\$RECYCLE\.BIN|Icon\r)(/|$)"
)
"""What file managers leave behind; all that begins with a dot."""
_DOCUMENT = re.compile(
    r"(?i)\.(txt|md|rst|csv|tsv|json|ya?ml|xml|html?|pdf|log)$|(^|/)(readme|licen[cs]e|copying|citation)$"
)
_UTF8 = 0x800


@dataclass(frozen=True)
class Placed:
    """One picture's place in the archive."""

    folder: str
    entry: zipfile.ZipInfo


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
        placed, notes = _placed(spec.file, archive.infolist())
        parts = [sorted(placed[part], key=lambda one: one.entry.filename) for part in ("train", "test")]
        classes = number_folders(spec.file, *([one.folder for one in part] for part in parts))
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


def _placed(name: str, entries: Sequence[zipfile.ZipInfo]) -> tuple[dict[str, list[Placed]], list[Note]]:
    """The pictures of both parts, and what was passed over."""
    if len(entries) > MAX_ENTRIES:
        raise DatasetUnreadable(f"{name} holds {len(entries):,} files; at most {MAX_ENTRIES:,} are read.")
    files = [(_path(entry), entry) for entry in entries if not entry.is_dir()]
    over = [path for path, _ in files if _JUNK.search(path) or _DOCUMENT.search(path)]
    passed_over = set(over)
    kept = [(path, entry) for path, entry in files if path not in passed_over]
    check_entries(name, [entry for _, entry in kept])
    _check_bytes(name, [entry for _, entry in kept])
    depth = _depth([path for path, _ in kept])
    placed: dict[str, list[Placed]] = {"train": [], "test": []}
    for path, entry in kept:
        pieces = path.split("/")
        part = pieces[depth].lower() if len(pieces) == depth + 3 else ""
        if part not in placed or not {"", ".", ".."}.isdisjoint(pieces):
            raise DatasetUnreadable(
                f"{name} holds {shown(path)}, which is not train/<class>/<image> or test/<class>/<image>; "
                "arrange the images so."
            )
        placed[part].append(Placed(pieces[depth + 1], entry))
    notes = []
    if over:
        found = listed([shown(path) for path in over], 3)
        notes = [Note("data_passed_over", f"Passed over, as no images: {found}.")]
    return placed, notes


def _path(entry: zipfile.ZipInfo) -> str:
    """With slashes, and in UTF-8 where the packer wrote it without saying so, as macOS does."""
    path = entry.filename
    if not entry.flag_bits & _UTF8 and not path.isascii():
        try:
            path = path.encode("cp437").decode("utf-8")
        except UnicodeError:
            path = entry.filename
    return path.replace("\\", "/")


def _depth(paths: Sequence[str]) -> int:
    """How many folders all pictures share before ``train`` and ``test`` begin."""
    folders = [path.split("/")[:-1] for path in paths]
    depth = 0
    while folders and all(len(own) > depth + 1 for own in folders):
        names = {own[depth] for own in folders}
        if len(names) > 1 or names.pop().lower() in ("train", "test"):
            break
        depth += 1
    return depth


def _check_bytes(name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.file_size > MAX_IMAGE_BYTES:
            raise DatasetUnreadable(
                f"{name}: {shown(entry.filename)} unpacks to {entry.file_size / 1e6:,.0f} MB, and at most "
                f"{MAX_IMAGE_BYTES / 1e6:,.0f} MB are read; scale it down or remove it."
            )
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise DatasetUnreadable(
            f"{name} unpacks to {total / 1e9:,.0f} GB, and at most {MAX_TOTAL_BYTES / 1e9:,.0f} GB are read; "
            "take fewer or smaller images."
        )


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
            name = f"{spec.file}: {shown(_path(entry))}"
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
        found = extents[0].joined(extents[-1])
        said = f"{_images(count)} of more than 8 bits have {range_text(found, known)}."
        return [Note("data_range", said)]
    return _brighten(name, piles)


def _brighten(name: str, piles: Sequence[Pile]) -> list[Note]:
    """Pictures whose brightest pixel is nearly black hold 0 and 1, or 0 to 16, rather than 0 to 255."""
    extents = [find_extent(name, "image", pile.pixels) for pile in piles if len(pile.pixels)]
    if not extents:
        return []
    found = extents[0].joined(extents[-1])
    known = find_range(found) or BYTES
    if known != BYTES:
        for pile in piles:
            pile.pixels = (pile.pixels * np.float32(255 / known.high)).round().astype(np.uint8)
    return [Note("data_range", f"Pixels of 8 bits have {range_text(found, known)}.")]


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
    small, large = (pick(sizes, key=lambda one: one[0] * one[1]) for pick in (min, max))
    found = f"{small[0]}×{small[1]}"
    found += f" to {large[0]}×{large[1]}" if large != small else ""
    stretched = any(width != height for width, height in sizes)
    return (
        f"Images of {found} pixels are scaled to {size}×{size}"
        f"{', which changes the proportions of some' if stretched else ''}."
    )


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
