"""/api/figures"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from anpyc_server.errors import documented
from anpyc_server.figures.drawing import Asked
from anpyc_server.figures.rows import Options
from anpyc_server.parameters import KernelLayout, Order, Range, Round, Size
from anpyc_server.records.arrays import ArrayKind
from anpyc_server.resources.figures import service
from anpyc_server.resources.figures.schemas import FigureAnswer, FigureList
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/figures", tags=["figures"])

Theme = Literal["light", "dark"]


@router.get("")
def list_figures() -> FigureList:
    """All figures there are."""
    return service.listed()


@router.get("/{name}", response_model=FigureAnswer, responses=documented(404))
def get_figure(
    name: Annotated[str, Path(max_length=60)],
    services: ServicesHere,
    run: Annotated[
        list[str], Query(min_length=1, max_length=50, description="Ids of runs; keys of groups to compare.")
    ],
    theme: Theme = "light",
    layer: Annotated[str | None, Query(max_length=120)] = None,
    task: Annotated[int | None, Query(ge=0)] = None,
    before: Annotated[int | None, Query(ge=0, description="An earlier task to compare with.")] = None,
    round: Round = None,
    of: ArrayKind = "mask",
    rows: Range = ":",
    cols: Range = ":",
    size: Size = 256,
    order: Order = "index",
    layout: KernelLayout = "flat",
    points: Annotated[
        int, Query(ge=10, le=20_000, description="About this many points per line at most.")
    ] = 2_000,
    smooth: Annotated[int, Query(ge=0, le=1_000, description="Points to average over; 0 for none.")] = 0,
) -> Response:
    """A figure as Plotly's JSON."""
    options = Options(
        layer=layer,
        task=task,
        before=before,
        round=round,
        of=of,
        rows=rows,
        cols=cols,
        size=size,
        order=order,
        layout=layout,
        smooth=smooth,
        points=points,
    )
    return service.answer(services, name, Asked(tuple(run), theme, options))
