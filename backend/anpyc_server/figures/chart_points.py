"""The runs of a chart: gathered from the columns, put together by method or by any field, and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from anpyc_server.figures.looks import Wearer, ranks_of
from anpyc_server.figures.palette import Theme, run_color, run_dash, run_symbol
from anpyc_server.figures.quantities import Quantity, tidy
from anpyc_server.figures.rows import Column
from anpyc_server.records.labels import BETWEEN
from anpyc_server.records.statistics import deviation, mean_of
from anpyc_server.wording import count

METHOD, NOTHING = "method", "none"
Error = Literal["none", "std", "interval", "range"]
MOST_POINTS = 2_000


@dataclass(frozen=True)
class Point:
    """A run."""

    run_id: str
    keys: Sequence[str]
    """Of the columns that it stands in."""
    name: str
    seed: int
    setting: str
    finished: bool
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Series:
    """Runs of one colour."""

    key: str
    name: str
    full: str
    rank: int
    points: Sequence[Point]
    method: str = ""
    """What its colour belongs to; empty where it is no method's."""
    keys: Sequence[str] = ()
    """Of the columns that it is drawn from."""

    def entry(self, theme: Theme) -> dict[str, Any]:
        """A line of the legend."""
        return {
            "key": self.key,
            "keys": list(self.keys),
            "method": self.method,
            "name": self.name,
            "full": self.full,
            "color": run_color(self.rank, theme),
            "dash": run_dash(self.rank),
            "symbol": run_symbol(self.rank),
        }


@dataclass(frozen=True)
class Summary:
    """Several runs as one number, as it is drawn."""

    mean: float
    low: float
    high: float
    """Ends of the error that was asked for; the mean itself where there is none."""
    words: str
    """``over 3 seeds, ± 0.4``"""


def points_of(columns: Sequence[Column]) -> tuple[list[Point], int]:
    """Every run once, of repeats the newest; and how many were left out as there are too many."""
    points: dict[tuple[str, int], Point] = {}
    for column in columns:
        for run, setting in zip(column.runs, column.settings, strict=True):
            finished = run.status == "succeeded"
            point = Point(run.id, (column.key,), run.name, run.seed, setting, finished, run.values)
            before = points.get((setting, run.seed))
            if before is not None:
                newest = max(before, point, key=lambda one: (one.finished, one.run_id))
                point = replace(newest, keys=tuple(dict.fromkeys((*before.keys, column.key))))
            points[setting, run.seed] = point
    found = list(points.values())
    return found[:MOST_POINTS], max(0, len(found) - MOST_POINTS)


def series_of(
    columns: Sequence[Column], points: Sequence[Point], group: str, quantity: Quantity | None
) -> list[Series]:
    """By method, by the values of a field, or all as one."""
    if group == NOTHING:
        return [Series("all", "all runs", "all runs", 0, points, keys=[column.key for column in columns])]
    return _by_method(columns, points) if quantity is None else _by_value(points, quantity)


def _by_value(points: Sequence[Point], quantity: Quantity) -> list[Series]:
    ordered = quantity.order([point.values.get(quantity.name) for point in points])
    by_value: dict[str, list[Point]] = {quantity.category(value): [] for value in ordered}
    for point in points:
        by_value.setdefault(quantity.category(point.values.get(quantity.name)), []).append(point)
    wearers = [
        Wearer(value, _strategy(quantity, of), f"{place:04}")
        for place, (value, of) in enumerate(by_value.items())
    ]
    return [
        Series(
            f"{quantity.name}={value}",
            value,
            f"{quantity.title} {value}",
            rank,
            of,
            keys=tuple(dict.fromkeys(key for point in of for key in point.keys)),
        )
        for (value, of), rank in zip(by_value.items(), ranks_of(wearers), strict=True)
    ]


def _strategy(quantity: Quantity, points: Sequence[Point]) -> str:
    """Strategies have colours of their own."""
    return str(points[0].values.get("strategy", "")) if quantity.name == "strategy" and points else ""


def _by_method(columns: Sequence[Column], points: Sequence[Point]) -> list[Series]:
    by_method: dict[str, list[Column]] = {}
    for column in columns:
        by_method.setdefault(column.method or column.key, []).append(column)
    series = []
    for method, of_method in by_method.items():
        keys = [column.key for column in of_method]
        own = [point for point in points if set(point.keys).intersection(keys)]
        first = min(of_method, key=lambda column: column.rank)
        alone = len(of_method) == 1
        name = first.short if alone and first.short else _common_name([each.title for each in of_method])
        full = (first.full or first.label) if alone else f"{name} · {count(len(own), 'seed')}"
        series.append(Series(method, name, full, first.rank, own, method, keys))
    return _told_apart(series)


def _common_name(titles: Sequence[str]) -> str:
    """The parts that all have: ``λ 3`` of ``λ 3 · seed 0`` and ``λ 3 · seed 1``."""
    parts = [title.split(BETWEEN) for title in titles]
    return BETWEEN.join(part for part in parts[0] if all(part in other for other in parts)) or titles[0]


def _told_apart(series: Sequence[Series]) -> list[Series]:
    """Methods of the same name get a number."""
    seen: dict[str, int] = {}
    told = []
    for one in series:
        seen[one.name] = seen.get(one.name, 0) + 1
        number = seen[one.name]
        told.append(one if number == 1 else replace(one, name=f"{one.name} ({number})"))
    return told


def counted(points: Sequence[Point]) -> list[Point]:
    """The finished ones, once there are any."""
    return [point for point in points if point.finished] or list(points)


def summary(points: Sequence[Point], quantity: Quantity, error: Error) -> Summary | None:
    """Mean and error over seeds. Between settings there is no deviation: the mean of their means stands for
    them, with the range of these. None where no run knows the quantity."""
    by_setting: dict[str, list[float]] = {}
    for point in counted(points):
        number = quantity.number(point.values.get(quantity.name))
        if number is not None:
            by_setting.setdefault(point.setting, []).append(number)
    if not by_setting:
        return None
    if len(by_setting) > 1:
        means = [fmean(values) for values in by_setting.values()]
        mean = fmean(means)
        low, high = (mean, mean) if error == "none" else (min(means), max(means))
        return Summary(mean, low, high, f"mean of {count(len(means), 'setting')}")
    (values,) = by_setting.values()
    return _over_seeds(values, quantity, error)


def _over_seeds(values: Sequence[float], quantity: Quantity, error: Error) -> Summary:
    mean, n = tidy(fmean(values)), len(values)
    if n == 1:
        return Summary(mean, mean, mean, "one run")
    words = f"over {count(n, 'seed')}"
    if error == "none":
        return Summary(mean, mean, mean, words)
    if error == "std":
        std = deviation(values) or 0.0
        return Summary(mean, mean - std, mean + std, f"{words}, ± {std:.3g}")
    low, high = min(values), max(values)
    if error == "interval":
        over = mean_of(values)
        low, high = over.low or 0.0, over.high or 0.0
        words += ", 95 %"
    return Summary(mean, low, high, f"{words} {quantity.write_drawn(low)} to {quantity.write_drawn(high)}")
