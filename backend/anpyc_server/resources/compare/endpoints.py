"""/api/compare"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from anpyc.measures import MEASURES
from anpyc_server.errors import Responses, documented
from anpyc_server.figures.columns import MOST_COMPARED
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import KeyOfRuns
from anpyc_server.resources.compare import seeds, service, table
from anpyc_server.resources.compare.schemas import Comparison, QueuedSeeds, SeedsRequest
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/compare", tags=["compare"])

Keys = Annotated[
    list[KeyOfRuns],
    Query(
        min_length=1,
        max_length=MOST_COMPARED,
        description="Ids of runs, and keys of groups such as spec:… and sweep:…",
    ),
]
Baseline = Annotated[
    str | None,
    Query(max_length=80, description="One of them, or the key of a method; the others are held against it."),
]

Colors = Annotated[
    str,
    Query(
        max_length=8_000,
        pattern=r"^[0-9A-Za-z.,]*$",
        description="Colours given to methods: `method.slot` of columns, with commas between.",
    ),
]

A_TABLE: Responses = {200: {"description": "The table, as a file", "content": table.CONTENT}}
NOTHING_NEW: Responses = {200: {"description": "All are there already", "model": QueuedSeeds}}


@router.get("", responses=documented(404), dependencies=[Depends(from_the_database)])
def compare_runs(
    services: ServicesHere,
    run: Keys,
    baseline: Baseline = None,
    colors: Colors = "",
) -> Comparison:
    """Differing settings and metrics side by side; a group gives mean and spread.

    `statistics` says by method what its seeds say: means with intervals, and who is ahead of whom.
    """
    return service.comparison(services, run, baseline, colors)


@router.post("/seeds", status_code=201, responses=NOTHING_NEW | documented(404, 409, 413))
def queue_seeds(request: SeedsRequest, services: ServicesHere, response: Response, by: ByHere) -> QueuedSeeds:
    """Queue copies of runs with other seeds: all or none.

    What is finished or on its way is not queued again, so that asking twice makes nothing twice; with 200
    where nothing is new.
    """
    queued = seeds.queue_seeds(services, request, by)
    if not queued.items:
        response.status_code = 200
    return queued


@router.get(
    "/table",
    response_class=Response,
    responses=A_TABLE | documented(404),
    dependencies=[Depends(from_the_database)],
)
def table_of_methods(
    services: ServicesHere,
    run: Keys,
    baseline: Baseline = None,
    format: table.Format = "markdown",
    metric: Annotated[
        list[Annotated[str, Field(max_length=40)]] | None,
        Query(
            max_length=20, description=f"In this order; without it all that are known: {', '.join(MEASURES)}."
        ),
    ] = None,
    methods: Annotated[table.Direction, Query(description="Whether they are rows or columns.")] = "rows",
    spread: Annotated[table.SpreadShown, Query(description="What stands behind ±.")] = "std",
    n: Annotated[bool, Query(description="How many seeds each number is over.")] = True,
    arrows: Annotated[bool, Query(description="Which way is better.")] = True,
    bold: Annotated[
        bool, Query(description="Put the best in bold, where it is told apart from the next best.")
    ] = True,
    tasks: Annotated[bool, Query(description="The accuracy on each task at the end as well.")] = False,
    settings: Annotated[bool, Query(description="The settings that differ as well.")] = False,
    decimals: Annotated[int, Query(ge=0, le=4)] = 1,
    caption: Annotated[str, Query(max_length=500, description="Without it one is made.")] = "",
    label: Annotated[
        str,
        Query(max_length=60, pattern=r"^[A-Za-z0-9:._-]*$", description="Of LaTeX; without it one is made."),
    ] = "",
) -> Response:
    """The methods of a comparison as a table for a paper, with what the spread contains below it.

    As CSV, numbers stand in columns of their own, as shares: mean, std, low, high, n.
    """
    wanted = table.Wanted(
        format=format, metrics=tuple(metric or ()), methods=methods, spread=spread, n=n, arrows=arrows,
        bold=bold, tasks=tasks, settings=settings, decimals=decimals, caption=caption, label=label,
    )  # fmt: skip
    return table.response(services, run, baseline, wanted)
