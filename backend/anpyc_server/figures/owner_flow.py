"""Who takes what from whom: a layer's parameters by owner after each task, and how they pass on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, axis, empty, figure, tasks_scale, text
from anpyc_server.figures.declaration import ArrayFigure, ArrayNeeds, Place
from anpyc_server.figures.options import LayerOptions
from anpyc_server.figures.palette import Theme, task_colors, translucent
from anpyc_server.figures.rows import ArrayRows
from anpyc_server.wording import count, listed, whole_percent

if TYPE_CHECKING:
    from anpyc_server.records.arrays import StoredArray

TITLE = "From owner to owner: what each task left free, and who took it"
_MOST_COLUMNS = 12
_THINNEST = 0.002
"""Share of the layer below which a stream is not drawn."""
_BAR = 0.09
"""Half the width of a task's column, in tasks."""
_CURVE = 14
"""Points along each side of a stream."""


def draw(rows: ArrayRows, options: LayerOptions, theme: Theme) -> Drawing:
    """A column per task, in it the owners from the first task up and on top what is free; streams between."""
    if rows.stored is None:
        return empty(theme, title=TITLE, sentence=rows.missing)
    if len(rows.by_task) < 2:
        return empty(theme, title=TITLE, sentence="A flow can be seen once two tasks have ended.")
    stored = _shown(rows.by_task)
    owners = max(rows.run.tasks, *(int(array.values.max()) + 1 for array in stored))
    colors = [theme.free, *task_colors(owners, theme)]
    columns = [_Column(array, owners) for array in stored]
    traces = [
        stream
        for place in range(len(columns) - 1)
        for stream in _streams(place, columns[place], columns[place + 1], colors, theme)
    ]
    traces += [_bars(owner, columns, colors[owner + 1]) for owner in [*range(owners), -1]]
    many = owners > _MOST_COLUMNS
    if many:
        traces.append(tasks_scale(theme, owners))
    layer = rows.stored.layer
    return figure(
        traces,
        theme,
        title=f"{TITLE}, {text(layer, 120)}",
        sentence=_sentence(rows.by_task, layer),
        thinned=len(stored) < len(rows.by_task),
        barmode="stack",
        bargap=0,
        margin={"t": 8, "r": 20 if many else 72},
        annotations=[] if many else _names(columns[-1], theme),
        xaxis=axis(
            theme,
            "after task · colours are owners, pale is free",
            tickmode="array",
            tickvals=list(range(len(columns))),
            ticktext=[str(column.task) for column in columns],
            showgrid=False,
            range=[-0.2, len(columns) - 0.86],
        ),
        yaxis=axis(
            theme, "share of the weights · axis starts at 0", range=[0, 100], ticksuffix=" %", showgrid=False
        ),
    )


FIGURE = ArrayFigure(
    title=TITLE,
    draw=draw,
    options=LayerOptions,
    needs=ArrayNeeds(kind="owner", by_task=True),
    feeds=("masks",),
    places=(
        Place("capacity", 4, height=320),
        Place(
            "masks",
            1,
            "wide",
            height=340,
            title="What each task left free in {layer}, and who took it",
            only_with="mask",
        ),
    ),
)


class _Column:
    """A layer after one task: from below the owners in their order, what is free on top."""

    def __init__(self, stored: StoredArray, owners: int) -> None:
        self.task = stored.task
        self.owners = owners
        # Free last: −1 becomes the highest index, which is the order from below.
        self.place = np.where(stored.values < 0, owners, stored.values).ravel().astype(np.int64)
        self.counts = np.bincount(self.place, minlength=owners + 1)
        self.bottoms = np.concatenate([[0], np.cumsum(self.counts)])

    def joint(self, later: _Column) -> npt.NDArray[np.int64]:
        """How many parameters go from each place of this column to each of a later one."""
        kinds = self.owners + 1
        counts = np.bincount(self.place * kinds + later.place, minlength=kinds * kinds)
        return counts.reshape(kinds, kinds)


def _shown(by_task: Sequence[StoredArray]) -> list[StoredArray]:
    """All tasks, or as many as there is room for, the first and the last among them."""
    if len(by_task) <= _MOST_COLUMNS:
        return list(by_task)
    places = np.linspace(0, len(by_task) - 1, _MOST_COLUMNS).round().astype(int)
    return [by_task[place] for place in places]


def _streams(
    place: int, left: _Column, right: _Column, colors: list[str], theme: Theme
) -> list[dict[str, Any]]:
    """What passes between two columns; a stream that changes owner has the new one's colour, stronger."""
    total = len(left.place)
    drawn = []
    for stream in _passing(left, right, least=_THINNEST * total):
        source, target, number = stream.source, stream.target, stream.number
        stays = source == target
        color = colors[0] if target == left.owners else colors[target + 1]
        if target == left.owners and not stays:
            color = theme.pruned
        x, y = _outline(place, stream.bottom / total, stream.top / total, number / total)
        drawn.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": x,
                "y": y,
                "fill": "toself",
                "line": {"width": 0, "color": color},
                "fillcolor": translucent(color, 0.28 if stays else 0.62),
                "hoveron": "fills",
                "hoverinfo": "text",
                "text": _hover(source, target, number, int(left.counts[source]), left, right),
            }
        )
    return drawn


@dataclass(frozen=True)
class _Stream:
    source: int
    target: int
    number: int
    bottom: int
    """Weights of the left column below it."""
    top: int
    """Of the right column."""


def _passing(left: _Column, right: _Column, least: float) -> list[_Stream]:
    """The streams between two columns that are not thinner than ``least`` weights."""
    joint = left.joint(right)
    bottoms = left.bottoms[:-1, None] + np.cumsum(joint, axis=1) - joint
    tops = right.bottoms[None, :-1] + np.cumsum(joint, axis=0) - joint
    return [
        _Stream(
            source,
            target,
            int(joint[source, target]),
            int(bottoms[source, target]),
            int(tops[source, target]),
        )
        for source, target in np.argwhere((joint >= least) & (joint > 0)).tolist()
    ]


def _hover(source: int, target: int, number: int, total: int, left: _Column, right: _Column) -> str:
    free = left.owners
    share = f"{count(number, 'weight')}, {whole_percent(number / total)} of "
    if source == target:
        kept = "what was free, left free" if source == free else f"what task {source} owned, still its own"
        return f"{share}{kept} after task {right.task}"
    from_ = f"what task {left.task} left free" if source == free else f"what task {source} owned"
    return f"{share}{from_}, {'freed' if target == free else f'claimed by task {target}'}"


def _outline(place: int, left: float, right: float, height: float) -> tuple[list[float], list[float]]:
    """A band that swings from one height to another, as a closed line."""
    way = np.linspace(0, 1, _CURVE)
    swing = way * way * (3 - 2 * way)
    x = place + _BAR + way * (1 - 2 * _BAR)
    below = left + (right - left) * swing
    outline_x = np.concatenate([x, x[::-1]])
    outline_y = np.concatenate([below, (below + height)[::-1]])
    return np.round(outline_x, 3).tolist(), np.round(outline_y * 100, 2).tolist()


def _names(last: _Column, theme: Theme) -> list[dict[str, Any]]:
    """Beside the last column, whose each part is; where there is room."""
    shares = 100 * last.counts / len(last.place)
    return [
        {
            "x": 1,
            "xref": "paper",
            "y": 100 * last.bottoms[place] / len(last.place) + share / 2,
            "xanchor": "left",
            "showarrow": False,
            "text": "free" if place == last.owners else f"task {place}",
            "font": {"size": 11, "color": theme.muted},
        }
        for place, share in enumerate(shares.tolist())
        if share > 4
    ]


def _bars(owner: int, columns: list[_Column], color: str) -> dict[str, Any]:
    place = owner if owner >= 0 else columns[0].owners
    numbers = [int(column.counts[place]) for column in columns]
    shares = [100 * number / len(column.place) for number, column in zip(numbers, columns, strict=True)]
    name = f"task {owner}" if owner >= 0 else "free"
    return {
        "type": "bar",
        "name": name,
        "x": list(range(len(columns))),
        "y": [round(share, 3) for share in shares],
        "width": 2 * _BAR,
        "customdata": [
            f"after task {column.task}: {count(number, 'weight')}"
            for number, column in zip(numbers, columns, strict=True)
        ],
        "hovertemplate": f"{name} %{{customdata}}, %{{y:.1f}} %<extra></extra>",
        "marker": {"color": color},
    }


def _sentence(by_task: Sequence[StoredArray], layer: str) -> str:
    """Of the task that left most free: who took it; and what passed from owner to owner."""
    ends = by_task[:-1]
    place = int(np.argmax([np.count_nonzero(end.values < 0) for end in ends]))
    left = ends[place]
    free = left.values < 0
    if not free.any():
        return f"No task has left anything of {layer} free."
    takers: list[str] = []
    untaken = free
    for later in by_task[place + 1 :]:
        taken = int((untaken & (later.values >= 0)).sum())
        untaken = untaken & (later.values < 0)
        if taken:
            takers.append(f"task {later.task} took {whole_percent(taken / free.sum())}")
    sentence = f"Of the {count(int(free.sum()), 'weight')} of {layer} that task {left.task} left free, "
    shown = takers[:3] + (["later tasks the rest of what was taken"] if len(takers) > 3 else [])
    sentence += f"{listed(shown)}; " if shown else "nobody has taken any; "
    sentence += f"{whole_percent(int(untaken.sum()) / int(free.sum()))} are free still."
    passed = sum(
        int(((a.values >= 0) & (b.values >= 0) & (a.values != b.values)).sum()) for a, b in pairwise(by_task)
    )
    return f"{sentence} Held weights passed to another owner {count(passed)} times." if passed else sentence
