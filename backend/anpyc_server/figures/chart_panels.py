"""What each kind of chart draws into one panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from anpyc.measures import MEASURES
from anpyc_server.figures.canvas import axis, colorbar, text
from anpyc_server.figures.chart_options import ChartOptions
from anpyc_server.figures.chart_points import Point, Series, Summary, counted, summary
from anpyc_server.figures.field_values import field_named
from anpyc_server.figures.palette import (
    Theme,
    accuracies,
    accuracy_color,
    readable_on,
    run_color,
    run_dash,
    run_symbol,
    translucent,
)
from anpyc_server.figures.quantities import Quantity, fits_log

_MOST_TICKS = 8
"""Methods that are named below their bars; the legend names more."""
_MOST_WRITTEN = 120
"""Cells with their number."""

Trace = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A chart as it is to be drawn: its quantities, and which of its axes are logarithmic."""

    options: ChartOptions
    x: Quantity | None
    y: Quantity
    value: Quantity
    """Of a heatmap's cells."""
    log_x: bool
    log_y: bool

    @property
    def measured(self) -> Quantity:
        """What came out, of which means are drawn."""
        return self.value if self.options.kind == "heatmap" else self.y

    @property
    def along(self) -> Quantity:
        """x of the kinds that need one."""
        assert self.x is not None  # noqa: S101 - the options say so
        return self.x


@dataclass(frozen=True)
class Panel:
    """The traces and axes of one panel."""

    traces: list[Trace]
    xaxis: dict[str, Any]
    yaxis: dict[str, Any]
    layout: dict[str, Any] = field(default_factory=dict)


def plan_of(options: ChartOptions, points: Sequence[Point]) -> Plan:
    """Where asked for, an axis is logarithmic; by itself x is, where values lie far apart."""
    x = Quantity(field_named(options.x)) if options.x else None
    y = Quantity(field_named(options.y or "average_accuracy"))
    value = Quantity(field_named(options.value or "average_accuracy"))
    along_x = options.kind in ("scatter", "curve") and x is not None
    return Plan(
        options,
        x,
        y,
        value,
        log_x=along_x and x is not None and _is_log(options, x, "x", points),
        log_y=options.kind != "heatmap" and _is_log(options, y, "y", points),
    )


def _is_log(options: ChartOptions, quantity: Quantity, letter: str, points: Sequence[Point]) -> bool:
    if not quantity.is_number or options.log == "none":
        return False
    numbers = [quantity.number(point.values.get(quantity.name)) for point in points]
    known = [number for number in numbers if number is not None]
    if not known or min(known) <= 0:
        return False
    if options.log == "auto":
        return letter == "x" and quantity.name not in MEASURES and fits_log(known)
    return letter in options.log


def panel(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """The kind that was chosen."""
    match plan.options.kind:
        case "scatter":
            return _scatter(plan, series, theme)
        case "boxes":
            return _boxes(plan, series, theme)
        case "curve":
            return _curve(plan, series, theme)
        case "heatmap":
            return _heatmap(plan, series, theme)
    return _means(plan, series, theme)


# --- points -------------------------------------------------------------------------------------------------


def _scatter(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """A point for each run, hollow while it is not finished; with an error, the means of settings as well."""
    traces: list[Trace] = []
    with_means = plan.options.error != "none" and plan.along.is_number
    for one in series:
        known = [point for point in one.points if _is_placed(plan, point)]
        if known:
            traces.append(_dots(plan, one, known, theme, 0.55 if with_means else 0.9))
        if known and with_means:
            traces += _mean_points(plan, one, known, theme)
    return Panel(traces, _along(plan, theme), _upright(plan, theme))


def _dots(plan: Plan, one: Series, known: Sequence[Point], theme: Theme, opacity: float) -> Trace:
    symbol = run_symbol(one.rank)
    return {
        **_named(one),
        "type": "scatter",
        "mode": "markers",
        "x": [_at(plan.along, point) for point in known],
        "y": [_number(plan.y, point) for point in known],
        "marker": {
            "color": run_color(one.rank, theme),
            "symbol": [symbol if point.finished else f"{symbol}-open" for point in known],
            "size": 7,
            "opacity": opacity,
        },
        "customdata": [_said(plan, point) for point in known],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _mean_points(plan: Plan, one: Series, known: Sequence[Point], theme: Theme) -> list[Trace]:
    """Of each setting with several seeds, its mean with errors both ways."""
    by_setting: dict[str, list[Point]] = {}
    for point in counted(known):
        by_setting.setdefault(point.setting, []).append(point)
    several = [points for points in by_setting.values() if len(points) > 1]
    xs = _summaries(plan, plan.along, several)
    ys = _summaries(plan, plan.y, several)
    if not xs or len(xs) != len(ys):
        return []
    color = run_color(one.rank, theme)
    return [
        {
            **_named(one),
            "type": "scatter",
            "mode": "markers",
            "showlegend": False,
            "x": [x.mean for x in xs],
            "y": [y.mean for y in ys],
            "error_x": _errors(xs, color),
            "error_y": _errors(ys, color),
            "marker": _marker(one, theme, size=11, line={"width": 1.5, "color": theme.panel}),
            "customdata": [
                f"{text(one.name, 80)}<br>{_mean_said(plan.along, x)}<br>{_mean_said(plan.y, y)}"
                for x, y in zip(xs, ys, strict=True)
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]


def _summaries(plan: Plan, quantity: Quantity, groups: Sequence[Sequence[Point]]) -> list[Summary]:
    found = (summary(points, quantity, plan.options.error) for points in groups)
    return [each for each in found if each is not None]


# --- side by side -------------------------------------------------------------------------------------------


def _means(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """The mean of each value of x, or of each method, as a bar or a dot with its error."""
    bars = plan.options.kind == "bars"
    traces = [trace for one in series if (trace := _mean_trace(plan, one, theme, bars=bars))]
    layout = {"barmode": "group", "bargap": 0.25} if bars else {"scattermode": "group"}
    yaxis = _upright(plan, theme, **_scale(plan, traces, bars=bars))
    return Panel(traces, _side_by_side(plan, series, theme), yaxis, layout)


def _scale(plan: Plan, traces: Sequence[Trace], *, bars: bool) -> dict[str, Any]:
    """Bars begin at 0, dots where they lie: plotly would begin both at 0."""
    if plan.log_y or not traces:
        return {}
    if bars:
        return {"rangemode": "tozero"}
    ends = []
    for trace in traces:
        errors = trace["error_y"] or {"array": [0] * len(trace["y"]), "arrayminus": [0] * len(trace["y"])}
        ends += [value + up for value, up in zip(trace["y"], errors["array"], strict=True)]
        ends += [value - down for value, down in zip(trace["y"], errors["arrayminus"], strict=True)]
    room = 0.08 * (max(ends) - min(ends)) or abs(max(ends)) * 0.05 or 1.0
    return {"range": [min(ends) - room, max(ends) + room]}


def _mean_trace(plan: Plan, one: Series, theme: Theme, *, bars: bool) -> Trace | None:
    found = {
        place: each
        for place, points in _by_place(plan, one).items()
        if (each := summary(points, plan.y, plan.options.error)) is not None
    }
    if not found:
        return None
    color = run_color(one.rank, theme)
    looks: Trace = (
        {"type": "bar", "marker": {"color": color}}
        if bars
        else {"type": "scatter", "mode": "markers", "marker": _marker(one, theme, size=10)}
    )
    return {
        **_named(one),
        **looks,
        "x": list(found),
        "y": [each.mean for each in found.values()],
        "error_y": _errors(list(found.values()), theme.ink if bars else color),
        "customdata": [f"{text(one.name, 80)}<br>{_mean_said(plan.y, each)}" for each in found.values()],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _boxes(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """Median, quartiles and every run."""
    traces: list[Trace] = []
    for one in series:
        known = [
            (place, point)
            for place, points in _by_place(plan, one).items()
            for point in counted(points)
            if _number(plan.y, point) is not None
        ]
        if not known:
            continue
        color = run_color(one.rank, theme)
        traces.append(
            {
                **_named(one),
                "type": "box",
                "x": [place for place, _ in known],
                "y": [_number(plan.y, point) for _, point in known],
                "boxpoints": "all",
                "jitter": 0.4,
                "pointpos": 0,
                "line": {"color": color, "width": 1.5},
                "fillcolor": translucent(color, 0.2),
                "marker": _marker(one, theme, size=5, opacity=0.8),
                "customdata": [_said(plan, point) for _, point in known],
                "hovertemplate": "%{customdata}<extra></extra>",
                "hoveron": "points",
            }
        )
    layout = {"boxmode": "group" if plan.x is not None else "overlay"}
    return Panel(traces, _side_by_side(plan, series, theme), _upright(plan, theme), layout)


def _by_place(plan: Plan, one: Series) -> dict[str, list[Point]]:
    """Its runs by where they stand side by side; without x it has one place, its own."""
    if plan.x is None:
        return {one.name: list(one.points)}
    places: dict[str, list[Point]] = {}
    for point in one.points:
        places.setdefault(_category(plan.x, point), []).append(point)
    return places


def _side_by_side(plan: Plan, series: Sequence[Series], theme: Theme) -> dict[str, Any]:
    places = [one.name for one in series] if plan.x is None else _categories(plan.x, series)
    shown = plan.x is not None or len(places) <= _MOST_TICKS
    return axis(
        theme,
        _titled(plan.x) if plan.x else "",
        type="category",
        categoryorder="array",
        categoryarray=places,
        tickvals=places,
        ticktext=[text(each, 18) for each in places],
        showticklabels=None if shown else False,
        showgrid=False,
    )


# --- over a setting -----------------------------------------------------------------------------------------


def _curve(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """The mean at each value of x, with a band of its error."""
    traces: list[Trace] = []
    for one in series:
        at: dict[Any, list[Point]] = {}
        for point in sorted(one.points, key=lambda point: _sorted_along(plan, point)):
            place = _at(plan.along, point)
            if place is not None:
                at.setdefault(place, []).append(point)
        found = {
            place: each
            for place, points in at.items()
            if (each := summary(points, plan.y, plan.options.error)) is not None
        }
        if found:
            traces += _line_with_band(plan, one, found, theme)
    return Panel(traces, _along(plan, theme, series), _upright(plan, theme))


def _sorted_along(plan: Plan, point: Point) -> tuple[float, str]:
    number = plan.along.number(point.values.get(plan.along.name)) if plan.along.is_number else None
    return number or 0.0, _category(plan.along, point)


def _line_with_band(plan: Plan, one: Series, found: dict[Any, Summary], theme: Theme) -> list[Trace]:
    color, xs, sums = run_color(one.rank, theme), list(found), list(found.values())
    line: Trace = {
        **_named(one),
        "type": "scatter",
        "mode": "lines+markers",
        "x": xs,
        "y": [each.mean for each in sums],
        "line": {"color": color, "width": 2, "dash": run_dash(one.rank)},
        "marker": _marker(one, theme, size=7),
        "customdata": [
            f"{text(one.name, 80)}<br>{_place_said(plan.along, place)}<br>{_mean_said(plan.y, each)}"
            for place, each in found.items()
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    if not any(each.high > each.low for each in sums):
        return [line]
    line["meta"] |= {"low": [each.low for each in sums], "high": [each.high for each in sums]}
    band: Trace = {
        **_named(one),
        "type": "scatter",
        "mode": "lines",
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [*xs, *xs[::-1]],
        "y": [*(each.high for each in sums), *(each.low for each in reversed(sums))],
        "fill": "toself",
        "fillcolor": translucent(color, 0.15),
        "line": {"width": 0, "color": color},
    }
    return [band, line]


def _place_said(quantity: Quantity, place: Any) -> str:
    words = quantity.write_drawn(place) if isinstance(place, float) else str(place)
    return f"{text(quantity.title)}: {text(words)}"


# --- two settings -------------------------------------------------------------------------------------------


def _heatmap(plan: Plan, series: Sequence[Series], theme: Theme) -> Panel:
    """The mean of a quantity over two settings."""
    columns, rows = _categories(plan.along, series), _categories(plan.y, series)
    cells: dict[tuple[str, str], dict[str, Point]] = {}
    for point in (point for one in series for point in one.points):
        place = _category(plan.y, point), _category(plan.along, point)
        cells.setdefault(place, {})[point.run_id] = point
    found = [
        [
            summary(list(cells.get((row, column), {}).values()), plan.value, plan.options.error)
            for column in columns
        ]
        for row in rows
    ]
    unit = f", {plan.value.unit}" if plan.value.unit else ""
    trace: Trace = {
        "type": "heatmap",
        "name": text(plan.value.title),
        "x": columns,
        "y": rows,
        "z": [[None if each is None else each.mean for each in row] for row in found],
        "customdata": [
            [_cell_said(plan, column, row, each) for column, each in zip(columns, line, strict=True)]
            for row, line in zip(rows, found, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "colorscale": accuracies(theme),
        "xgap": 1,
        "ygap": 1,
        "colorbar": colorbar(theme, f"{text(plan.value.title)}{unit}"),
    }
    drawn = any(each is not None for row in found for each in row)
    traces = [trace] if drawn else []
    if drawn and len(rows) * len(columns) <= _MOST_WRITTEN:
        traces.append(_written(plan, columns, rows, found, theme))
    words: dict[str, Any] = {"type": "category", "showgrid": False, "categoryorder": "array"}
    return Panel(
        traces,
        axis(theme, _titled(plan.along), **words, categoryarray=columns),
        axis(theme, _titled(plan.y), **words, categoryarray=rows),
    )


def _written(
    plan: Plan,
    columns: Sequence[str],
    rows: Sequence[str],
    found: Sequence[Sequence[Summary | None]],
    theme: Theme,
) -> Trace:
    """The numbers on the cells, each in the colour that can be read there."""
    cells = [
        (column, row, each)
        for row, line in zip(rows, found, strict=True)
        for column, each in zip(columns, line, strict=True)
        if each is not None
    ]
    means = [each.mean for _, _, each in cells]
    low, span = min(means), max(means) - min(means)
    shares = [(mean - low) / span if span else 0.5 for mean in means]
    return {
        "type": "scatter",
        "mode": "text",
        "name": "",
        "x": [column for column, _, _ in cells],
        "y": [row for _, row, _ in cells],
        "text": [_short(plan.value, each) for _, _, each in cells],
        "textfont": {
            "size": 11,
            "color": [readable_on(accuracy_color(theme, share)) for share in shares],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _cell_said(plan: Plan, column: str, row: str, each: Summary | None) -> str:
    places = f"{text(plan.along.title)}: {text(column)}<br>{text(plan.y.title)}: {text(row)}"
    return f"{places}<br>{'no run' if each is None else _mean_said(plan.value, each)}"


def _short(quantity: Quantity, each: Summary) -> str:
    return f"{each.mean:.1f}" if quantity.unit in ("%", "points") else f"{each.mean:.3g}"


# --- shared -------------------------------------------------------------------------------------------------


def _named(one: Series) -> Trace:
    return {"name": text(one.name), "legendgroup": one.key, "meta": {"keys": list(one.keys)}}


def _marker(one: Series, theme: Theme, **more: Any) -> dict[str, Any]:
    return {"color": run_color(one.rank, theme), "symbol": run_symbol(one.rank), **more}


def _errors(sums: Sequence[Summary], color: str) -> dict[str, Any] | None:
    """As Plotly takes them; None where there are none."""
    if all(each.high == each.low for each in sums):
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [each.high - each.mean for each in sums],
        "arrayminus": [each.mean - each.low for each in sums],
        "color": color,
        "thickness": 1.5,
        "width": 4,
    }


def _along(plan: Plan, theme: Theme, series: Sequence[Series] = ()) -> dict[str, Any]:
    """The axis of x: a line, or words side by side."""
    if plan.along.is_number or plan.along.field.type == "moment":
        return plan.along.axis(theme, logarithmic=plan.log_x)
    order = {"categoryorder": "array", "categoryarray": _categories(plan.along, series)} if series else {}
    return axis(theme, _titled(plan.along), type="category", **order)


def _upright(plan: Plan, theme: Theme, **more: Any) -> dict[str, Any]:
    return plan.y.axis(theme, logarithmic=plan.log_y, **more)


def _titled(quantity: Quantity) -> str:
    """Of an axis of words, which has no unit of its own."""
    return text(f"{quantity.title}, {quantity.field.unit}" if quantity.field.unit else quantity.title, 40)


def _number(quantity: Quantity, point: Point) -> float | None:
    return quantity.number(point.values.get(quantity.name))


def _category(quantity: Quantity, point: Point) -> str:
    return quantity.category(point.values.get(quantity.name))


def _categories(quantity: Quantity, series: Sequence[Series]) -> list[str]:
    """What stands side by side, in order; last what is not known."""
    values = [point.values.get(quantity.name) for one in series for point in one.points]
    ordered = [quantity.category(value) for value in quantity.order(values)]
    lacking = [quantity.category(None)] if any(value in (None, "") for value in values) else []
    return list(dict.fromkeys([*ordered, *lacking]))


def _at(quantity: Quantity, point: Point) -> Any:
    """Where a run stands along an axis; None where that is not known."""
    value = point.values.get(quantity.name)
    if value is None or value == "":
        return None
    if quantity.is_number:
        return quantity.number(value)
    return str(value) if quantity.field.type == "moment" else quantity.category(value)


def _is_placed(plan: Plan, point: Point) -> bool:
    return _at(plan.along, point) is not None and _number(plan.y, point) is not None


def _mean_said(quantity: Quantity, each: Summary) -> str:
    return f"{text(quantity.title)}: {quantity.write_drawn(each.mean)} ({each.words})"


def _said(plan: Plan, point: Point) -> str:
    """A run where one points at it."""
    lines = [f"{text(point.name, 80)} · seed {point.seed}"]
    for quantity in (plan.x, plan.y):
        if quantity is not None:
            value = quantity.write(point.values.get(quantity.name))
            lines.append(f"{text(quantity.title)}: {text(value)}")
    return "<br>".join(lines if point.finished else [*lines, "not finished"])
