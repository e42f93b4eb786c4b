"""/api/runs/{id}/accuracy, metrics, layers, log, artifacts"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from anpyc_queue.system import MOST_ROWS
from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import Place, RunId
from anpyc_server.resources.recorded import service
from anpyc_server.resources.recorded.schemas import (
    Accuracy,
    Artifacts,
    LayerStatistics,
    Level,
    LogPage,
    Metrics,
    System,
)
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/runs/{run_id}", tags=["recorded"])

Points = Annotated[int, Query(ge=10, le=20_000, description="About this many points per curve at most.")]


@router.get("/accuracy", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_accuracy(run_id: RunId, services: ServicesHere, points: Points = 2_000) -> Accuracy:
    """The accuracy matrix and the curve over training."""
    return service.accuracy(services, run_id, points)


@router.get("/metrics", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_metrics(run_id: RunId, services: ServicesHere, points: Points = 2_000) -> Metrics:
    """The run's metrics and its epochs."""
    return service.metrics(services, run_id, points)


@router.get("/layers", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_layers(run_id: RunId, services: ServicesHere) -> list[LayerStatistics]:
    """Statistics of every tensor after every round of every task."""
    return service.layers(services, run_id)


@router.get("/system", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_system(
    run_id: RunId,
    services: ServicesHere,
    points: Annotated[int, Query(ge=10, le=MOST_ROWS, description="So many stretches at most.")] = MOST_ROWS,
) -> System:
    """Processor, memory, disk and card of the run's process over time."""
    return service.system(services, run_id, points)


@router.get("/log", responses=documented(404))
def get_log(
    run_id: RunId,
    services: ServicesHere,
    after: Annotated[Place, Query(description="Only lines past this one.")] = 0,
    level: Annotated[Level | None, Query(description="This level and worse.")] = None,
    q: Annotated[str, Query(max_length=200, description="Only lines with this text.")] = "",
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
    tail: Annotated[bool, Query(description="The last lines instead of the first.")] = False,
) -> LogPage:
    """Log lines in order."""
    return service.log(services, run_id, after=after, level=level, text=q, limit=limit, tail=tail)


@router.get("/artifacts", responses=documented(404))
def get_artifacts(run_id: RunId, services: ServicesHere) -> Artifacts:
    """Files that the run left."""
    return service.artifacts(services, run_id)


@router.get("/artifacts/{artifact_id}", response_class=Response, responses=documented(404))
def download_artifact(
    run_id: RunId,
    artifact_id: Annotated[str, Path(max_length=26)],
    services: ServicesHere,
    part: Annotated[
        Literal["state", "tensors"], Query(description="Of a checkpoint, which is two files: which of them.")
    ] = "state",
) -> Response:
    """One file of the run, as it was written."""
    return service.download(services, run_id, artifact_id, part)
