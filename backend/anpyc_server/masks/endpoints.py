"""/api/runs/{id}/masks"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from anpyc_server.errors import documented
from anpyc_server.masks import service
from anpyc_server.masks.schemas import (
    ArrayKind,
    Layout,
    MaskDifference,
    MaskIndex,
    MaskWindow,
    RowOrder,
    UnitImages,
)
from anpyc_server.runs.endpoints import RunId
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/runs/{run_id}", tags=["masks"])

Task = Annotated[int, Path(ge=0, le=32_767)]
Layer = Annotated[str, Path(max_length=120)]
Range = Annotated[
    str, Query(pattern=r"^\d{0,9}:\d{0,9}$", description="first:end, counted from 0; empty for all")
]
Size = Annotated[int, Query(ge=1, le=1_024, description="Cells along the longer side at most.")]
Order = Annotated[
    RowOrder, Query(description="Rows as they are, the densest first, or alike ones next to each other.")
]
Laid = Annotated[Layout, Query(description="The kernels of a convolution folded into columns, or as images.")]
Round = Annotated[int | None, Query(ge=0, description="Without it: the task's last.")]


@router.get("/masks", responses=documented(404))
def list_masks(run_id: RunId, services: ServicesHere) -> MaskIndex:
    """Which arrays are stored."""
    return service.index(services, run_id)


@router.get("/masks/{task}/{layer}", responses=documented(404))
def get_mask(
    run_id: RunId,
    task: Task,
    layer: Layer,
    services: ServicesHere,
    rows: Range = ":",
    cols: Range = ":",
    size: Size = 256,
    of: ArrayKind = "mask",
    round: Round = None,
    order: Order = "index",
    layout: Laid = "flat",
) -> MaskWindow:
    """A window of a mask, owner, importance or weight at a resolution."""
    return service.window(
        services,
        run_id,
        task,
        layer,
        rows=rows,
        cols=cols,
        size=size,
        of=of,
        round_=round,
        order=order,
        layout=layout,
    )


@router.get("/masks/{task}/{layer}/difference", responses=documented(404))
def get_mask_difference(
    run_id: RunId,
    task: Task,
    layer: Layer,
    services: ServicesHere,
    before: Annotated[int, Query(ge=0, description="The earlier task.")],
    rows: Range = ":",
    cols: Range = ":",
    size: Size = 256,
    round: Round = None,
    before_round: Round = None,
) -> MaskDifference:
    """What became free, was taken or kept between an earlier task and this one."""
    return service.difference(
        services, run_id, layer, (before, before_round), (task, round), rows=rows, cols=cols, size=size
    )


@router.get("/masks/{task}/{layer}/units", responses=documented(404))
def get_unit_images(
    run_id: RunId,
    task: Task,
    layer: Layer,
    services: ServicesHere,
    of: ArrayKind = "mask",
    first: Annotated[int, Query(ge=0)] = 0,
    count: Annotated[int, Query(ge=1, le=256)] = 64,
    round: Round = None,
) -> UnitImages:
    """Each unit of a first layer on images, as an image in the original pixel order."""
    return service.unit_images(services, run_id, task, layer, of=of, first=first, count=count, round_=round)
