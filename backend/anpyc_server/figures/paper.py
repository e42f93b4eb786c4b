"""A figure laid out for paper: on white, as wide and high as asked, in one font and one size."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from anpyc_server.figures.canvas import Drawing, spread

FontName = Literal["sans", "serif", "stix"]
FAMILIES: dict[FontName, str] = {
    "sans": "Arimo, Arial, Helvetica, sans-serif",
    "serif": "Tinos, 'Times New Roman', Times, serif",
    "stix": "'STIX Two Text', 'Times New Roman', Times, serif",
}
"""As wide as Helvetica, as wide as Times, and the font of many journals: the build brings all three."""
assert set(FAMILIES) == set(get_args(FontName))  # noqa: S101

COLUMNS_MM = {"1": 84.0, "2": 174.0}
"""How wide one and two columns of a paper are."""
_WIDE_ASPECT, _CELLS_ASPECT = 1.6, 1.25
_BASE = 12
"""Pixels of the words in every figure as it is drawn; they become points as asked, and all else with them."""
_POINTS_PER_PIXEL = 72 / 96
_MM_PER_INCH = 25.4
_NARROW = 520
"""Narrower than this, names of tasks over their stretches are shortened to their numbers, as on the page."""
_LETTER = 0.55
"""How wide a letter is on average, in heights."""
_LINE = 14
_SMALL = 10
"""Words smaller than this have no more room where they stand."""
_LEGEND_LINE, _KEY, _GAP, _SLACK = 19, 46, 6, 20
"""Of a legend: height of a line, width of what stands before a name, what keeps it off axis and edge."""


@dataclass(frozen=True)
class Paper:
    """How large a figure is printed, and how it is set."""

    width_mm: float = COLUMNS_MM["1"]
    height_mm: float | None = None
    """None: by ``aspect``."""
    aspect: float | None = None
    """Width by height; None: as suits the figure."""
    font: FontName = "sans"
    font_size: float = 8.0
    """Of all words, in points."""


def on_paper(drawing: Drawing, paper: Paper, filename: str) -> Drawing:
    """The figure with ``width`` and ``height`` in its layout, in units of which ``meta.paper`` says how many
    millimetres they are together.

    A legend goes below the figure and makes it higher, unless a height is asked for.
    """
    per_mm = _BASE / (paper.font_size / _POINTS_PER_PIXEL) * 96 / _MM_PER_INCH
    width = round(paper.width_mm * per_mm, 2)
    layout = _set_in_one_size(drawing["layout"])
    below, legend = _legend_below(drawing, layout, width)
    height_mm = paper.height_mm or paper.width_mm / (paper.aspect or _suiting(drawing)) + below / per_mm
    height = round(height_mm * per_mm, 2)
    margin = {"t": 100, "b": 80} | layout.get("margin", {})
    plot_height = max(_BASE, height - below - margin["t"] - margin["b"])
    axes = {name: part for name, part in layout.items() if re.fullmatch(r"[xy]axis\d*", name)}
    layout |= {
        name: _axis(part, width * 0.75 if name[0] == "x" else plot_height * _share(part))
        for name, part in axes.items()
    }
    layout |= {
        "width": width,
        "height": height,
        "autosize": False,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "font": {**layout["font"], "family": FAMILIES[paper.font], "size": _BASE},
        "margin": margin | {"b": margin["b"] + below},
        "legend": legend,
        "annotations": _notes(drawing["layout"].get("annotations", ()), axes, width, plot_height),
        "meta": {
            **layout["meta"],
            "paper": {
                "width_mm": round(paper.width_mm, 3),
                "height_mm": round(height_mm, 3),
                "filename": filename,
                "title": layout["meta"]["title"],
            },
        },
    }
    return {"data": [_trace(trace) for trace in drawing["data"]], "layout": layout}


def _suiting(drawing: Drawing) -> float:
    first = drawing["data"][0] if drawing["data"] else {}
    if first.get("type") != "heatmap":
        return _WIDE_ASPECT
    z = first["z"]
    if drawing["layout"].get("yaxis", {}).get("scaleanchor") and len(z) and len(z[0]):
        return min(2.5, max(0.8, 1.2 * len(z[0]) / len(z)))
    return _CELLS_ASPECT


def _set_in_one_size(part: Any, name: str = "") -> Any:
    """Every font of the layout, and every title, in the one size."""
    if isinstance(part, Mapping):
        made = {key: _set_in_one_size(value, key) for key, value in part.items()}
        if name.endswith("font"):
            return made | {"size": _BASE}
        return made | {"font": {**made.get("font", {}), "size": _BASE}} if name == "title" else made
    if isinstance(part, list):
        return [_set_in_one_size(value) for value in part]
    return part


def _trace(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The scale of its colours set as the rest; nothing is switched on and off on paper, so its legend has no
    groups. Numbers within cells stay as small as they are."""
    made = {name: part for name, part in trace.items() if name != "legendgroup"}
    if "colorbar" in made:
        made["colorbar"] = _scale(made["colorbar"])
    if "colorbar" in made.get("marker", {}):
        made["marker"] = {**made["marker"], "colorbar": _scale(made["marker"]["colorbar"])}
    return made


def _scale(colorbar: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = _set_in_one_size(colorbar)
    if made.get("title", {}).get("text"):
        made["title"]["text"] = _what(made["title"]["text"])
    return made


def _what(title: str) -> str:
    """How an axis is drawn, which stands behind a dot, its numbers say; the caption has room for words."""
    return title.split(" · ")[0]


def _axis(axis: Mapping[str, Any], along: float) -> dict[str, Any]:
    """Its title and the words along it on as many lines as they need."""
    letters = along / (_BASE * _LETTER)
    made = dict(axis)
    title = axis.get("title")
    if isinstance(title, Mapping) and title.get("text"):
        made["title"] = {**title, "text": _on_lines(_what(str(title["text"])), letters)}
    if words := axis.get("ticktext"):
        made["ticktext"] = [_on_lines(str(word), letters / len(words)) for word in words]
    return made


def _on_lines(words: str, letters: float) -> str:
    return "<br>".join(textwrap.wrap(words, max(8, int(letters)), break_long_words=False))


def _share(axis: Mapping[str, Any]) -> float:
    low, high = axis.get("domain") or (0, 1)
    return float(high - low)


def _notes(
    notes: Sequence[Mapping[str, Any]], axes: Mapping[str, Mapping[str, Any]], width: float, height: float
) -> list[dict[str, Any]]:
    """Words over a narrow figure as numbers, names beside lines apart; small ones stay small."""
    made = [dict(_over_stretch(note) if width < _NARROW else note) for note in notes]
    for note in made:
        if note.get("font", {}).get("size", 0) >= _SMALL:
            note["font"] = {**note["font"], "size": _BASE}
    for axis in {note.get("yref", "y") for note in made if _is_at_end(note)}:
        part = axes.get(str(axis).replace("y", "yaxis", 1), {})
        if part.get("range"):
            at_ends = [note for note in made if _is_at_end(note) and note.get("yref", "y") == axis]
            _keep_apart(at_ends, part["range"], height * _share(part))
    return made


def _over_stretch(note: Mapping[str, Any]) -> Mapping[str, Any]:
    if note.get("yref") != "paper":
        return note
    return {**note, "text": str(note.get("text", "")).removeprefix("task ")}


def _is_at_end(note: Mapping[str, Any]) -> bool:
    """Stands at the right end of a line."""
    return note.get("xref") == "paper" and note.get("x") == 1 and note.get("yref") != "paper"


def _keep_apart(notes: list[dict[str, Any]], ends: Sequence[float], height: float) -> None:
    low, high = ends
    notes.sort(key=lambda note: float(note["y"]))
    heights = [(note["y"] - low) / ((high - low) or 1) * height for note in notes]
    line = min(_LINE, height / len(notes))
    for note, wanted, place in zip(notes, heights, spread(heights, height, line), strict=True):
        note["yshift"] = round(place - wanted, 1)


def _legend_below(drawing: Drawing, layout: Mapping[str, Any], width: float) -> tuple[float, dict[str, Any]]:
    """How high the legend is below the figure, in columns as wide as its longest name; 0: there is none."""
    names = [
        str(trace.get("name", ""))
        for trace in drawing["data"]
        if trace.get("showlegend", True) and trace.get("visible", True) is True
    ]
    if not layout.get("showlegend") or not names:
        return 0, {}
    # plotly breaks the lines of such a legend where the plot ends.
    room = width - layout["margin"]["l"] - layout["margin"]["r"] - _SLACK
    longest = max(map(len, names)) * _BASE * _LETTER
    columns = max(1, int(room / (longest + _KEY)))
    rows = -(-len(names) // columns)
    return rows * _LEGEND_LINE + _GAP, {
        **layout.get("legend", {}),
        "orientation": "h",
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "entrywidth": max(longest, room / columns - _KEY),
    }
