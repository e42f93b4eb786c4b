"""Searches on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from anpyc.spec import RunSpec
from anpyc.spec.part import Line
from anpyc_server.records.run_schemas import Status
from anpyc_server.records.searching import Objective, Pruner, Sampler, TrialStatus
from anpyc_server.schemas import Answer, Moment, Request
from anpyc_server.spec_body import SpecBody

End = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
SearchStatus = Literal["open", "done", "cancelled", "failed"]


class Span(Request):
    """Where the values of a field are taken from: between two ends, or from choices."""

    low: End | None = None
    high: End | None = None
    log: bool = False
    """Evenly in its logarithm."""
    choices: Annotated[list[Any], Field(max_length=50)] = Field(default_factory=list)
    """Words, numbers or flags."""


class SearchRequest(Request):
    """What is searched, where, how and for what."""

    spec: SpecBody = Field(default_factory=RunSpec)
    space: Annotated[dict[Annotated[str, Field(max_length=120)], Span], Field(min_length=1, max_length=20)]
    """By dotted field: ``{"strategy.lam": {"low": 1, "high": 1000, "log": true}}``. A field of whole numbers
    gets whole numbers."""
    trials: Annotated[int, Field(ge=1, le=1_000)] = 30
    at_once: Annotated[int, Field(ge=1, le=100)] = 2
    """Trials that wait or train at the same time."""
    sampler: Sampler = "tpe"
    """``tpe``: Bayesian, by the trials before; ``random``."""
    objective: Objective = "average_accuracy"
    """What is made as large as possible, or of forgetting as small."""
    validation: bool | None = None
    """Measure on validation images; null: where ``spec.dataset.validation`` holds some out."""
    pruner: Pruner = "median"
    """``median``: after each task, stop a trial that does worse than the median of the others then."""
    first: Annotated[int, Field(ge=1, le=1_000)] = 5
    """Trials that are tried at random, and completed, before one is learnt from or pruned."""
    warmup: Annotated[int, Field(ge=0, le=1_000)] = 0
    """Tasks after which none is pruned yet."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Of the sampler."""
    name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=150)] = ""


class TrialAnswer(Answer):
    """One trial."""

    number: int
    """Counted from 0."""
    run_id: str | None
    """Null once its run was removed."""
    run_status: Status | None
    status: TrialStatus
    parameters: dict[str, Any]
    value: float | None
    """Of the objective, once it is complete."""
    reports: dict[str, float]
    """The objective after each task, by its number."""


class SearchAnswer(Answer):
    """A search as it stands."""

    id: str
    name: str
    project_id: str
    group: str
    """The key by which its runs are listed and compared."""
    status: SearchStatus
    error: str | None
    created_at: Moment
    finished_at: Moment | None
    sentence: str
    best: TrialAnswer | None
    measured_on: Literal["test", "validation"]
    importances: dict[str, float]
    """How much each field decides, as shares; empty while too few trials are complete."""
    trials: list[TrialAnswer]
    request: dict[str, Any]


class SearchSummary(Answer):
    """A search in a list."""

    id: str
    name: str
    status: SearchStatus
    created_at: Moment


class Searches(Answer):
    """The newest searches."""

    items: list[SearchSummary]
