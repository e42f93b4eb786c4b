"""The axes of a picture of an array: units and inputs, or filters and channels, by their own numbers."""

from __future__ import annotations

from typing import Any

from anpyc_server.figures.canvas import axis
from anpyc_server.figures.palette import Theme
from anpyc_server.records.arrangement import Arranged
from anpyc_server.records.cells import Window

_MOST_LINES = 66
"""Between kernels; more would hide them."""
_MOST_TICKS = 12
_STEPS = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
_LOWEST, _HIGHEST = 1 / 5, 2.0
"""Of a picture, height by width: within them cells are square, beyond them all are stretched alike."""
MOST_TOLD = 4_096
"""Cells that are told about one by one; of more only where they are."""

ORDERS = {
    "index": "",
    "density": " Rows are sorted, the densest first.",
    "cluster": " Rows are clustered: alike ones stand next to each other.",
}
_TOP = {"density": " · densest first", "cluster": " · clustered", "index": ""}


def placed(view: Window) -> dict[str, Any]:
    """Where the cells of a heatmap lie, in parameters."""
    height, width = view.cell
    return {
        "type": "heatmap",
        "x0": view.cols[0] + (width - 1) / 2,
        "dx": width,
        "y0": view.rows[0] + (height - 1) / 2,
        "dy": height,
        "hoverongaps": False,
    }


def axes(picture: Arranged, view: Window, theme: Theme) -> dict[str, Any]:
    """Layout of a window in sensible proportions; hover and ticks name what was there before any ordering."""
    cells = "" if view.exact else f" · each cell {view.cell[0]} × {view.cell[1]} parameters"
    tiles = picture.tiles
    rows, columns = places(picture, view)
    down, across = "unit", "input"
    if tiles:
        down = "filter" if tiles.per_row == 1 else f"filter, {tiles.per_row} in a row"
        across = "channel" if tiles.per_row == 1 else "place in the row"
    firsts = picture.units[:: tiles.per_row].tolist()
    side = tiles.across if tiles.per_row > 1 else tiles.width
    return {
        "margin": {"l": 56, "r": 20, "t": 10, "b": 44},
        "xaxis": axis(
            theme,
            f"{across}{cells}",
            showgrid=False,
            range=[view.cols[0] - 0.5, view.cols[1] - 0.5],
            # The window that was asked for is what is shown; within it the reader's zoom stays.
            uirevision=f"{view.cols}",
            labelalias=_aliases(columns, view.cols[0], view.cell[1]),
            **_ticks(view.cols, side, list(range(view.cols[1]))),
            constrain="domain",
        ),
        "yaxis": axis(
            theme,
            f"{down}{_TOP[picture.order]}",
            showgrid=False,
            range=[view.rows[1] - 0.5, view.rows[0] - 0.5],
            uirevision=f"{view.rows}",
            labelalias=_aliases(rows, view.rows[0], view.cell[0]),
            **_ticks(view.rows, tiles.height, firsts),
            constrain="domain",
            scaleanchor="x",
            scaleratio=_stretch(view),
        ),
        "shapes": _lines(picture, view, theme),
    }


def _stretch(view: Window) -> float:
    """How much higher than wide a parameter is drawn, so that long layers can be seen."""
    own = (view.rows[1] - view.rows[0]) / (view.cols[1] - view.cols[0])
    return float(f"{min(max(own, _LOWEST), _HIGHEST) / own:.9g}")


def places(picture: Arranged, view: Window) -> tuple[list[str], list[str]]:
    """What each row and each column of cells is, in words."""
    tiles = picture.tiles
    high, wide, many = tiles.height, tiles.width, tiles.per_row
    unit, column = ("filter", "channel") if tiles else ("unit", "input")
    rows, columns = [], []
    for first, end in _cells(view.rows, view.cell[0]):
        units = picture.units[first // high * many : ((end - 1) // high + 1) * many].tolist()
        rows.append(_named(unit, units, first, end, high))
    for first, end in _cells(view.cols, view.cell[1]):
        if many == 1:
            numbers = list(range(first // wide, (end - 1) // wide + 1))
            columns.append(_named(column, numbers, first, end, wide))
        else:
            channel = _named(column, [first // wide % tiles.channels], first, end, wide)
            columns.append(f"place {first // tiles.across}, {channel}")
    return rows, columns


def hover_texts(picture: Arranged, view: Window, about: list[list[str]]) -> list[list[str]]:
    """Per parameter its place and what is said about it, for hovering; every cell is one parameter."""
    return [
        [f"{_place(picture, row, column)}: {text}" for column, text in enumerate(line, view.cols[0])]
        for row, line in enumerate(about, view.rows[0])
    ]


def _place(picture: Arranged, row: int, column: int) -> str:
    tiles = picture.tiles
    if not tiles:
        return f"unit {picture.units[row]}, input {column}"
    unit = picture.units[row // tiles.height * tiles.per_row + column // tiles.across]
    channel = column // tiles.width % tiles.channels
    return f"filter {unit}, channel {channel}, row {row % tiles.height}, column {column % tiles.width}"


def _cells(ends: tuple[int, int], size: int) -> list[tuple[int, int]]:
    return [(first, min(first + size, ends[1])) for first in range(ends[0], ends[1], size)]


def _named(noun: str, numbers: list[int], first: int, end: int, side: int) -> str:
    if len(numbers) == 1:
        within = f" [{first % side}]" if side > 1 and end - first == 1 else ""
        return f"{noun} {numbers[0]}{within}"
    if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{noun}s {numbers[0]}–{numbers[-1]}"
    shown = ", ".join(str(number) for number in numbers[:4])
    return f"{noun}s {shown}{' …' if len(numbers) > 4 else ''}"


def _aliases(names: list[str], first: int, size: int) -> dict[str, str]:
    """What hovering calls the middle of each cell."""
    return {f"{first + place * size + (size - 1) / 2:g}": name for place, name in enumerate(names)}


def _ticks(ends: tuple[int, int], side: int, numbers: list[int]) -> dict[str, Any]:
    """Ticks in the middle of what a number stands for, at round numbers or places."""
    first, end = ends[0] // side, -(-ends[1] // side)
    every = next(step for step in _STEPS if (end - first) / step <= _MOST_TICKS)
    places = range(-(-first // every) * every, end, every)
    return {
        "tickmode": "array",
        "tickvals": [place * side + (side - 1) / 2 for place in places],
        "ticktext": [f"{numbers[place]:,}" for place in places],
    }


def _lines(picture: Arranged, view: Window, theme: Theme) -> list[dict[str, Any]]:
    """Between kernels, where there is room to see them; stronger between filters."""
    tiles = picture.tiles
    if not tiles:
        return []
    lines = []
    for name, other, ends, side, whole in (
        ("x", "y", view.cols, tiles.width, tiles.across),
        ("y", "x", view.rows, tiles.height, tiles.height),
    ):
        borders = range(-(-ends[0] // side) * side, ends[1] + 1, side)
        if side == 1 or len(borders) > _MOST_LINES:
            continue
        lines += [
            {
                "type": "line",
                f"{name}0": border - 0.5,
                f"{name}1": border - 0.5,
                f"{other}0": 0,
                f"{other}1": 1,
                f"{other}ref": f"{other} domain",
                "line": {"color": theme.panel, "width": 4 if border % whole == 0 else 1.5},
            }
            for border in borders
        ]
    return lines
