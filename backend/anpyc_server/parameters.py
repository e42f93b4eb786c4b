"""Parameters that several resources take, described once."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from anpyc_server.records.arrays import Layout, RowOrder
from anpyc_server.records.finding.conditions import read_filter
from anpyc_server.records.finding.language import LONGEST
from anpyc_server.records.listing import RunFilter
from anpyc_server.records.projects import project_at
from anpyc_server.records.run_schemas import Status
from anpyc_server.services import ServicesHere

RunId = Annotated[str, Path(description="The run's id.", max_length=64)]
ParentId = Annotated[
    str | None,
    Query(
        max_length=64,
        description="The run that it is made from. Without a name it is called after that and what changed.",
    ),
]
MOST_TASKS = 32_767
"""Number of a task or a pruning round that a column can hold."""
MOST_ROWS = 2**31 - 1
"""Number of an event, a line, a unit or a version that a column can hold."""
Range = Annotated[
    str, Field(pattern=r"^[0-9]{0,9}:[0-9]{0,9}$", description="first:end, counted from 0; empty for all")
]
Size = Annotated[int, Field(ge=1, le=1_024, description="Cells along the longer side at most.")]
Order = Annotated[
    RowOrder, Field(description="Rows as they are, the densest first, or alike ones next to each other.")
]
KernelLayout = Annotated[
    Layout, Field(description="The kernels of a convolution folded into columns, or as images.")
]
TaskNumber = Annotated[int, Field(ge=0, le=MOST_TASKS)]
Round = Annotated[int | None, Field(ge=0, le=MOST_TASKS, description="Without it: the task's last.")]
Place = Annotated[int, Field(ge=0, le=MOST_ROWS)]
"""Counted from 0: of an event, a line, a unit."""
Cursor = Annotated[
    str | None, Query(max_length=1_000, description="`next_cursor` of the page before, with the same `sort`.")
]
KeyOfRuns = Annotated[str, Field(max_length=80)]
"""A run's id or a group's key."""
ProjectName = Annotated[
    str | None, Query(max_length=100, min_length=1, description="A project, by its id or its name.")
]
_Kinds = Annotated[list[Annotated[str, Field(max_length=40)]] | None, Query(max_length=50)]


def _run_filter(
    services: ServicesHere,
    status: Annotated[list[Status] | None, Query(max_length=50)] = None,
    strategy: _Kinds = None,
    benchmark: _Kinds = None,
    dataset: _Kinds = None,
    tag: Annotated[list[Annotated[str, Field(max_length=60)]] | None, Query(max_length=20)] = None,
    group: Annotated[str | None, Query(max_length=80)] = None,
    project: ProjectName = None,
    archived: bool = False,
    q: Annotated[str, Query(max_length=200)] = "",
    filter: Annotated[
        str,
        Query(
            max_length=LONGEST,
            description="In the filter language: `strategy = anpyc and lam > 3 and created > -7d`.",
        ),
    ] = "",
) -> RunFilter:
    return RunFilter(
        status=tuple(status or ()),
        strategy=tuple(strategy or ()),
        benchmark=tuple(benchmark or ()),
        dataset=tuple(dataset or ()),
        tags=tuple(tag or ()),
        group=group,
        project=project_at(services.database, project),
        archived=archived,
        text=q,
        filter=read_filter(filter),
    )


ColumnNames = Annotated[
    list[Annotated[str, Field(max_length=2_000)]] | None,
    Query(max_length=60, description="Fields that each run shows besides, in `values`; several with commas."),
]
SortBy = Annotated[
    str, Query(max_length=120, description="Any field of `/api/runs/fields`, descending with a leading `-`.")
]
RunsWanted = Annotated[RunFilter, Depends(_run_filter)]
"""The filter of a request's query."""
