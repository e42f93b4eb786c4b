"""A comparison on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from anpyc_server.records.run_schemas import RunSummary
from anpyc_server.records.spreads import Spread
from anpyc_server.records.statistics import Test
from anpyc_server.records.verdicts import Outcome
from anpyc_server.schemas import Answer, Request


class Compared(Answer):
    """One column: a run, or a group of runs."""

    key: str
    """A run's id or a group's key, as it was asked for."""
    title: str
    """The name that somebody gave it, or what it differs in from the others: "λ 100 · pruned 70 %"."""
    note: str
    """Tells columns of the same title apart: "seed 3"."""
    full: str
    """Name and, where its runs share them, all settings: a line for each part."""
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


class Method(Answer):
    """Runs of the same settings, whichever columns they stand in."""

    key: str
    """Of the group of all runs of these settings: ``spec:HASH``."""
    title: str
    note: str
    """Tells methods of the same title apart: "λ 3"."""
    columns: list[int]
    """Where its runs stand."""
    seeds: list[int]
    """Of its finished runs. No other counts."""
    on_their_way: list[int]
    """Seeds of its runs that wait or train."""
    spread_contains: list[str]
    """What a spread over these seeds contains, such as "initial weights"; empty where there is none."""


class SeedMean(Answer):
    """A metric of a method over its seeds."""

    mean: float
    std: float | None
    """Sample standard deviation; null for one seed."""
    low: float | None
    """Of the 95 % interval of the mean, by Student's t; null for one seed."""
    high: float | None
    n: int


class WantedSeeds(Answer):
    """What one method lacks."""

    method: int
    run_id: str
    """A run of these settings."""
    seeds: list[int]
    join_sweep: bool
    """Whether they join that run's sweep, where the comparison shows it."""


class MethodVerdict(Answer):
    """A method against the reference, by one metric."""

    outcome: Outcome
    """``ahead`` and ``behind`` only where the difference holds: p below 0.05 after Holm's correction."""
    difference: float
    """Mean of the method minus that of the reference; of pairs over the shared seeds."""
    low: float | None
    """Of the 95 % interval of the difference, not corrected for several comparisons."""
    high: float | None
    test: Test
    n: int
    """Shared seeds; where the test is ``welch``, the method's."""
    n_reference: int
    """Shared seeds; where the test is ``welch``, the reference's."""
    p: float | None
    """Two-sided; null where nothing was tested."""
    p_holm: float | None
    """After Holm's correction for the comparisons of this metric."""
    effect: float | None
    """Cohen's d with Hedges' correction; of pairs the standard deviation of the differences is its unit."""
    more: int | None
    """So many more shared seeds would about tell them apart; null where they are told apart, or seeds change
    nothing. 50 stands for more than that."""
    more_is_estimate: bool
    """False where there are too few seeds to estimate, and ``more`` is a beginning."""
    more_is_beyond: bool
    """More than 50 would be needed."""
    wanted: list[WantedSeeds]
    """What ``POST /api/compare/seeds`` takes to queue them: what each method lacks of the seeds of both."""
    sentence: str


class MetricStatistics(Answer):
    """A metric over the methods."""

    name: str
    title: str
    unit: str
    higher_is_better: bool
    values: list[SeedMean | None]
    best: int | None
    """The method with the best mean, where there are two to choose from."""
    best_holds: bool
    """Whether it is told apart from the next best."""
    reference: int | None
    """What the others are held against: the baseline, else the best."""
    verdicts: list[MethodVerdict | None]
    """Null for the reference, and where one of the two has no value."""


class Statistics(Answer):
    """What the seeds say: finished runs alone, by method."""

    methods: list[Method]
    """At most 50."""
    metrics: list[MetricStatistics]
    spread: str
    """What a spread over these seeds contains; empty where nobody has two."""
    left_out: str
    """Which runs do not count, since they have not ended or failed; empty where all do."""


class MoreSeeds(Request):
    """The seeds that a method is to have."""

    run_id: Annotated[str, Field(max_length=64)]
    """A run of its settings."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=2**32 - 1)]], Field(min_length=1, max_length=200)]
    join_sweep: bool = False
    """Whether they join the sweep of that run."""


class SeedsRequest(Request):
    """The seeds that methods are to have; a seed that is there is not queued again."""

    wanted: Annotated[list[MoreSeeds], Field(min_length=1, max_length=50)]


class QueuedSeeds(Answer):
    """What was queued."""

    items: list[RunSummary]
    """The new runs."""
    there: int
    """Runs that were finished, trained or waited already, and were not queued again."""
    sentence: str


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
    statistics: Statistics
    """What the seeds say, by method: means with intervals, and who is ahead of whom."""
