"""Arrays as compact bytes: a mask takes one bit a value, an owner two bytes, a number two bytes and a scale.

Importances span many orders of magnitude and are often tiny, so they are divided by their largest magnitude
before they become float16; the scale goes in front. The relative error of a value is below 0.1 % down to
6 · 10⁻⁵ of the largest; what lies below 3 · 10⁻⁸ of it becomes zero.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

ArrayKind = Literal["mask", "importance", "owner", "weight"]
ARRAY_KINDS: tuple[ArrayKind, ...] = get_args(ArrayKind)
_LEVEL = 4
_SCALE = struct.Struct("<f")


def encode(array: npt.NDArray[Any], kind: ArrayKind) -> bytes:
    """The array's values as compressed bytes; its shape is kept elsewhere.

    :raises ValueError: when an importance or weight is not a finite number.
    """
    flat = np.ascontiguousarray(array).reshape(-1)
    if kind == "mask":
        return zlib.compress(np.packbits(flat.astype(bool)).tobytes(), _LEVEL)
    if kind == "owner":
        return zlib.compress(_planes(flat.astype("<i2")), _LEVEL)
    values = flat.astype(np.float32)
    scale = float(np.max(np.abs(values), initial=0.0))
    if not math.isfinite(scale):
        raise ValueError(f"The {kind} of a parameter is not a finite number, so it cannot be stored.")
    scaled = (values / np.float32(scale) if scale > 0 else values).astype("<f2")
    return zlib.compress(_SCALE.pack(scale) + _planes(scaled), _LEVEL)


def decode(data: bytes, kind: ArrayKind, shape: Sequence[int]) -> npt.NDArray[Any]:
    """The array that :func:`encode` was given: bool, int16 or float32."""
    raw = zlib.decompress(data)
    count = math.prod(shape)
    if kind == "mask":
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), count=count)
        return bits.astype(bool).reshape(shape)
    if kind == "owner":
        return _joined(raw, count, "<i2").astype(np.int16).reshape(shape)
    (scale,) = _SCALE.unpack_from(raw)
    scaled = _joined(raw[_SCALE.size :], count, "<f2").astype(np.float32)
    return (scaled * np.float32(scale)).reshape(shape)


def _planes(values: npt.NDArray[Any]) -> bytes:
    """All low bytes, then all high bytes: alike bytes next to each other compress better."""
    return values.view(np.uint8).reshape(-1, 2).T.tobytes()


def _joined(raw: bytes, count: int, dtype: str) -> npt.NDArray[Any]:
    planes = np.frombuffer(raw, np.uint8).reshape(2, count)
    return np.ascontiguousarray(planes.T).reshape(-1).view(dtype)
