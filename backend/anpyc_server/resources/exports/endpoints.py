"""/api/runs/{id}/export"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from anpyc_server.errors import documented
from anpyc_server.parameters import RunId
from anpyc_server.resources.exports import service
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/runs/{run_id}", tags=["export"])

Format = Literal["csv", "json", "parquet", "html"]
Table = Literal["evaluations", "epochs", "layers", "tasks", "metrics", "system"]


@router.get("/export", response_class=Response, responses=documented(404))
def export_run(
    run_id: RunId,
    services: ServicesHere,
    format: Format = "json",
    table: Annotated[Table, Query(description="For csv and parquet: which rows.")] = "evaluations",
) -> Response:
    """The run as a file to download."""
    return service.export(services, run_id, format, table)
