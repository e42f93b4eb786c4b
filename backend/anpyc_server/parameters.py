"""Parameters that several resources take, described once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from anpyc_server.records.arrays import Layout, RowOrder
from anpyc_server.records.listing import RunFilter
from anpyc_server.records.run_schemas import Status

RunId = Annotated[str, Path(description="The run's id.", max_length=64)]
Range = Annotated[
    str, Field(pattern=r"^\d{0,9}:\d{0,9}$", description="first:end, counted from 0; empty for all")
]
Size = Annotated[int, Field(ge=1, le=1_024, description="Cells along the longer side at most.")]
Order = Annotated[
    RowOrder, Field(description="Rows as they are, the densest first, or alike ones next to each other.")
]
KernelLayout = Annotated[
    Layout, Field(description="The kernels of a convolution folded into columns, or as images.")
]
Round = Annotated[int | None, Field(ge=0, description="Without it: the task's last.")]


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


RunsWanted = Annotated[RunFilter, Depends(_run_filter)]
"""The filter of a request's query."""
