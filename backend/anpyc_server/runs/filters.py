"""Which runs a list or its groups are asked for: the same query parameters for both."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from anpyc_server.runs.listing import RunFilter
from anpyc_server.runs.schemas import Status


def _run_filter(
    status: Annotated[list[Status] | None, Query()] = None,
    strategy: Annotated[list[str] | None, Query()] = None,
    benchmark: Annotated[list[str] | None, Query()] = None,
    dataset: Annotated[list[str] | None, Query()] = None,
    tag: Annotated[list[str] | None, Query()] = None,
    group: Annotated[str | None, Query(max_length=80)] = None,
    archived: bool = False,
    q: Annotated[str, Query(max_length=200)] = "",
) -> RunFilter:
    return RunFilter(
        status=tuple(status or ()),
        strategy=tuple(strategy or ()),
        benchmark=tuple(benchmark or ()),
        dataset=tuple(dataset or ()),
        tags=tuple(tag or ()),
        group=group,
        archived=archived,
        text=q,
    )


RunsAskedFor = Annotated[RunFilter, Depends(_run_filter)]
"""The filter of a request's query."""
