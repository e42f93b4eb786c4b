"""One picture file as pixels: upright, on white where it is transparent, in the size and colours wanted.

Only the formats named here are decoded: Pillow knows others, and hands one of them (EPS) to Ghostscript."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from anpyc.datasets.pixels import Extent

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
MAX_PIXELS = 2**26
"""Of one picture, by its own header: 8,192×8,192."""

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation; 1 is upright."""

_DECODING_ERRORS = (
    OSError,
    SyntaxError,  # what Pillow raises for a broken PNG
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class PictureUnreadable(Exception):
    """Why a picture cannot be used, to be put after its name."""


@dataclass(frozen=True)
class Picture:
    """One picture, and what was done to it."""

    values: npt.NDArray[Any]
    """(1 or 3, size, size): bytes, or float32 on the picture's own scale where it has more than 8 bits."""
    extent: Extent | None
    """What its values span, where it has more than 8 bits."""
    size: tuple[int, int]
    """(width, height) as it was, upright."""
    turned: bool
    """By its orientation tag."""
    composited: bool
    """Transparent pixels were put on white."""
    animated: bool
    """There were more frames than the first."""


def read_picture(content: bytes, colour: bool, size: int) -> Picture:
    """:raises PictureUnreadable: if it is none, is broken or too large."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureUnreadable(
                    f"has {image.width:,}×{image.height:,} pixels, and at most {MAX_PIXELS:,} are decoded; "
                    "scale it down"
                )
            return _read(image, colour, size)
    except _DECODING_ERRORS as error:
        raise PictureUnreadable(
            "is not an image that can be read (PNG, JPEG, BMP, GIF, TIFF or WebP); remove or replace it"
        ) from error


def _read(image: Image.Image, colour: bool, size: int) -> Picture:
    animated = bool(getattr(image, "is_animated", False))
    orientation = _orientation(image)
    image.load()  # a TIFF is turned upright by this, and its tag is gone then
    upright: Image.Image = image
    if (method := _UPRIGHT.get(_orientation(image))) is not None:
        upright = image.transpose(method)
    upright.info = dict(image.info)
    composited, extent = False, None
    if image.mode == "F" or image.mode.startswith("I"):
        plain, extent = _deep(upright)
    else:
        plain, composited = _eight_bits(upright, colour)
    scaled = plain if plain.size == (size, size) else plain.resize((size, size))
    values = np.asarray(scaled)
    values = values.transpose(2, 0, 1) if values.ndim == 3 else values[None]
    return Picture(values, extent, plain.size, orientation in _UPRIGHT, composited, animated)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1 where there is none or it cannot be read."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except _DECODING_ERRORS:
        return 1
    return orientation if isinstance(orientation, int) else 1


def _eight_bits(image: Image.Image, colour: bool) -> tuple[Image.Image, bool]:
    """In grey or in colour, and whether anything of it was transparent."""
    composited = False
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        composited = int(np.asarray(layers.getchannel("A")).min()) < 255
        white = Image.new("RGBA", layers.size, "white")
        image = Image.alpha_composite(white, layers).convert("RGB")
    return image.convert("RGB" if colour else "L"), composited


def _deep(image: Image.Image) -> tuple[Image.Image, Extent]:
    """In floats on its own scale, and what they span."""
    values = np.asarray(image)
    floats = values.astype(np.float32)
    if isinstance(clear := image.info.get("transparency"), int):
        floats[values == clear] = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1.0
    low, high = float(floats.min()), float(floats.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise PictureUnreadable("has pixels that are not finite numbers; repair or remove it")
    whole = values.dtype.kind in "iu" or bool((floats == np.rint(floats)).all())
    return Image.fromarray(floats), Extent(low, high, whole, values.dtype)
