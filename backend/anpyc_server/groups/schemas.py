"""Groups of runs on the wire."""

from __future__ import annotations

from typing import Literal

from anpyc_server.schemas import Answer, Moment, StoredSpec

GroupBy = Literal["spec", "sweep"]
GroupSort = Literal[
    "created", "-created", "name", "-name", "count", "-count",
    "average_accuracy", "-average_accuracy", "forgetting", "-forgetting", "capacity_free", "-capacity_free",
]  # fmt: skip
"""A group is as new as its newest run, and has the mean of its ended runs."""


class Spread(Answer):
    """Mean and sample standard deviation over the runs that know the value."""

    mean: float
    std: float | None
    """Null for a single run."""
    n: int
    low: float
    high: float


class RunGroup(Answer):
    """Runs that belong together."""

    key: str
    """What to give as ``group`` in comparisons and figures: ``spec:…`` or ``sweep:…``."""
    title: str
    strategy: str
    benchmark: str
    dataset: str
    count: int
    statuses: dict[str, int]
    seeds: list[int]
    run_ids: list[str]
    metrics: dict[str, Spread]
    """average_accuracy, forgetting, …"""
    spec: StoredSpec
    """Of the newest run."""
    newest: Moment


class GroupPage(Answer):
    """One page of the groups that match."""

    items: list[RunGroup]
    next_cursor: str | None
    total: int
