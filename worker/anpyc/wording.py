"""How numbers are written, the same in a terminal, a sentence and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

MINUS = "\N{MINUS SIGN}"


def percent(share: float) -> str:
    """A share with one decimal; one not quite 0 or 1 says so: ``96.2 %``, ``over 99.9 %``."""
    return f"{of_percent(share)} %"


def of_percent(share: float) -> str:
    """The same without the unit, where several share one: ``96.2``."""
    if 0 < share < 0.0005:
        return "under 0.1"
    if 0.9995 <= share < 1:
        return "over 99.9"
    return f"{share * 100:.1f}".replace("-", MINUS)


def points(change: float) -> str:
    """A difference of two shares, without its sign: ``1.4 points``."""
    value = f"{abs(change) * 100:.1f}"
    return f"{value} point" if value == "1.0" else f"{value} points"


def signed_points(change: float) -> str:
    """A difference of two shares with its sign: ``−1.4 points``, ``+2.1 points``, ``0.0 points``."""
    sign = "" if _is_zero(change) else "+" if change > 0 else MINUS
    return f"{sign}{points(change)}"


def lost_points(loss: float) -> str:
    """A loss, positive when something was lost: ``1.4 points``; of a gain ``−0.3 points``."""
    sign = MINUS if loss < 0 and not _is_zero(loss) else ""
    return f"{sign}{points(loss)}"


def _is_zero(change: float) -> bool:
    return f"{abs(change) * 100:.1f}" == "0.0"


def plural(count: int, noun: str) -> str:
    """A count and its noun: ``1 task``, ``1,200 epochs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def amount(count: float) -> str:
    """A large count to three digits, in words: ``1.91 billion``, ``250 million``; a small one whole."""
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:,.0f}"


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names with commas between them; of more than ``most`` the first and how many there are."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])}, … ({len(names):,} in all)"


def duration(seconds: float) -> str:
    """The two leading units: ``12 s``, ``3 m 12 s``, ``2 h 5 m``, ``1 d 4 h``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} m {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60} m"
    return f"{whole // 86_400} d {whole % 86_400 // 3_600} h"


def day(moment: datetime) -> str:
    """The day in UTC: ``28 November 2026``."""
    in_utc = moment.astimezone(UTC)
    return f"{in_utc.day} {_MONTHS[in_utc.month - 1]} {in_utc.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
"""Whatever language the machine speaks."""


def size(count: float) -> str:
    """Bytes in the unit that leaves one to three digits before the point: ``12 B``, ``1.2 MB``."""
    units = ["B", "kB", "MB", "GB", "TB"]
    while count >= 999.95 and len(units) > 1:
        count /= 1_000
        del units[0]
    return f"{count:.0f} B" if units[0] == "B" else f"{count:.1f} {units[0]}"
