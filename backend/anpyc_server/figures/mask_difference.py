"""What became of a layer's parameters between two tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from anpyc_server.figures.array_axes import ORDERS, axes, placed
from anpyc_server.figures.canvas import empty, figure, text
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.rows import ArrayRows, Options
from anpyc_server.masks.arrangement import arranged
from anpyc_server.masks.cells import means, window
from anpyc_server.wording import count

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLE = "Difference of two masks"
_STATES = ("free before and after", "taken", "freed", "kept before and after")


def draw(rows: ArrayRows, options: Options, theme: Theme) -> go.Figure:
    """Freed in orange, taken in violet; a cell of several parameters shows which is more."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    if rows.before is None:
        return empty(theme, title=TITLE, sentence="Task 0 has no task before it; choose a later one.")
    earlier, later = rows.before.values, rows.stored.values
    freed, taken = earlier & ~later, later & ~earlier
    picture = arranged(rows.stored, options.order, options.layout)
    view = window(picture.values.shape, options.rows, options.cols, options.size)
    was, now = view.cut(picture.like(rows.before)), view.cut(picture.values)
    gone, come = means(was & ~now, view.cell), means(now & ~was, view.cell)
    middle = "#f1f3f5" if theme.name == "light" else "#262c31"
    hover = "%{text}" if view.exact else "%{z:+.0f} %, taken less freed"
    heatmap = placed(view) | {
        "z": np.round((come - gone) * 100, 1).tolist(),
        "zmin": -100,
        "zmax": 100,
        "colorscale": [[0, theme.pruned], [0.5, middle], [1, theme.reused]],
        "hovertemplate": f"%{{y}}, %{{x}}: {hover}<extra></extra>",
        "colorbar": {
            "tickvals": [-100, 0, 100],
            "ticktext": ["freed", "as before", "taken"],
            "thickness": 10,
            "outlinewidth": 0,
            "tickfont": {"color": theme.muted, "size": 11},
        },
    }
    if view.exact:
        heatmap["text"] = [[_STATES[state] for state in row] for row in (2 * was + now).tolist()]
    sentence = (
        f"From task {rows.before.task} to task {rows.stored.task}, {rows.stored.layer} freed "
        f"{count(int(freed.sum()), 'weight')} and took {count(int(taken.sum()))}; "
        f"{count(int((earlier & later).sum()))} stayed kept, {count(int((~earlier & ~later).sum()))} free."
    )
    return figure(
        [heatmap],
        theme,
        title=f"{TITLE} of {text(rows.stored.layer, 120)}",
        sentence=sentence + ORDERS[options.order],
        **axes(picture, view, theme),
    )
