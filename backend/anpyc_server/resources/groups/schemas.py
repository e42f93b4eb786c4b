"""Groups of runs on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from anpyc_server.records.spreads import Spread
from anpyc_server.schemas import Answer, Moment, StoredSpec

GroupBy = Literal["spec", "sweep"]
GroupSort = Annotated[
    str,
    Query(
        max_length=120,
        description="`created`, `name`, `count`, or any field of `/api/runs/fields`; descending with a "
        "leading `-`.",
    ),
]
"""A group is as new as its newest run. By a metric it stands where the highest of its settings' means is when
the highest come first, and where the lowest is when those do; by any other field, where the largest, or the
smallest, of its runs is. What is unknown comes last."""


class Varied(Answer):
    """A setting in which the runs of a group differ."""

    field: str
    title: str
    values: list[str | int | float | bool | None]


class RunGroup(Answer):
    """Runs that belong together."""

    key: str
    """What to give as ``group`` in comparisons and figures: ``spec:…`` or ``sweep:…``."""
    title: str
    """Of a sweep, what its runs differ in: "λ 1, 3, 10 · seeds 0–2"."""
    name: str
    """What the names of its runs begin with; empty where they share no beginning."""
    strategy: str
    """Of a sweep over several, all of them: "anpyc, ewc"."""
    benchmark: str
    dataset: str
    count: int
    """Runs, finished or not."""
    statuses: dict[str, int]
    seeds: list[int]
    settings: int
    """How many specifications there are, name and seed apart."""
    varies: list[Varied]
    """What they differ in besides the seed."""
    repeated: int
    """Finished runs that differ from another in nothing and do not count again."""
    disagreement: float
    """The most that a metric differs between such repeats; 0 where they agree."""
    spread_over: Literal["seeds", "settings"]
    """What the runs behind each metric differ in: only over seeds is there a standard deviation."""
    spread_contains: list[str]
    """What a spread over these seeds contains, such as "initial weights"; empty where there is none."""
    sentence: str
    """All that in words."""
    run_ids: list[str]
    metrics: dict[str, Spread]
    """average_accuracy, forgetting, …"""
    spec: StoredSpec | None
    """Of the newest run, where it is asked for with ``full``."""
    newest: Moment


class GroupPage(Answer):
    """One page of the groups that match."""

    items: list[RunGroup]
    next_cursor: str | None
    total: int
