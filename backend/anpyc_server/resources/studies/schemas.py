"""Studies on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from anpyc.spec import RunSpec
from anpyc.spec.part import Line
from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer, Moment, Request, Share
from anpyc_server.spec_body import SpecBody

Part = Annotated[dict[str, Any], Field(max_length=60)]


class Method(Request):
    """What one method changes of what all share. In ``strategy`` and ``training`` a list of values stands for
    one setting each."""

    strategy: Part
    training: Part | None = None
    model: Part | None = None
    benchmark: Part | None = None
    dataset: Part | None = None
    name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    """What its runs are called; empty: after strategy and benchmark."""


class BenchmarkOfStudy(Request):
    """One of several benchmarks, with what goes with it."""

    benchmark: Part
    dataset: Part | None = None
    model: Part | None = None
    training: Part | None = None


class StudyRequest(Request):
    """What all runs share, the methods, and what else is varied: every combination is a run."""

    spec: SpecBody = Field(default_factory=RunSpec)
    """Its strategy, seed and name do not count."""
    methods: Annotated[list[Method], Field(min_length=1, max_length=50)]
    benchmarks: Annotated[list[BenchmarkOfStudy], Field(max_length=20)] = Field(default_factory=list)
    """Empty: that of ``spec``."""
    grid: Annotated[
        dict[
            Annotated[str, Field(max_length=120)], Annotated[list[Any], Field(min_length=1, max_length=200)]
        ],
        Field(max_length=10),
    ] = Field(default_factory=dict)
    """Values by dotted field, common to all methods: ``{"training.lr": [0.1, 0.01]}``."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=2**32 - 1)]], Field(min_length=1, max_length=200)] = (
        Field(default_factory=lambda: [0])
    )
    name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=150)] = ""
    reuse: bool = True
    """Runs of the same setting and seed that are there already, finished or on their way, become part of the
    study and are not trained again."""


class StudyPreset(Answer):
    """A study that ships with the package."""

    name: str
    title: str
    note: str
    request: dict[str, Any]


class StudyPresets(Answer):
    """All of them."""

    items: list[StudyPreset]


class Cell(Answer):
    """A run of the matrix."""

    seed: int
    run_id: str | None
    """Null: it is to be queued."""
    status: Status | None
    reused: bool
    """It was there before the study."""
    progress: Share | None = None
    average_accuracy: float | None = None


class Row(Answer):
    """One setting of one method on one benchmark."""

    method: int
    """Counted from 0, in the order of the request."""
    benchmark: int
    title: str
    """The method."""
    on: str
    """The benchmark and its data."""
    varied: list[str]
    """What tells it from other settings of the method: ``lam=3``."""
    seconds: float | None
    """Of one run; null where it is not known."""
    judged_by: str
    """The ended run that the seconds are judged by; empty: a rule of thumb."""
    bytes: int
    """That one run stores."""
    memory: int
    """That training one takes."""
    cells: list[Cell]


class StudyPreview(Answer):
    """What a study asks for. Nothing is queued."""

    runs: int
    new: int
    """To be trained."""
    reused: int
    seconds: float | None
    """Of training, one new run after the other; null where not all are known."""
    timing: Literal["measured", "estimated", "unknown"]
    """By ended runs of the same shape, for some by a rule of thumb, or not for all."""
    slots: int
    """Runs that the workers online train at once."""
    bytes: int
    """That the new runs store."""
    memory: int
    """Of the largest run."""
    rows: list[Row]
    refusals: list[str]
    """Why it would be refused as it is; empty where it can be sent."""
    warnings: list[str]
    sentence: str


class Study(Answer):
    """A study as it stands."""

    id: str
    name: str
    project_id: str
    group: str
    """The key by which its runs are listed and exported."""
    settings: list[str]
    """The keys by which its settings are compared and tabled, each over its seeds."""
    created_at: Moment
    runs: int
    reused: int
    statuses: dict[Status, int]
    sentence: str
    rows: list[Row]
    request: dict[str, Any]
    """As it was sent."""


class StudySummary(Answer):
    """A study in a list."""

    id: str
    name: str
    project_id: str
    group: str
    created_at: Moment
    runs: int


class Studies(Answer):
    """The newest studies."""

    items: list[StudySummary]
