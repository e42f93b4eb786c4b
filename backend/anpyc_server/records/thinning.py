"""Leaving points out of long curves, so that what is kept does not change from one look to the next.

The axis is cut into buckets of a power of two of steps, at fixed places; of each bucket the lowest and the
highest point stay. As the curve grows, buckets are only ever joined in pairs: a point that was left out never
comes back, and no extreme is ever lost. The first and the last point and marked ones always stay.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Steps = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


def bucket_width(last_step: int, points: int) -> int:
    """The smallest power of two at which two points per bucket make about ``points`` at most."""
    width = 1
    while 2 * (last_step // width + 1) > points:
        width *= 2
    return width


def kept(steps: Steps, values: Values, points: int, always: Chosen | None = None) -> Chosen:
    """Which points of one curve stay. ``steps`` ascend; what is not a finite number stays like an extreme."""
    if len(steps) <= points:
        return np.ones(len(steps), dtype=bool)
    chosen = np.zeros(len(steps), dtype=bool) if always is None else always.copy()
    chosen[[0, -1]] = True
    chosen |= ~np.isfinite(values)
    bucket = steps // bucket_width(int(steps[-1]), points)
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    finite = np.isfinite(values)
    for signed in (values, -values):
        # The first of the lowest in each bucket; upside down the highest.
        low = np.where(finite, signed, np.inf)
        lowest = np.repeat(np.minimum.reduceat(low, starts), np.diff(starts, append=len(steps)))
        reached = np.flatnonzero(low == lowest)
        chosen[reached[np.flatnonzero(np.diff(bucket[reached], prepend=-1))]] = True
    return chosen


def task_starts(tasks: Steps, rounds: Steps) -> Chosen:
    """The first point of every task and round."""
    changes = (np.diff(tasks, prepend=-1) != 0) | (np.diff(rounds, prepend=-1) != 0)
    return np.asarray(changes, dtype=bool)
