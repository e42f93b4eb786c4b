"""/api/runs/{id}/masks"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from anpyc_server.errors import documented
from anpyc_server.parameters import KernelLayout, Order, Place, Range, Round, RunId, Size, TaskNumber
from anpyc_server.records.arrays import ArrayKind
from anpyc_server.resources.masks import service
from anpyc_server.resources.masks.schemas import (
    MaskDifference,
    MaskIndex,
    MasksBeside,
    MaskWindow,
    UnitImages,
)
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/runs/{run_id}", tags=["masks"])

Task = Annotated[TaskNumber, Path()]
Layer = Annotated[str, Path(max_length=120)]


@router.get("/masks", responses=documented(404))
def list_masks(run_id: RunId, services: ServicesHere) -> MaskIndex:
    """Which arrays are stored."""
    return service.index(services, run_id)


@router.get("/masks/beside", responses=documented(404, 409))
def get_masks_beside(
    run_id: RunId,
    services: ServicesHere,
    run: Annotated[str, Query(max_length=64, description="Another run of the same network.")],
    task: Annotated[
        TaskNumber | None, Query(description="Without it: the last that both have pruned.")
    ] = None,
) -> MasksBeside:
    """The masks of two runs after a task, layer by layer in numbers."""
    return service.beside(services, run_id, run, task)


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
    layout: KernelLayout = "flat",
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
        kind=of,
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
    before: Annotated[TaskNumber, Query(description="The earlier task.")],
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
    first: Place = 0,
    count: Annotated[int, Query(ge=1, le=256)] = 64,
    round: Round = None,
) -> UnitImages:
    """Each unit of a first layer on images, as an image in the original pixel order."""
    return service.unit_images(services, run_id, task, layer, kind=of, first=first, count=count, round_=round)
