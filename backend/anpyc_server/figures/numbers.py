"""What a figure shows as a table of numbers, and a figure without some of its lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from anpyc_server.figures.canvas import Drawing
from anpyc_server.records.csv_cells import cell


def as_csv(drawing: Drawing) -> str:
    """One line for each point or cell, with the name of its trace; units stand in the header."""
    layout = drawing["layout"]
    colorbar = next((trace.get("colorbar") for trace in drawing["data"] if "z" in trace), None)
    axes = (("x", layout.get("xaxis")), ("y", layout.get("yaxis")), ("value", colorbar))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["series", *(_head(column, scale) for column, scale in axes)])
    for number, trace in enumerate(drawing["data"], start=1):
        if trace.get("visible", True) and not _is_ornament(trace):
            name = cell(trace.get("name") or f"series {number}")
            writer.writerows([name, *map(cell, row)] for row in _rows(trace))
    return out.getvalue()


def without(drawing: Drawing, hidden: Collection[str]) -> Drawing:
    """The figure without the traces of these names, and without the labels at their ends; names of tasks over
    their boundaries stay."""
    if not hidden:
        return drawing
    notes = drawing["layout"].get("annotations", ())
    shown = [note for note in notes if note.get("xref") != "paper" or note.get("text") not in hidden]
    return {
        "data": [
            {**trace, "visible": False} if trace.get("name") in hidden else trace for trace in drawing["data"]
        ],
        "layout": {**drawing["layout"], **({"annotations": shown} if notes else {})},
    }


def _rows(trace: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    if "z" not in trace:
        ys = list(trace.get("y", ()))
        xs = list(trace.get("x", range(len(ys))))
        for x, y in zip(xs, ys, strict=False):
            yield x, y, None
        return
    rows = list(trace["z"])
    xs = _places(trace, "x", len(rows[0]) if rows else 0)
    for y, row in zip(_places(trace, "y", len(rows)), rows, strict=True):
        for x, value in zip(xs, row, strict=True):
            yield x, y, value


def _places(trace: Mapping[str, Any], axis: str, number: int) -> list[Any]:
    """Where the cells of a heatmap lie along an axis."""
    if axis in trace:
        return list(trace[axis])
    start, step = trace.get(f"{axis}0", 0), trace.get(f"d{axis}", 1)
    return [start + step * place for place in range(number)]


def _is_ornament(trace: Mapping[str, Any]) -> bool:
    """Writing over cells, or a scale of colours: no data of its own."""
    return trace.get("mode") == "text" or ("z" not in trace and all(y is None for y in trace.get("y", ())))


def _head(column: str, scale: Mapping[str, Any] | None) -> str:
    """What a column of numbers is and its unit, as the axis says: ``y (accuracy, %)``."""
    title = ((scale or {}).get("title") or {}).get("text", "")
    # Behind the dot stands how the axis is drawn: where it starts, or that it is logarithmic.
    said = [title.split(" · ")[0], (scale or {}).get("ticksuffix", "").strip()]
    description = ", ".join(part for part in said if part)
    return f"{column} ({description})" if description else column
