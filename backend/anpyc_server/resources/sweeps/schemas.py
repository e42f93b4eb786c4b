"""Sweeps on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from anpyc_server.records.run_schemas import RunSummary
from anpyc_server.schemas import Answer, Request
from anpyc_server.spec_body import SpecBody


class SweepRequest(Request):
    """A specification, what to vary in it, and seeds: every combination becomes a run."""

    spec: SpecBody
    grid: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1, max_length=200)]], Field(max_length=10)
    ] = Field(default_factory=dict)
    """Values by dotted field, such as ``{"strategy.lam": [1, 3]}``."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=2**32 - 1)]], Field(max_length=200)] = Field(
        default_factory=list
    )
    """Empty: the specification's own."""
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=150)] = ""
    """Goes in front of every run's name."""


class Sweep(Answer):
    """The runs of a sweep."""

    group_id: str
    items: list[RunSummary]
