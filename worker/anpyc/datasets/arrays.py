"""An ``.npz`` of arrays: ``train_images``, ``train_labels``, ``test_images`` and ``test_labels``, images as
(count, height, width) or with channels first or last. Other arrays are never opened."""

from __future__ import annotations

from pathlib import Path

import torch

from anpyc.datasets.array_files import NAMES, PARTS, Header, read_array, read_headers
from anpyc.datasets.images import Images, Source
from anpyc.datasets.labels import in_turn, mapping_note, number_labels, order_note
from anpyc.datasets.notes import Note
from anpyc.datasets.pixels import (
    Array,
    Extent,
    Layout,
    Range,
    Reading,
    common_range,
    find_extent,
    find_layout,
    image_size,
    range_text,
)
from anpyc.datasets.unpacking import check_decoded, open_archive, unpacking
from anpyc.errors import DatasetUnreadable
from anpyc.spec.dataset import ImagesDataset


def load_arrays(spec: ImagesDataset, file: Path) -> Source:
    """:raises DatasetUnreadable: if the arrays are not what they should be, or would take too much memory."""
    with open_archive(file) as archive:
        headers = read_headers(spec.file, archive)
        layouts = [_check_images(spec.file, part, headers) for part in PARTS]
        _check_size(spec, headers)
        with unpacking(spec.file):
            arrays = {name: read_array(archive, name) for name in NAMES}
    classes = number_labels(spec.file, *(arrays[f"{part}_labels"].reshape(-1) for part in PARTS))
    images = [arrays.pop(f"{part}_images") for part in PARTS]
    readings, notes = _readings(spec.file, images, layouts)
    parts = []
    for own, labels in zip(readings, (classes.train, classes.test), strict=True):
        order = in_turn(labels)
        pixels = own.pixels(images.pop(0), order, spec.size, spec.colour)
        parts.append(Images(pixels, torch.from_numpy(labels[order])))
    notes += _size_notes(spec, headers, layouts)
    train, test = parts
    notes += [mapping_note(classes), order_note()]
    return Source(spec.file, classes.names, train, test, tuple(notes))


def _check_images(name: str, part: str, headers: dict[str, Header]) -> Layout:
    images, labels = headers[f"{part}_images"], headers[f"{part}_labels"]
    if images.dtype.kind not in "biuf":
        raise DatasetUnreadable(f"{name} holds {part}_images as {images.dtype}; save numbers.")
    if labels.dtype.kind not in "biufUS":
        raise DatasetUnreadable(f"{name} holds {part}_labels as {labels.dtype}; save whole numbers or text.")
    if not images.shape or 0 in images.shape:
        raise DatasetUnreadable(f"{name} has no {_word(part)} images.")
    count = images.shape[0]
    if labels.shape not in ((count,), (count, 1), (1, count)):
        raise DatasetUnreadable(
            f"{name} holds {part}_images of shape {images.shape} and {part}_labels of shape {labels.shape}; "
            f"there must be one label for each image, in the shape ({count},)."
        )
    return find_layout(name, images.shape)


def _check_size(spec: ImagesDataset, headers: dict[str, Header]) -> None:
    size = sum(header.bytes for header in headers.values())
    for part in PARTS:
        images = headers[f"{part}_images"]
        each = (3 if spec.colour else 1) * spec.size**2
        size += images.shape[0] * each * (1 if images.dtype.itemsize == 1 else 4)
    advice = "take fewer or smaller images, or a smaller `dataset.size`"
    check_decoded(spec.file, "its arrays and the pixels made of them", size, advice)


def _readings(name: str, images: list[Array], layouts: list[Layout]) -> tuple[list[Reading], list[Note]]:
    """How the training and the test images are read, and that in words."""
    shades, opacities = [], []
    for part, values, layout in zip(PARTS, images, layouts, strict=True):
        colours = values if not layout.alpha else _channels(values, layout, slice(0, -1))
        shades.append(find_extent(name, _word(part), colours))
        if layout.alpha:
            opacities.append(find_extent(name, _word(part), _channels(values, layout, slice(-1, None))))
    brightness = common_range(name, *shades)
    opacity = common_range(f"the alpha channel of {name}", opacities[0], opacities[-1]) if opacities else None
    readings = [
        Reading(layout, brightness, opacity if layout.alpha else None, _fits_bytes(brightness, extent))
        for layout, extent in zip(layouts, shades, strict=True)
    ]
    return readings, [
        *_layout_notes(images, layouts),
        _range_note(brightness, shades),
        *_alpha_notes(opacity, opacities),
    ]


def _channels(values: Array, layout: Layout, part: slice) -> Array:
    return values[:, part] if layout.axis == 1 else values[..., part]


def _fits_bytes(brightness: Range, extent: Extent) -> bool:
    return extent.whole and brightness in (Range(0, 255), Range(0, 1))


def _word(part: str) -> str:
    return "training" if part == "train" else "test"


def _layout_notes(images: list[Array], layouts: list[Layout]) -> list[Note]:
    shapes = [values.shape for values in images]
    if layouts[0] == layouts[1]:
        text = f"Images of shape {shapes[0]} and {shapes[1]} are read as {layouts[0]}."
    else:
        text = f"Training images of shape {shapes[0]} are read as {layouts[0]}, "
        text += f"test images of shape {shapes[1]} as {layouts[1]}."
    return [Note("data_layout", text)]


def _range_note(brightness: Range, shades: list[Extent]) -> Note:
    combined = shades[0].joined(shades[1])
    stored = " and ".join(dict.fromkeys(str(extent.dtype) for extent in shades))
    return Note("data_range", f"Pixels ({stored}) have {range_text(combined, brightness)}.")


def _alpha_notes(opacity: Range | None, opacities: list[Extent]) -> list[Note]:
    if opacity is None or min(extent.low for extent in opacities) >= opacity.high:
        return []
    return [Note("data_alpha", "Transparent pixels are shown on white.")]


def _size_notes(spec: ImagesDataset, headers: dict[str, Header], layouts: list[Layout]) -> list[Note]:
    sizes = [
        image_size(headers[f"{p}_images"].shape, layout) for p, layout in zip(PARTS, layouts, strict=True)
    ]
    if all(size == (spec.size, spec.size) for size in sizes):
        return []
    text = " and ".join(dict.fromkeys(f"{height}×{width}" for height, width in sizes))
    return [Note("data_size", f"Images of {text} pixels are scaled to {spec.size}×{spec.size}.")]
