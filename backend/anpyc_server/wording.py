"""How numbers and durations are written, the same in every sentence and figure."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc.wording import MINUS, duration, lost_points, percent, points, signed_points

__all__ = [
    "MINUS",
    "after_tasks",
    "capital",
    "count",
    "duration",
    "listed",
    "lost_points",
    "percent",
    "points",
    "signed_points",
    "whole_percent",
]


def whole_percent(share: float) -> str:
    """A share without decimals; what is not quite nothing or everything says so: ``26 %``, ``under 1 %``."""
    if 0 < share <= 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share * 100:.0f} %"


def capital(words: str) -> str:
    """With a capital letter, as a sentence begins."""
    return f"{words[:1].upper()}{words[1:]}"


def count(number: int, noun: str = "", plural: str | None = None) -> str:
    """A count with separators and its noun: ``401,408 weights``, ``1 run``."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def after_tasks(done: int, tasks: int) -> str:
    """``After 6 of 10 tasks``, ``After all 10 tasks``."""
    if done >= tasks:
        return "After the only task" if tasks == 1 else f"After all {tasks} tasks"
    return f"After {done} of {count(tasks, 'task')}"
