"""/api/sweeps"""

from __future__ import annotations

from fastapi import APIRouter

from anpyc_server.errors import documented
from anpyc_server.services import ServicesHere
from anpyc_server.sweeps import service
from anpyc_server.sweeps.schemas import Sweep, SweepRequest

router = APIRouter(prefix="/sweeps", tags=["sweeps"])


@router.post("", status_code=201, responses=documented(400, 413))
def submit_sweep(request: SweepRequest, services: ServicesHere) -> Sweep:
    """Every combination of the grid with every seed as a run: all of them or none."""
    return service.submit(services, request)
