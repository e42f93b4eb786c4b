"""/api/sweeps"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from anpyc_server.errors import documented, once_more
from anpyc_server.parameters import ProjectName
from anpyc_server.resources.sweeps import service
from anpyc_server.resources.sweeps.schemas import Sweep, SweepRequest
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/sweeps", tags=["sweeps"])


@router.post("", status_code=201, responses=once_more(Sweep) | documented(409, 413))
def submit_sweep(
    request: SweepRequest,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    project: ProjectName = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> Sweep:
    """Every combination of the grid with every seed as a run, in a project or in Unsorted: all or none.

    With an Idempotency-Key that was used before: the sweep of then, and 200.
    """
    sweep, created = service.submit(services, request, project, idempotency_key, by)
    if not created:
        response.status_code = 200
    return sweep
