"""What one has and what another has of a layer's weights, as a picture: two tasks, or two runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.array_axes import MOST_TOLD, ORDERS, axes, hover_texts, placed
from anpyc_server.figures.canvas import Drawing, colorbar, figure, text
from anpyc_server.figures.options import WindowOptions
from anpyc_server.figures.palette import Theme, blended, steps
from anpyc_server.figures.raster import Raster, tabled
from anpyc_server.records.arrangement import Arranged, arranged
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.cells import Window, means, window
from anpyc_server.records.overlap import Counts, Mask
from anpyc_server.wording import whole_percent

SHADES = 4
"""Of a cell of many weights: how much of it there is to see."""
_NAME = 24
"""Characters of a name beside the scale of colours."""


@dataclass(frozen=True)
class Names:
    """What the states are called, and their colours but that of neither."""

    neither: str
    first: str
    second: str | None
    both: str | None
    """None where nothing can be either."""
    colors: tuple[str, ...]

    @property
    def present(self) -> tuple[str, ...]:
        return tuple(name for name in (self.neither, self.first, self.second, self.both) if name is not None)


@dataclass(frozen=True)
class Pair:
    """Two sets of a layer's weights, in the layer's own order, and what is said of them."""

    first: Mask
    second: Mask
    names: Names
    counted: Counts
    sentence: str


def draw(title: str, stored: StoredArray, pair: Pair, options: WindowOptions, theme: Theme) -> Drawing:
    """A heatmap of the four states, each cell with its words."""
    picture, view = _looked_at(stored, options)
    shown = _cells(pair, picture, view, theme)
    said = [[shown.words[state] for state in row] for row in shown.z.tolist()]
    heatmap = shown.trace | {"z": shown.z.tolist(), "text": said}
    if view.exact and shown.z.size <= MOST_TOLD:
        heatmap["text"] = hover_texts(picture, view, said)
        heatmap["hovertemplate"] = "%{text}<extra></extra>"
    else:
        heatmap["hovertemplate"] = "%{y}, %{x}: %{text}<extra></extra>"
    return _framed(title, heatmap, stored, pair, picture, view, options, theme)


def raster(
    title: str, stored: StoredArray, pair: Pair, options: WindowOptions, theme: Theme
) -> Raster | None:
    """The same with its cells as bytes; None where so few are shown that each is told about."""
    picture, view = _looked_at(stored, options)
    if view.cut(picture.values).size <= MOST_TOLD:
        return None
    shown = _cells(pair, picture, view, theme)
    numbers, about = tabled(shown.z.astype(np.float64), 0, lambda state: shown.words[int(state)])
    heatmap = shown.trace | {"z": [], "raster": about}
    return Raster(_framed(title, heatmap, stored, pair, picture, view, options, theme), numbers)


def _looked_at(stored: StoredArray, options: WindowOptions) -> tuple[Arranged, Window]:
    picture = arranged(stored, options.order, options.layout)
    return picture, window(picture.values.shape, options.rows, options.cols, options.size)


def _framed(
    title: str,
    heatmap: dict[str, Any],
    stored: StoredArray,
    pair: Pair,
    picture: Arranged,
    view: Window,
    options: WindowOptions,
    theme: Theme,
) -> Drawing:
    return figure(
        [heatmap | placed(view)],
        theme,
        title=f"{title}, {text(stored.layer, 120)}",
        sentence=pair.sentence + ORDERS[options.order],
        **axes(picture, view, theme),
    )


@dataclass(frozen=True)
class _Cells:
    z: npt.NDArray[np.int64]
    words: tuple[str, ...]
    """Of each number that ``z`` may have."""
    trace: dict[str, Any]
    """All of the heatmap but its cells and their places."""


def _cells(pair: Pair, picture: Arranged, view: Window, theme: Theme) -> _Cells:
    """Single weights by state. Of a cell of several what it has most of, paler the less is anyone's."""
    names, counted, colors = pair.names, pair.counted, pair.names.colors
    first, second = (view.cut(picture.laid(values)) for values in (pair.first, pair.second))
    if view.exact:
        z, words = first.astype(np.int64) + 2 * second, names.present
        scale = steps([theme.free, *colors], 0)
        places = list(range(len(colors) + 1))
    else:
        z, words = _shaded(first, second, names, view)
        upto = range(1, SHADES + 1)
        scale = steps(
            [theme.free, *(blended(theme.free, color, shade / SHADES) for color in colors for shade in upto)],
            0,
        )
        places = [0, *((state + 1) * SHADES for state in range(len(colors)))]
    numbers = (counted.neither, counted.first, counted.second, counted.both)
    bar = colorbar(
        theme,
        tickvals=places,
        ticktext=[
            f"{text(name, _NAME)} · {whole_percent(number / counted.total)}"
            for name, number in zip(names.present, numbers, strict=False)
        ],
        len=0.12 * len(places) if view.exact else 0.7,
        y=1,
        yanchor="top",
    )
    return _Cells(z, words, {"type": "heatmap", **scale, "colorbar": bar})


def _shaded(
    first: Mask, second: Mask, names: Names, view: Window
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    parts = [first & ~second, second & ~first, first & second][: len(names.colors)]
    shares = np.stack([means(part, view.cell) for part in parts])
    shade = np.ceil(np.round(shares.sum(axis=0) * SHADES, 9)).astype(np.int64)
    z = np.where(shade > 0, shares.argmax(axis=0) * SHADES + shade, 0)
    upto = [whole_percent(shade / SHADES) for shade in range(1, SHADES + 1)]
    words = [
        f"mostly {name}, together up to {share} of the cell" for name in names.present[1:] for share in upto
    ]
    return z, (names.neither, *words)
