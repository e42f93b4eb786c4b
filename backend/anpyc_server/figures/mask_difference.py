"""What became of a layer's parameters between two tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anpyc_server.figures.canvas import axis, empty, figure, text
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import ArrayRows, Options
from anpyc_server.masks.cells import means, window
from anpyc_server.wording import count

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLE = "Difference of two masks"


def draw(rows: ArrayRows, options: Options, theme: Theme) -> go.Figure:
    """Freed in orange, taken in violet; a cell of several parameters shows which is more."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    if rows.before is None:
        return empty(theme, title=TITLE, sentence="Task 0 has no task before it; choose a later one.")
    earlier, later = rows.before.values, rows.stored.values
    freed, taken = earlier & ~later, later & ~earlier
    view = window(later.shape, options.rows, options.cols, options.size)
    surplus = means(view.cut(taken), view.cell) - means(view.cut(freed), view.cell)
    height, width = view.cell
    middle = "#f1f3f5" if theme.name == "light" else "#262c31"
    heatmap = {
        "type": "heatmap",
        "z": np.round(surplus * 100, 1).tolist(),
        "x0": view.cols[0] + (width - 1) / 2,
        "dx": width,
        "y0": view.rows[0] + (height - 1) / 2,
        "dy": height,
        "zmin": -100,
        "zmax": 100,
        "colorscale": [[0, theme.pruned], [0.5, middle], [1, theme.reused]],
        "hovertemplate": "unit %{y}, input %{x}: %{z:+.0f} %<extra></extra>",
        "colorbar": {
            "tickvals": [-100, 0, 100],
            "ticktext": ["freed", "as before", "taken"],
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"color": theme.muted, "size": 11},
        },
    }
    cells = "" if view.exact else f" · each cell {height} × {width} parameters"
    sentence = (
        f"From task {rows.before.task} to task {rows.stored.task}, {rows.stored.layer} freed "
        f"{count(int(freed.sum()), 'weight')} and took {count(int(taken.sum()))}; "
        f"{count(int((earlier & later).sum()))} stayed kept, {count(int((~earlier & ~later).sum()))} free."
    )
    return figure(
        [heatmap],
        theme,
        title=f"{TITLE} of {text(rows.stored.layer, 120)}",
        sentence=sentence,
        xaxis=axis(theme, f"input{cells}", showgrid=False),
        yaxis=axis(theme, "unit", showgrid=False, autorange="reversed"),
    )
