"""Values as people write them: ``90%``, ``1.4 points``, ``3 m 12 s``, ``-7d``, ``2026-01-31``, ``yes``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anpyc_queue.words import folded
from anpyc_server.records.finding.fields import Field

_NUMBER = re.compile(r"([-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+−]?\d+)?)\s*(%|pt|points?)?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(?:\d+(?:\.\d*)?\s*(?:s|min|m|h|d|w)\s*)+", re.IGNORECASE)
_PIECE_OF_SPAN = re.compile(r"(\d+(?:\.\d*)?)\s*(s|min|m|h|d|w)", re.IGNORECASE)
_FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_SPAN = 100 * 365 * 86_400
LARGEST_WHOLE = 2**63 - 1


class NoSuchValue(ValueError):
    """The text is no value of the field; the message says what is."""


@dataclass(frozen=True)
class Number:
    """A number, and by how much another may differ that is written the same."""

    value: float
    margin: float = 0.0


@dataclass(frozen=True)
class Moment:
    """A moment: so many seconds ago, or from ``start`` to before ``end``, which a whole day is."""

    ago: float | None = None
    start: datetime | None = None
    end: datetime | None = None


def number(text: str, field: Field) -> Number:
    """A number in the field's unit. In percent or points as well where it is a share.

    :raises NoSuchValue: when it is none.
    """
    if field.type == "duration":
        return Number(_span(text))
    if field.type == "flag":
        return Number(float(flag(text)))
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise NoSuchValue(f"{field.title} is a number{_example(field)}; `{text}` is none.")
    digits, unit = found[1].replace("−", "-"), found[2]
    value = float(digits)
    if not math.isfinite(value):
        raise NoSuchValue(f"`{text}` is too large.")
    if field.type in ("share", "loss", "change"):
        return _share(digits, value, unit, field)
    if unit and unit != field.unit:
        raise NoSuchValue(f"{field.title} is written without {unit}{_example(field)}.")
    return Number(value)


def _share(digits: str, value: float, unit: str | None, field: Field) -> Number:
    if unit is None:
        if abs(value) > 1:
            written = "%" if field.type == "share" else " points"
            raise NoSuchValue(
                f"{field.title} is a share from 0 to 1: write {digits}{written} or {value / 100:g}."
            )
        return Number(value)
    decimals = len(digits.partition(".")[2]) if "e" not in digits.lower() else 0
    return Number(value / 100, 0.5 * 10.0 ** -(decimals + 2))


def flag(text: str) -> bool:
    """:raises NoSuchValue: when it is neither yes nor no."""
    known = _FLAGS.get(folded(text))
    if known is None:
        raise NoSuchValue(f"Write yes or no; `{text}` is neither.")
    return known


def choice(text: str, field: Field) -> str:
    """One of the field's choices, by its name or what it is called, whatever the case.

    :raises NoSuchValue: when it is none of them.
    """
    wanted = folded(text)
    for value, label in field.choices.items():
        if wanted in (folded(value), folded(label)):
            return value
    raise NoSuchValue(f"{field.title} is one of {', '.join(field.choices)}; `{text}` is none of them.")


def moment(text: str, field: Field) -> Moment:
    """``-7d``, ``now``, ``today``, a day or a moment of it, in UTC unless it names another offset.

    :raises NoSuchValue: when it is none.
    """
    wanted = text.strip().replace("−", "-")
    if wanted.lower() == "now":
        return Moment(ago=0.0)
    if wanted.startswith("-") and _SPAN.fullmatch(wanted[1:].strip()):
        return Moment(ago=_span(wanted[1:]))
    try:
        start = datetime.fromisoformat(wanted)
        start = (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)
        whole_day = _DAY.fullmatch(wanted) is not None
        return Moment(start=start, end=start + timedelta(days=1) if whole_day else start)
    except (ValueError, OverflowError):
        raise NoSuchValue(
            f"{field.title} is a time: write -7d, -12h, 2026-01-31 or 2026-01-31T14:30; `{text}` is none."
        ) from None


def _span(text: str) -> float:
    wanted = text.strip()
    if re.fullmatch(r"\d+(?:\.\d*)?", wanted):
        seconds = float(wanted)
    elif _SPAN.fullmatch(wanted):
        seconds = sum(float(each) * _SECONDS[unit.lower()] for each, unit in _PIECE_OF_SPAN.findall(wanted))
    else:
        raise NoSuchValue(f"A duration is written 90s, 10m, 1h30m or in seconds; `{text}` is none.")
    if seconds > _LONGEST_SPAN:
        raise NoSuchValue(f"`{text}` is more than a hundred years.")
    return seconds


def _example(field: Field) -> str:
    if field.type == "share":
        return ", such as 90% or 0.9"
    if field.type in ("loss", "change"):
        return ", such as 1.4 points or 0.014"
    return f" in {field.unit}" if field.unit else ""
