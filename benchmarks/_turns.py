"""Two ways of training that take turns: their time per iteration, and the ratio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from _silent import Silent

from anpyc.recording import EpochResult


class Clock(Silent):
    """The seconds of every epoch, by task."""

    def __init__(self) -> None:
        self.seconds: dict[int, list[float]] = {}

    def epoch(self, result: EpochResult) -> None:
        self.seconds.setdefault(result.task, []).append(result.seconds)


def tell(times: Mapping[str, Sequence[float]], after: Mapping[str, str]) -> None:
    """Print what each turn took and the second way over the first.

    :param times: way → seconds per iteration, one for each turn.
    :param after: way → what else is to be said of it."""
    for way, seconds in times.items():
        each = ", ".join(f"{1000 * t:.1f}" for t in seconds)
        print(f"{way}: {1000 * median(seconds):.1f} ms per iteration ({each}), {after[way]}")
    first, second = times
    print(f"{second} / {first}: {median(times[second]) / median(times[first]):.2f}")
