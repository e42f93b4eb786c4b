"""Small data sets as people bring them, and how they are read. Only reading loads torch: tests with a browser
have no use for it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from anpyc.spec.dataset import ImagesDataset

if TYPE_CHECKING:
    from torch import Tensor

    from anpyc.datasets.images import ImageData

SIZE, CLASSES, EACH = 8, 3, 4
Array = npt.NDArray[Any]
LABELS = np.arange(CLASSES * EACH) % CLASSES
"""In turn, so that reading them changes no order."""


def glyphs(seed: int = 0, count: int = CLASSES * EACH, levels: int = 256) -> Array:
    """(count, 8, 8), bytes from black to white, no two images alike."""
    images = np.random.default_rng(seed).integers(0, levels, (count, SIZE, SIZE)) * (255 // (levels - 1))
    images[:, 0, 0], images[:, 0, 1] = 0, 255
    return images.astype(np.uint8)


TRAIN, TEST = glyphs(0), glyphs(1)


def save_arrays(folder: Path, **changes: Any) -> str:
    """An npz of grey bytes; ``changes`` replaces or adds arrays."""
    arrays = {
        "train_images": TRAIN,
        "train_labels": LABELS,
        "test_images": TEST,
        "test_labels": LABELS,
        **changes,
    }
    np.savez_compressed(folder / "own.npz", **arrays)
    return "own.npz"


def picture(image: Array | Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """One file."""
    buffer = io.BytesIO()
    shown = image if isinstance(image, Image.Image) else Image.fromarray(image)
    shown.save(buffer, form, **options)
    return buffer.getvalue()


def picture_files(pictures: Iterable[bytes], ending: str = "png") -> dict[str, bytes]:
    """Training and then test pictures, of the classes ``LABELS``, under their names in a zip."""
    files = {}
    for place, picture in enumerate(pictures):
        part = "train" if place < len(LABELS) else "test"
        files[f"{part}/c{LABELS[place % len(LABELS)]}/{place:04}.{ending}"] = picture
    return files


def class_folders(classes: int = 4, images: int = 6) -> dict[str, bytes]:
    """Pictures of one colour, so many of each class in both parts, under their names in a zip."""
    return {
        f"{part}/class{c}/{i}.png": picture(np.full((10, 10, 3), 40 * c + i, np.uint8))
        for part in ("train", "test")
        for c in range(classes)
        for i in range(images)
    }


def save_zip(folder: Path, files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> str:
    """A zip of these files."""
    with zipfile.ZipFile(folder / "own.zip", "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items() if isinstance(files, Mapping) else files:
            target.writestr(name, content)
    return "own.zip"


def plain_files() -> dict[str, bytes]:
    """All glyphs as grey PNG."""
    return picture_files(picture(image) for image in (*TRAIN, *TEST))


def read(folder: Path, file: str, **settings: Any) -> ImageData:
    """The data set in a file, grey, in its own size unless ``settings`` say otherwise."""
    from anpyc.datasets.reading import load_dataset

    return load_dataset(ImagesDataset(**{"file": file, "size": SIZE, "colour": False, **settings}), folder)


def shades(data: ImageData) -> Tensor:
    """The training images in [0, 1], (images, channels, height, width)."""
    import torch

    return data.train.floats(slice(None), torch.device("cpu"))


def expected(images: Array = TRAIN) -> Tensor:
    """Bytes as they should be read in grey."""
    import torch

    return torch.from_numpy(images).float().unsqueeze(1) / 255


def decision(data: ImageData, subject: str) -> str:
    """What was said of a subject."""
    return " ".join(note.text for note in data.notes if note.subject == subject)
