"""Cells of a large heatmap as bytes, for a page that paints them on a canvas: one byte a cell where few
numbers occur, as of shares and states, and no JSON to write or to parse. The drawing around them is the
figure's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing

MEDIA_TYPE = "application/octet-stream"
_ALIGNED = 8
"""Cells begin at a multiple of so many bytes, so that the page can look at them without a copy."""


@dataclass(frozen=True)
class Raster:
    """A drawing whose first trace, a heatmap, has its cells beside it."""

    drawing: Drawing
    cells: npt.NDArray[Any]
    """rows × columns, as uint8 or uint16 places in the trace's ``raster.values``, or as float32 numbers."""

    def encoded(self) -> bytes:
        """Length of the JSON (4 bytes, little-endian), the drawing as JSON, spaces, the cells row by row."""
        head = json.dumps(self.drawing, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
        head += b" " * (-(4 + len(head)) % _ALIGNED)
        return len(head).to_bytes(4, "little") + head + self.cells.tobytes()


def tabled(
    z: npt.NDArray[np.float64], digits: int, word: Callable[[float], str]
) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Cells that are multiples of a power of ten, and what the page has to know of them: the numbers that
    occur, and what each is called. What is not finite has no number."""
    finite = np.isfinite(z)
    whole = np.rint(z[finite] * 10**digits).astype(np.int64)
    lowest = int(whole.min(initial=0))
    present = np.bincount(whole - lowest) > 0
    values = ((np.flatnonzero(present) + lowest) / 10**digits).round(digits).tolist()
    cells = np.full(z.shape, len(values))
    cells[finite] = (np.cumsum(present) - 1)[whole - lowest]
    table: list[float | None] = [*values, *([] if finite.all() else [None])]
    about = {"values": table, "words": [word(value) for value in values]}
    return cells.astype(np.uint8 if len(table) <= 256 else np.dtype("<u2")), _shaped(cells, about)


def numbered(z: npt.NDArray[np.float64], noun: str) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Cells of any numbers, to the precision of float32."""
    return z.astype("<f4"), _shaped(z, {"noun": noun})


def _shaped(cells: npt.NDArray[Any], about: dict[str, Any]) -> dict[str, Any]:
    return {"rows": cells.shape[0], "cols": cells.shape[1], **about}
