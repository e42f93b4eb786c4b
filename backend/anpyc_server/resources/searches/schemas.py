"""Searches on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from anpyc.spec.part import Line
from anpyc_server.records.run_schemas import Tag
from anpyc_server.schemas import Answer, Moment, Request
from anpyc_server.spec_body import SpecBody

Number = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
SearchStatus = Literal["open", "done", "cancelled", "failed"]
TrialStatus = Literal["running", "complete", "pruned", "failed"]


class Dimension(Request):
    """What values a setting may take: a range, or choices."""

    low: Number | None = None
    high: Number | None = None
    log: bool = False
    """Equally many draws between 1 and 10 as between 10 and 100."""
    whole: bool = False
    """Whole numbers alone."""
    choices: Annotated[list[Any], Field(min_length=2, max_length=100)] | None = None
    """Numbers, texts, true or false."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Dimension:
        if (self.choices is None) == (self.low is None and self.high is None):
            raise PydanticCustomError("dimension", "Give either low and high, or choices")
        if self.choices is not None:
            _require_scalars(self.choices)
        else:
            if self.low is None or self.high is None or not self.low < self.high:
                raise PydanticCustomError("dimension", "Give a low that is below high")
            if self.log and self.low <= 0:
                raise PydanticCustomError("dimension", "On a log scale, low has to be above 0")
            if self.whole and not (self.low.is_integer() and self.high.is_integer()):
                raise PydanticCustomError("dimension", "Of whole numbers, low and high are whole, too")
        return self


def _require_scalars(choices: list[Any]) -> None:
    if not all(isinstance(choice, (bool, int, float, str)) for choice in choices):
        raise PydanticCustomError("dimension", "Choices are numbers, texts, true or false")
    if len({repr(choice) for choice in choices}) < len(choices):
        raise PydanticCustomError("dimension", "A choice stands here twice")


class SearchRequest(Request):
    """What is searched, where, how and for how long."""

    spec: SpecBody
    """What all trials share."""
    space: Annotated[
        dict[Annotated[str, Field(max_length=120)], Dimension], Field(min_length=1, max_length=20)
    ]
    """By dotted field: ``{"strategy.lam": {"low": 0.1, "high": 1000, "log": true}}``."""
    sampler: Literal["bayesian", "random"] = "bayesian"
    """Bayesian: where earlier trials were good (a tree of Parzen estimators)."""
    trials: Annotated[int, Field(ge=1, le=1_000)] = 20
    parallel: Annotated[int, Field(ge=1, le=100)] = 1
    """Trials that wait or train at once. More take less time and learn less from each other."""
    prune_after: Annotated[int, Field(ge=1, le=1_000)] | None = 5
    """Once so many trials are complete, one below their median after a task is stopped; null: none is."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Start of every draw of settings. With one trial at a time the same search draws the same."""
    name: Annotated[Line, StringConstraints(strip_whitespace=True, max_length=120)] = "Search"
    tags: Annotated[list[Tag], Field(max_length=50)] = Field(default_factory=list)


class TrialAnswer(Answer):
    """One choice of settings."""

    number: int
    """Counted from 0."""
    run_id: str | None
    """Null where the settings did not go together, or the run was deleted."""
    parameters: dict[str, Any]
    status: TrialStatus
    """running: it waits or trains. failed: its run failed, was cancelled or deleted."""
    value: float | None
    """Average accuracy at the end; of a pruned trial where it was stopped."""
    reports: dict[str, float]
    """Average accuracy over the tasks so far, after each task, by its number counted from 0."""


class SearchSummary(Answer):
    """A search as it stands."""

    id: str
    """Also the sweep of its runs."""
    group: str
    """What to give as ``group`` in lists, comparisons and figures."""
    name: str
    project_id: str
    status: SearchStatus
    error: str | None
    created_at: Moment
    finished_at: Moment | None
    trials: int
    """That there will be."""
    done: int
    """That have ended."""
    evaluated_on: Literal["validation", "test"]
    best: TrialAnswer | None
    sentence: str


class SearchAnswer(SearchSummary):
    """The same with all trials."""

    request: dict[str, Any]
    items: list[TrialAnswer]
    """In the order in which they began."""


class Searches(Answer):
    """The newest hundred."""

    items: list[SearchSummary]
