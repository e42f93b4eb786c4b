"""What each unit of a first layer looks at, as images in the original pixel order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, axis, colorbar, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds
from anpyc_server.figures.options import KindOptions
from anpyc_server.figures.palette import Theme, density, diverging, sequential
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.wording import percent

TITLE = "What the units of the first layer look at"
_MOST_UNITS = 64
_MOST_NAMED = 32


def draw(rows: ArrayRows, options: KindOptions, theme: Theme) -> Drawing:
    """A grid of units; the first image is the mean over all of them: which pixels the task claims."""
    if rows.stored is None or rows.images is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    images = rows.images
    total = images.mean(axis=0)
    shown = images[:_MOST_UNITS]
    named = len(shown) <= _MOST_NAMED
    grid, places = tiled([total, *shown], named=named)
    scale: dict[str, Any] = {"colorscale": sequential(theme)}
    if options.of == "mask":
        scale = {"colorscale": density(theme), "zmin": 0, "zmax": 1}
    elif options.of == "weight":
        reach = float(np.quantile(np.abs(images), 0.995)) or 1.0
        scale = {"colorscale": diverging(theme), "zmin": -reach, "zmax": reach}
    heatmap = {
        "type": "heatmap",
        "z": [[None if np.isnan(value) else float(f"{value:.3g}") for value in row] for row in grid],
        "hoverongaps": False,
        "hovertemplate": "%{z:.3g}<extra></extra>",
        "colorbar": colorbar(theme),
        **scale,
    }
    names = ["mean", *(f"unit {unit}" for unit in range(len(shown)))]
    hidden = axis(theme, "", visible=False)
    return figure(
        [heatmap],
        theme,
        title=f"{TITLE}: {options.of} of {text(rows.stored.layer, 120)}",
        sentence=_sentence(rows, options, total, len(images)),
        thinned=len(images) > len(shown),
        xaxis=hidden,
        yaxis=hidden | {"autorange": "reversed", "scaleanchor": "x"},
        annotations=[
            {
                "x": x,
                "y": y,
                "yanchor": "bottom",
                "xanchor": "left",
                "showarrow": False,
                "text": name,
                "font": {"size": 9, "color": theme.muted},
            }
            for name, (x, y) in zip(names, places, strict=True)
            if name == "mean" or named
        ],
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=KindOptions,
    needs=ArrayNeeds(images=True),
    feeds=("masks",),
    places=(),
)


def tiled(
    images: list[npt.NDArray[np.float64]], *, named: bool
) -> tuple[npt.NDArray[np.float64], list[tuple[float, float]]]:
    """The images in a grid about twice as wide as high, with gaps, in which a name has room; and each one's
    upper left corner."""
    height, width = images[0].shape
    gap = max(1, height // 8)
    above = max(1, height // 2) if named else gap
    columns = max(1, math.ceil(math.sqrt(2 * len(images))))
    lines = math.ceil(len(images) / columns)
    grid = np.full((lines * (height + above), columns * (width + gap)), np.nan)
    places = []
    for number, image in enumerate(images):
        top, left = number // columns * (height + above) + above, number % columns * (width + gap)
        grid[top : top + height, left : left + width] = image
        places.append((left - 0.5, top - 0.5))
    return grid, places


def _sentence(rows: ArrayRows, options: KindOptions, total: npt.NDArray[np.float64], units: int) -> str:
    assert rows.stored is not None  # noqa: S101 - drawn only when there is one
    sentence = f"Pixels in their original order, {rows.stored.layer} after task {rows.stored.task}"
    if options.of == "mask":
        y, x = np.unravel_index(int(total.argmax()), total.shape)
        sentence += f": on average {percent(float(total.mean()))} of a unit's inputs are kept, "
        sentence += f"most at row {y}, column {x}"
    sentence += "."
    if units > _MOST_UNITS:
        sentence += f" The first {_MOST_UNITS} of {units:,} units are shown; the mean is over all."
    return sentence
