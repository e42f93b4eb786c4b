"""What all figures share: the empty layout, axes, task boundaries, labels at the ends of lines."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anpyc_server.figures.palette import Theme, of_tasks

Drawing = dict[str, Any]
"""``{"data": […], "layout": {…}}``, as Plotly reads it. Tests hold it valid; the server only writes it."""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = Sequence[int] | npt.NDArray[np.int64]

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_MOST_END_LABELS = 11
_LOWEST_PLOT = 150
"""Pixels from axis to axis of the lowest place that a figure is shown in."""
_LINE = 13
"""Pixels between two labels, so that neither covers the other."""
_MOST_ROUND_TICKS = 400
_MOST_BOUNDARIES = 60


def figure(
    traces: Sequence[Mapping[str, Any]],
    theme: Theme,
    *,
    title: str,
    sentence: str,
    thinned: bool = False,
    **layout: Any,
) -> Drawing:
    """A figure with the project's looks. What is None is left to plotly."""

    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": theme.ink},
        "margin": {"l": 56, "r": 20, "t": 28, "b": 44},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": theme.panel,
            "bordercolor": theme.boundary,
            "font": {"family": FONT, "size": 12, "color": theme.ink},
            "namelength": -1,
        },
        # The same for ever: what a reader has zoomed and hidden stays when data arrive.
        "uirevision": "anpyc",
        "meta": {"sentence": sentence, "title": title, "empty": False, "thinned": thinned},
    }
    return {"data": [_known(trace) for trace in traces], "layout": _laid_over(base, layout)}


def empty(theme: Theme, *, title: str, sentence: str) -> Drawing:
    """Nothing to draw, and why."""
    drawn = figure(
        [], theme, title=title, sentence=sentence, xaxis={"visible": False}, yaxis={"visible": False}
    )
    drawn["layout"]["meta"]["empty"] = True
    return drawn


def axis(theme: Theme, title: str, **more: Any) -> dict[str, Any]:
    """A quiet axis."""
    base: dict[str, Any] = {
        "title": {"text": title, "font": {"color": theme.muted, "size": 12}, "standoff": 8},
        "gridcolor": theme.grid,
        "linecolor": theme.boundary,
        "tickfont": {"color": theme.muted, "size": 11},
        "zeroline": False,
        "automargin": True,
    }
    return _laid_over(base, more)


def floor_below(lowest: float) -> float:
    """Where a scale of accuracies starts: 0, or the ten percent below the lowest where that is high."""
    return 0.0 if lowest < 0.4 else int(min(lowest, 0.999) * 10) / 10


def percent_axis(theme: Theme, what: str, lowest: float, highest: float = 1.0, **more: Any) -> dict[str, Any]:
    """Shares in percent, from 0 or from the ten percent below the data; the title says which."""
    floor = floor_below(lowest)
    says = "axis starts at 0" if floor == 0 else f"axis starts at {floor * 100:.0f} %"
    headroom = (highest - floor) * 0.03
    return axis(
        theme,
        f"{what} · {says}",
        range=[floor * 100, (highest + headroom) * 100],
        ticksuffix=" %",
        tickformat=".1f" if highest - floor < 0.05 else ".0f",
        hoverformat=".1f",
        **more,
    )


def colorbar(theme: Theme, title: str | None = None, **more: Any) -> dict[str, Any]:
    """A quiet scale of colours at the right; where its ticks say all there is to say, without a title."""
    base: dict[str, Any] = {
        "title": title and {"text": title, "side": "right", "font": {"color": theme.muted}},
        "thickness": 10,
        "outlinewidth": 0,
        "tickfont": {"color": theme.muted, "size": 11},
    }
    return _laid_over(_known(base), more)


def tasks_scale(theme: Theme, tasks: int) -> dict[str, Any]:
    """A trace without points that brings the colours of many tasks as a scale, in place of a long legend."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [None],
        "y": [None],
        "hoverinfo": "skip",
        "showlegend": False,
        "marker": {
            "color": [0],
            "cmin": 0,
            "cmax": tasks - 1,
            "colorscale": of_tasks(theme),
            "showscale": True,
            "colorbar": colorbar(theme, "task", tickformat="d"),
        },
    }


def text(words: str, length: int = 40) -> str:
    """Words from a person as text: never as markup, and not longer than a label may be."""
    short = words if len(words) <= length else words[: length - 1].rstrip() + "…"
    return html.escape(short, quote=False)


class Timeline:
    """Where tasks and pruning rounds lie on the axis of epochs."""

    def __init__(self, steps: Numbers, tasks: Numbers, rounds: Numbers) -> None:
        """One entry per epoch or evaluation, by step. A task begins where the one before it ended."""
        import numpy as np

        self.starts: dict[int, int] = {}
        self.rounds: list[int] = []
        self.end = int(steps[-1]) if len(steps) else 0
        task_of, round_of = np.asarray(tasks), np.asarray(rounds)
        task_changes = np.diff(task_of, prepend=-1) != 0
        changes = np.flatnonzero(task_changes | (np.diff(round_of, prepend=-1) != 0))
        for place in changes.tolist():
            before = int(steps[place - 1]) if place else 0
            if task_changes[place]:
                self.starts[int(task_of[place])] = before
            else:
                self.rounds.append(before)

    def shapes(self, theme: Theme) -> list[dict[str, Any]]:
        """A hairline where each task but the first begins, a tick where each pruning round does."""
        starts = [step for task, step in self.starts.items() if task != min(self.starts)]
        if len(starts) > _MOST_BOUNDARIES:
            starts = starts[:: -(-len(starts) // _MOST_BOUNDARIES)]
        ticks = self.rounds if len(self.rounds) <= _MOST_ROUND_TICKS else []
        hairlines = [_upright(step, 1.0, theme.boundary, 1.0) for step in starts]
        return hairlines + [_upright(step, 0.03, theme.pruned, 1.5) for step in ticks]

    def names(self, theme: Theme, right: float) -> list[dict[str, Any]]:
        """Each task's name over its stretch, where it has room; with many tasks every second, fifth, …"""
        starts = sorted(self.starts.items(), key=lambda item: item[1])
        if not starts or right <= 0:
            return []
        every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1_000) if len(starts) / step <= 14)
        ends = [start for _, start in starts[1:]] + [max(self.end, starts[-1][1] + 1)]
        named = []
        for (task, start), end in zip(starts, ends, strict=True):
            if task % every or (end - start) * every / right < 0.03:
                continue
            short = (end - start) * every / right < 0.075
            named.append(
                {
                    "x": (start + end) / 2,
                    "y": 1,
                    "yref": "paper",
                    "yanchor": "bottom",
                    "showarrow": False,
                    "text": str(task) if short else f"task {task}",
                    "font": {"size": 11, "color": theme.muted},
                }
            )
        return named


def end_labels(
    labels: Iterable[tuple[str, str, float]], lowest: float, highest: float
) -> list[dict[str, Any]] | None:
    """Names at the right ends of lines, pushed apart where they would cover each other; None without room.

    Each label is (text, colour, y), y between ``lowest`` and ``highest``. It stays at its line, shifted by
    as many pixels as the lowest plot needs: in a higher one the lines' own distances only add to that.
    """
    wanted = sorted(labels, key=lambda label: label[2])
    if len(wanted) > _MOST_END_LABELS:
        return None
    heights = [(y - lowest) / (highest - lowest or 1) * _LOWEST_PLOT for _, _, y in wanted]
    return [
        {
            "x": 1,
            "xref": "paper",
            "y": y,
            "xanchor": "left",
            "xshift": 6,
            "yshift": round(place - height, 1),
            "showarrow": False,
            "text": name,
            "font": {"size": 11, "color": color},
        }
        for (name, color, y), height, place in zip(wanted, heights, spread(heights), strict=True)
    ]


def spread(heights: Sequence[float], highest: float = _LOWEST_PLOT, line: float = _LINE) -> list[float]:
    """Ascending places at least a line apart, each as near to where it belongs as its neighbours allow."""
    groups: list[tuple[float, int]] = []
    """(place of the lowest, how many)"""
    for height in heights:
        group = (height, 1)
        while groups and groups[-1][0] + groups[-1][1] * line > group[0]:
            below, size = groups.pop()
            # Both as one: the mean of where its members would like the lowest to be.
            members = size + group[1]
            group = ((below * size + (group[0] - size * line) * group[1]) / members, members)
        groups.append(group)
    places = [lowest + place * line for lowest, size in groups for place in range(size)]
    # Not above the plot nor below it, where axes and other figures stand.
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], highest - (len(places) - 1 - index) * line)
    return [max(place, index * line) for index, place in enumerate(places)]


def _upright(x: float, height: float, color: str, width: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": height,
        "yref": "paper",
        "layer": "below",
        "line": {"color": color, "width": width},
    }


def _known(part: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None, and without empty lists of shapes and notes."""
    return {
        name: value
        for name, value in part.items()
        if value is not None and not (name in ("shapes", "annotations") and not value)
    }


def _laid_over(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for name, value in _known(more).items():
        old = result.get(name)
        result[name] = (
            _laid_over(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
        )
    return result
