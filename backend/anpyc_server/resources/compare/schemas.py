"""A comparison on the wire."""

from __future__ import annotations

from typing import Literal

from anpyc_server.records.spreads import Spread
from anpyc_server.schemas import Answer


class Compared(Answer):
    """One column: a run, or a group of runs."""

    key: str
    """A run's id or a group's key, as it was asked for."""
    title: str
    note: str
    """Tells columns of the same title apart: "seed 3"."""
    run_ids: list[str]
    """The runs that count: of a group, the succeeded ones once there are any, of repeats the newest."""
    left_out: int
    """Runs of the group that failed, were cancelled or still train."""
    repeated: int
    """Runs of the group that differ from another in nothing and do not count again."""
    disagreement: float
    """The most that a metric differs between such repeats; 0 where they agree."""
    seeds: list[int]
    settings: int
    """How many specifications there are, name and seed apart."""
    spread_over: Literal["seeds", "settings"]
    """What the runs differ in: only over seeds is there a standard deviation."""
    spread_contains: list[str]
    """What a spread over these seeds contains, such as "initial weights"; empty where there is none."""
    is_group: bool
    status: str
    color: str
    """Belongs to it on every page and in every figure of the light theme."""
    color_dark: str
    """The same on dark ground."""
    dash: str


class SettingRow(Answer):
    """A setting in which the columns differ. Null where a column has no such setting."""

    field: str
    title: str
    unit: str
    values: list[str | int | float | bool | None]


class MetricRow(Answer):
    """A metric over the columns."""

    name: str
    title: str
    unit: str
    """``%``, or ``points`` for a loss or a change. A loss is positive when something was lost."""
    higher_is_better: bool
    values: list[Spread | None]
    best: list[int]
    """Columns that share the best mean; beside finished ones, those that did not finish are not ranked."""
    differences: list[float | None]
    """Against the baseline column, when one was asked for."""


class TaskRow(Answer):
    """Final accuracy on one task over the columns."""

    task: int
    values: list[Spread | None]
    best: list[int]
    """Columns that share the best mean."""


class Comparison(Answer):
    """Runs and groups side by side."""

    columns: list[Compared]
    settings: list[SettingRow]
    metrics: list[MetricRow]
    tasks: list[TaskRow]
    baseline: int | None
    sentence: str
    spread: str
    """What ± and ranges are over and contain, and which runs are not counted again; empty of single runs."""
    same: dict[str, str | int | float | bool | None]
    """Settings that all columns share."""
    missing: list[str]
    """Keys that were asked for and of which nothing is left."""
