"""Whose a layer's parameters are, and how they came to be: one definition for all figures of the mask view.

A parameter's owner is the task that last claimed it, whether it was free or an earlier task held it; what is
free has none. So what a task owns when it ends was taken from what was free, or claimed of what earlier tasks
held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anpyc_server.records.sentences import name_tasks
from anpyc_server.wording import count, whole_percent

DEFINITION = (
    "A weight belongs to the task that last claimed it, whether it was free or held by an earlier task."
)


@dataclass(frozen=True)
class Passage:
    """What became of a layer's parameters from the end of one task to the end of a later one. The five counts
    add up to ``total``."""

    total: int
    taken: int
    """Free before, owned by a task now."""
    claimed: int
    """Held before and now, by another task."""
    stayed: int
    """Held before and now, by the same task."""
    freed: int
    """Held before, free now."""
    free: int
    """Free before and now."""


def passage(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> Passage:
    """From two arrays of owners, −1 for free."""
    was, now, same = before >= 0, after >= 0, before == after
    counts = ((~was & now), (was & now & ~same), (was & now & same), (was & ~now), (~was & ~now))
    return Passage(before.size, *(int(np.count_nonzero(part)) for part in counts))


def in_words(owners: npt.NDArray[Any], task: int, layer: str, before: npt.NDArray[Any] | None) -> str:
    """What the task that has just ended owns and how it came by it, who owns most, and what is nobody's."""
    counts = {int(owner): int(n) for owner, n in zip(*np.unique(owners, return_counts=True), strict=True)}
    nobody, size = counts.pop(-1, 0), owners.size
    if not counts:
        return f"After task {task}, no task owns anything of {layer}."
    own = counts.get(task, 0)
    sentence = f"Task {task} owns nothing of {layer}"
    if own:
        sentence = f"Task {task} owns {whole_percent(own / size)} of {layer} ({count(own, 'weight')})"
        sentence += _came_by(before, owners, task) if before is not None else ""
    most = max(counts.values())
    leaders = [owner for owner, number in counts.items() if number == most]
    if task not in leaders:
        each = " each" if len(leaders) > 1 else ""
        verb = "own" if len(leaders) > 1 else "owns"
        sentence += f"; {name_tasks(leaders).lower()} {verb} most, {whole_percent(most / size)}{each}"
    return f"{sentence}; {count(nobody, 'weight')} {'belongs' if nobody == 1 else 'belong'} to no task."


def _came_by(before: npt.NDArray[Any], owners: npt.NDArray[Any], task: int) -> str:
    own = owners == task
    taken, claimed = own & (before < 0), own & (before >= 0)
    sentence = f": {count(int(np.count_nonzero(taken)))} taken from what was free"
    return f"{sentence}, {count(int(np.count_nonzero(claimed)))} claimed that earlier tasks held"
