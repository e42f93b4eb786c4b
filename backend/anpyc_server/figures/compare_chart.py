"""A chart as its reader composes it: any two quantities of runs, by method or field, in panels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.figures.canvas import Drawing, empty, figure, text
from anpyc_server.figures.chart_options import ChartOptions
from anpyc_server.figures.chart_panels import Panel, Plan, panel, plan_of
from anpyc_server.figures.chart_points import METHOD, NOTHING, Point, Series, points_of, series_of, summary
from anpyc_server.figures.comparison import levels, plain_legend
from anpyc_server.figures.declaration import ComparisonFigure, RunNeeds
from anpyc_server.figures.field_values import field_named
from anpyc_server.figures.palette import Theme
from anpyc_server.figures.quantities import Quantity
from anpyc_server.figures.rows import Column, Reference
from anpyc_server.wording import MINUS, capital, count

TITLE = "Chart"
MOST_PANELS = 12
_FEWEST_RANKED = 5
"""Runs of which a rank correlation says something."""


def draw(
    columns: Sequence[Column],
    options: ChartOptions,
    theme: Theme,
    references: Sequence[Reference] = (),
) -> Drawing:
    """The kind, the quantities, the colours and the panels that were chosen."""
    points, left_out = points_of(columns)
    plan = plan_of(options, points)
    group = None if options.group in (METHOD, NOTHING) else Quantity(field_named(options.group))
    series = series_of(columns, points, options.group, group)
    facets, more = _facets(options, series)
    panels = [(name, panel(plan, of, theme)) for name, of in facets]
    if not any(one.traces for _, one in panels):
        return empty(theme, title=title_of(plan), sentence=_nothing(plan))
    named = _legend(plan, series, theme)
    named["meta"] = {**named.get("meta", {}), "rows": -(-len(panels) // options.across)}
    return figure(
        _placed(panels),
        theme,
        title=title_of(plan),
        sentence=_sentence(plan, series, left_out, more),
        **_layout(plan, panels, theme, references),
        **named,
    )


def _fields(options: ChartOptions) -> list[str]:
    return options.fields


FIGURE = ComparisonFigure(
    title=TITLE,
    draw=draw,
    options=ChartOptions,
    needs=RunNeeds(matrix=False),
    fields=_fields,
    feeds=("evaluation",),
    places=(),
)


def title_of(plan: Plan) -> str:
    """``Forgetting over λ``, ``Average accuracy by method``."""
    if plan.options.kind == "heatmap":
        return capital(f"{plan.value.title} over {plan.along.title} and {plan.y.title}")
    over = "by" if plan.options.kind in ("dots", "bars", "boxes") else "over"
    return capital(f"{plan.y.title} {over} {plan.x.title if plan.x else 'method'}")


# --- panels -------------------------------------------------------------------------------------------------


def _facets(options: ChartOptions, series: Sequence[Series]) -> tuple[list[tuple[str, list[Series]]], int]:
    """The panels with what stands in each, and how many there are more."""
    if options.facet is None:
        return [("", list(series))], 0
    quantity = Quantity(field_named(options.facet))

    def category(point: Point) -> str:
        return quantity.category(point.values.get(quantity.name))

    points = [point for one in series for point in one.points]
    ordered = quantity.order([point.values.get(quantity.name) for point in points])
    names = list(dict.fromkeys([*map(quantity.category, ordered), *map(category, points)]))
    panels = [
        (
            f"{quantity.title} {name}",
            [replace(one, points=[each for each in one.points if category(each) == name]) for one in series],
        )
        for name in names[:MOST_PANELS]
    ]
    return panels or [("", list(series))], max(0, len(names) - MOST_PANELS)


def _placed(panels: Sequence[tuple[str, Panel]]) -> list[dict[str, Any]]:
    """The traces of all panels, each on its own axes; a method is named once."""
    named: set[str] = set()
    traces = []
    for place, (_, one) in enumerate(panels):
        for trace in one.traces:
            placed = dict(trace)
            if place:
                placed |= {"xaxis": f"x{_axis(place)}", "yaxis": f"y{_axis(place)}"}
            if trace.get("showlegend") is not False and "legendgroup" in trace:
                placed["showlegend"] = trace["legendgroup"] not in named
                named.add(trace["legendgroup"])
            traces.append(placed)
    return traces


def _axis(place: int) -> str:
    """The number of a panel's axes, as Plotly counts them."""
    return str(place + 1) if place else ""


def _layout(
    plan: Plan, panels: Sequence[tuple[str, Panel]], theme: Theme, references: Sequence[Reference]
) -> dict[str, Any]:
    """Axes of all panels, on one scale, and the levels over them."""
    across = min(plan.options.across, len(panels))
    rows = -(-len(panels) // across)
    layout: dict[str, Any] = dict(panels[0][1].layout)
    # On a logarithmic axis a level would stand elsewhere, and one of 0 nowhere.
    drawn = {} if plan.options.kind == "heatmap" or plan.log_y else levels(references, plan.y.name, theme)
    shapes: list[dict[str, Any]] = []
    notes = [note | {"xref": "x domain"} for note in drawn.get("annotations", ())]
    for place, (name, one) in enumerate(panels):
        row, column = divmod(place, across)
        left, right = _share(column, across, 0.07)
        bottom, top = (1 - edge for edge in _share(row, rows, 0.34 / rows)[::-1])
        number = _axis(place)
        x: dict[str, Any] = {**one.xaxis, "domain": [left, right], "anchor": f"y{number}"}
        y: dict[str, Any] = {**one.yaxis, "domain": [bottom, top], "anchor": f"x{number}"}
        if place and plan.options.kind != "heatmap":
            x["matches"], y["matches"] = "x", "y"
        if len(panels) > 1:
            notes.append(_heading(name, (left + right) / 2, top, theme))
        if column:
            y["title"] = {"text": ""}
        if place + across < len(panels):
            x["title"] = {"text": ""}
        layout |= {f"xaxis{number}": x, f"yaxis{number}": y}
        shapes += [
            shape | {"xref": f"x{number} domain", "yref": f"y{number}"} for shape in drawn.get("shapes", ())
        ]
    return layout | {"shapes": shapes, "annotations": notes}


def _share(place: int, number: int, gap: float) -> tuple[float, float]:
    """From where to where one of several stands, with gaps between them."""
    width = (1 - gap * (number - 1)) / number
    start = place * (width + gap)
    return round(start, 4), round(min(1.0, start + width), 4)


def _heading(name: str, x: float, y: float, theme: Theme) -> dict[str, Any]:
    return {
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
        "text": text(name, 40),
        "font": {"size": 11, "color": theme.muted},
    }


def _legend(plan: Plan, series: Sequence[Series], theme: Theme) -> dict[str, Any]:
    if plan.options.kind == "heatmap" or plan.options.group == NOTHING:
        return {}
    return {
        "showlegend": True,
        "legend": plain_legend(len(series)),
        "meta": {"legend": [one.entry(theme) for one in series]},
    }


# --- its sentence -------------------------------------------------------------------------------------------


def _nothing(plan: Plan) -> str:
    quantities = [plan.value, plan.x, plan.y] if plan.options.kind == "heatmap" else [plan.y, plan.x]
    named = " and ".join(each.title for each in quantities if each is not None)
    return f"None of these runs knows {named} yet."


def _sentence(plan: Plan, series: Sequence[Series], left_out: int, more: int) -> str:
    points = list({point.run_id: point for one in series for point in one.points}.values())
    known = [point for point in points if _is_known(plan, point)]
    waiting = sum(not point.finished for point in known)
    said = [_leading(plan, series, known)]
    if lacking := len(points) - len(known):
        said.append(f"Of {count(lacking, 'run')} it is not known.")
    if waiting:
        said.append(f"{count(waiting, 'run')} {'is' if waiting == 1 else 'are'} not finished.")
    for number, noun in ((left_out, "run"), (more, "panel")):
        if number:
            said.append(f"{count(number, f'more {noun}')} {'is' if number == 1 else 'are'} left out.")
    return " ".join(said)


def _is_known(plan: Plan, point: Point) -> bool:
    if plan.measured.number(point.values.get(plan.measured.name)) is None:
        return False
    return all(each is None or point.values.get(each.name) not in (None, "") for each in (plan.x, plan.y))


def _leading(plan: Plan, series: Sequence[Series], known: Sequence[Point]) -> str:
    """What the chart shows first: who is best by the mean, or how two quantities go together."""
    if plan.options.kind == "scatter":
        return _together(plan, known)
    means: list[tuple[float, str]] = []
    cells = _cells(plan, series)
    # Beside finished runs those that are not are drawn, but not ranked.
    ended = {name: points for name, points in cells.items() if any(each.finished for each in points)}
    for name, points in (ended or cells).items():
        found = summary([each for each in points if _is_known(plan, each)], plan.measured, "none")
        if found is not None:
            means.append((found.mean, name))
    runs, what = count(len(known), "run"), plan.measured.title
    if len(means) < 2:
        mean = means[0][0] if means else 0.0
        return f"{capital(what)} is {plan.measured.write_drawn(mean)} on average of {runs}."
    lowest = plan.measured.higher_is_better is False
    mean, name = min(means, key=lambda each: each[0] if lowest else -each[0])
    extreme = "Lowest" if lowest else "Highest"
    return f"{extreme} mean {what} of {runs}: {plan.measured.write_drawn(mean)}, {name}."


def _cells(plan: Plan, series: Sequence[Series]) -> dict[str, list[Point]]:
    """The runs of which a chart draws one mean, by what it is called."""
    is_heatmap = plan.options.kind == "heatmap"
    by_series = not is_heatmap and plan.options.group != NOTHING
    quantities = [each for each in (plan.x, plan.y if is_heatmap else None) if each is not None]
    cells: dict[str, list[Point]] = {}
    for one in series:
        for point in one.points:
            places = [f"{each.title} {each.category(point.values.get(each.name))}" for each in quantities]
            name = ", ".join([*([one.name] if by_series else []), *places])
            cells.setdefault(name, []).append(point)
    return cells


def _together(plan: Plan, known: Sequence[Point]) -> str:
    """Spearman's rank correlation, where both are numbers and enough runs know them."""
    said = f"{capital(plan.y.title)} over {plan.along.title} of {count(len(known), 'run')}"
    if not plan.along.is_number or len(known) < _FEWEST_RANKED:
        return f"{said}."
    xs, ys = (
        _ranked([quantity.number(point.values.get(quantity.name)) or 0.0 for point in known])
        for quantity in (plan.along, plan.y)
    )
    if np.ptp(xs) == 0 or np.ptp(ys) == 0:
        return f"{said}; one of them does not vary."
    correlation = f"{float(np.corrcoef(xs, ys)[0, 1]):.2f}".replace("-", MINUS)
    return f"{said}; their rank correlation (Spearman) is {correlation}."


def _ranked(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Ranks; those of equal values are their mean."""
    _, place, number = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    last = np.cumsum(number)
    return np.asarray(((last - number + last - 1) / 2)[place], dtype=np.float64)
