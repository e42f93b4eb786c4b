"""/api/compare"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import KeyOfRuns
from anpyc_server.resources.compare import service
from anpyc_server.resources.compare.schemas import Comparison
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/compare", tags=["compare"])

Keys = Annotated[list[KeyOfRuns], Query(min_length=1, max_length=50)]


@router.get("", responses=documented(404), dependencies=[Depends(from_the_database)])
def compare_runs(
    services: ServicesHere,
    run: Annotated[Keys, Query(description="Ids of runs, and keys of groups such as spec:… and sweep:…")],
    baseline: Annotated[str | None, Query(max_length=80, description="One of them.")] = None,
) -> Comparison:
    """Differing settings and metrics side by side; a group gives mean and spread."""
    return service.comparison(services, run, baseline)
