"""A field of runs as an axis: its numbers as they are drawn, its values in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10
from typing import Any

from anpyc.measures import MEASURES
from anpyc_server.figures.canvas import axis, text
from anpyc_server.figures.palette import Theme
from anpyc_server.records.finding.fields import NUMERIC, Field
from anpyc_server.wording import duration, lost_points, percent, signed_points

_IN_PERCENT = {"share": "%", "loss": "points", "change": "points"}
_FITS_LOG = 20.0
"""So many times the smallest is the largest, where a logarithmic axis shows more."""


@dataclass(frozen=True)
class Quantity:
    """A field on an axis."""

    field: Field

    @property
    def name(self) -> str:
        """Of the field."""
        return self.field.name

    @property
    def is_number(self) -> bool:
        """Whether its values lie on a line."""
        return self.field.type in NUMERIC

    @property
    def title(self) -> str:
        """Within a sentence: ``average accuracy``, ``λ``."""
        title = MEASURES[self.name].title if self.name in MEASURES else self.field.title
        return title[0].lower() + title[1:] if title[1:2].islower() else title

    @property
    def unit(self) -> str:
        """As it is drawn."""
        if self.field.type == "duration":
            return "s"
        return _IN_PERCENT.get(self.field.type, self.field.unit)

    @property
    def higher_is_better(self) -> bool | None:
        """None where neither is."""
        return MEASURES[self.name].higher_is_better if self.name in MEASURES else None

    def number(self, value: Any) -> float | None:
        """As it is drawn, in the unit; None where there is none."""
        if value is None or isinstance(value, str) or not isfinite(value):
            return None
        return tidy(float(value) * (100 if self.field.type in _IN_PERCENT else 1))

    def category(self, value: Any) -> str:
        """A value among others, as text; its unit stands with the title."""
        if self.field.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:g}" if isfinite(value) else "–"
        return str(self.field.choices.get(str(value), self.write(value)))

    def write(self, value: Any) -> str:
        """A stored value with its unit."""
        if value is None or value == "":
            return "–"
        if isinstance(value, bool) or self.field.type == "flag":
            return "on" if value else "off"
        if isinstance(value, str):
            return value[:16].replace("T", " ") if self.field.type == "moment" else value
        if not isfinite(value):
            return "–"
        match self.field.type:
            case "share":
                return percent(value)
            case "loss":
                return lost_points(value)
            case "change":
                return signed_points(value)
            case "duration":
                return duration(value)
        unit = f" {self.field.unit}" if self.field.unit else ""
        return f"{value:,}{unit}" if isinstance(value, int) else f"{value:g}{unit}"

    def write_drawn(self, number: float) -> str:
        """A number as it is drawn, such as a mean, with its unit."""
        return self.write(number / 100 if self.field.type in _IN_PERCENT else float(number))

    def order(self, values: Sequence[Any]) -> list[Any]:
        """The distinct values: numbers by size, anything else by what it is called."""
        distinct = list(dict.fromkeys(value for value in values if value is not None and value != ""))
        if self.is_number:
            return sorted((value for value in distinct if self.number(value) is not None), key=float)
        return sorted(distinct, key=lambda value: self.category(value))

    def axis(self, theme: Theme, *, logarithmic: bool = False, **more: Any) -> dict[str, Any]:
        """Of numbers, or of moments; it says its unit, and that it is logarithmic."""
        words = text(self.title, 40)
        unit = f", {self.unit}" if self.unit and self.unit != "%" else ""
        says = " · logarithmic" if logarithmic else ""
        kind = "log" if logarithmic else "date" if self.field.type == "moment" else None
        return axis(
            theme,
            f"{words}{unit}{says}",
            type=kind,
            ticksuffix=" %" if self.unit == "%" else None,
            # Powers of ten and what lies between them, but no sea of digits.
            dtick="D2" if logarithmic and more.pop("few", False) else None,
            **more,
        )


def tidy(number: float) -> float:
    """Without what rounding left in its last digits: twelve are kept."""
    return float(f"{number:.12g}")


def fits_log(numbers: Sequence[float]) -> bool:
    """Whether a logarithmic axis shows more: all above 0, and far apart."""
    return bool(numbers) and min(numbers) > 0 and max(numbers) / min(numbers) >= _FITS_LOG


def ticks(low: float, high: float, *, logarithmic: bool, most: int = 6) -> list[float]:
    """Round numbers within the ends, and the ends themselves."""
    if low == high:
        return [low]
    inner = _decades(low, high) if logarithmic else _steps(low, high, most)
    span = log10(high / low) if logarithmic else high - low

    def place(value: float) -> float:
        return (log10(value / low) if logarithmic else value - low) / span

    return [low, *(value for value in inner if 0.09 < place(value) < 0.91), high]


def _steps(low: float, high: float, most: int) -> list[float]:
    rough = (high - low) / most
    power = 10.0 ** int(f"{rough:e}".partition("e")[2])
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = int(low // step) + 1
    return [tidy(number * step) for number in range(first, int(high // step) + 1)]


def _decades(low: float, high: float) -> list[float]:
    first, last = (int(f"{value:e}".partition("e")[2]) for value in (low, high))
    factors = (1,) if last - first > 2 else (1, 2, 5)
    values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    return [tidy(value) for value in values if low < value < high]
