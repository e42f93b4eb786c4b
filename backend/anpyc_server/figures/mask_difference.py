"""What became of a layer's parameters between two tasks."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from anpyc_server.figures.array_axes import ORDERS, axes, placed
from anpyc_server.figures.canvas import Drawing, colorbar, empty, figure, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds
from anpyc_server.figures.options import ByPage, TaskOptions, WindowOptions
from anpyc_server.figures.ownership import passage
from anpyc_server.figures.palette import Theme, steps
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.parameters import Round, TaskNumber
from anpyc_server.records.arrangement import Arranged, arranged
from anpyc_server.records.arrays import StoredArray
from anpyc_server.records.cells import Window, means, window
from anpyc_server.wording import count, whole_percent

TITLE = "Difference of two masks"
_CLAIMED = 200
"""Of a parameter that another task has claimed though it was held."""
_STATES = ("free before and after", "taken", "freed", "kept before and after")


class EarlierOptions(TaskOptions):
    """A task, and an earlier one."""

    before: Annotated[TaskNumber | None, Field(description="An earlier task to compare with."), ByPage()] = (
        None
    )
    round: Annotated[Round, ByPage()] = None


class DifferenceOptions(WindowOptions, EarlierOptions):
    """A window of what changed between two tasks."""


def draw(rows: ArrayRows, options: DifferenceOptions, theme: Theme) -> Drawing:
    """Freed in orange, taken in violet, claimed anew though held in teal; a cell of several parameters shows
    whether more were taken or freed."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    if rows.before is None:
        return empty(theme, title=TITLE, sentence="Task 0 has no task before it; choose a later one.")
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
        "colorbar": colorbar(
            theme,
            tickvals=[-100, 0, 100],
            ticktext=["freed", "as before" if view.exact else "as many", "taken"],
        ),
    }
    if view.exact:
        words = [[_STATES[state] for state in row] for row in (2 * was + now).tolist()]
        heatmap["text"] = words if rows.owners is None else _with_owners(words, rows.owners, picture, view)
        if rows.owners is not None:
            before, after = (view.cut(picture.like(owners)) for owners in rows.owners)
            claimed = (before >= 0) & (after >= 0) & (before != after)
            heatmap["z"] = np.where(claimed, _CLAIMED, 100 * (now.astype(int) - was)).tolist()
            heatmap |= steps([theme.pruned, middle, theme.reused, theme.consolidated], -100, 100)
            heatmap["colorbar"] |= {
                "tickvals": [-100, 0, 100, _CLAIMED],
                "ticktext": ["freed", "as before", "taken", "claimed anew"],
            }
    return figure(
        [heatmap],
        theme,
        title=f"{TITLE} of {text(rows.stored.layer, 120)}",
        sentence=sentence(rows) + ORDERS[options.order],
        **axes(picture, view, theme),
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=DifferenceOptions,
    needs=ArrayNeeds(kind="mask", before="task", owners=True),
    feeds=("masks",),
    places=(),
)


def sentence(rows: ArrayRows) -> str:
    """What was freed and taken; between the ends of tasks also what was claimed though it was held."""
    assert rows.stored is not None and rows.before is not None  # noqa: PT018, S101 - drawn only then
    task, base, layer = rows.stored.task, rows.before.task, rows.stored.layer
    earlier, later = rows.before.values, rows.stored.values
    freed, taken, kept, free = (
        int(np.count_nonzero(part))
        for part in (earlier & ~later, later & ~earlier, earlier & later, ~earlier & ~later)
    )
    sentence = (
        f"From task {base} to task {task}, {layer} freed {count(freed, 'weight')} and took {count(taken)}"
    )
    if rows.owners is None:
        return f"{sentence}; {count(kept)} stayed kept, {count(free)} free."
    moved = passage(*(stored.values for stored in rows.owners))
    owned = moved.taken + moved.claimed
    whose = f"task {task} owns" if task == base + 1 else f"the tasks after task {base} own"
    sentence += (
        f" that were free; {count(moved.claimed)} that earlier tasks held were claimed anew, so {whose} "
    )
    sentence += f"{whole_percent(owned / moved.total)} ({count(owned, 'weight')}). "
    return f"{sentence}{count(moved.stayed)} stayed with their owner, {count(moved.free)} free."


def _with_owners(
    words: list[list[str]], owners: tuple[StoredArray, StoredArray], picture: Arranged, view: Window
) -> list[list[str]]:
    """What is kept by another task than before says so."""
    before, after = (view.cut(picture.like(stored)).tolist() for stored in owners)
    return [
        [
            f"kept, claimed by task {new} from task {old}" if min(old, new) >= 0 and old != new else word
            for word, old, new in zip(*line, strict=True)
        ]
        for line in zip(words, before, after, strict=True)
    ]
