"""/api/runs/{run_id}/family, /siblings"""

from __future__ import annotations

from fastapi import APIRouter, Depends

from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import RunId
from anpyc_server.resources.family import service
from anpyc_server.resources.family.schemas import Family, Siblings
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/runs/{run_id}", tags=["runs"])


@router.get("/family", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_family(run_id: RunId, services: ServicesHere) -> Family:
    """The run, what it was made from, and all copies, retries and forks of that."""
    return service.family(services, run_id)


@router.get("/siblings", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_siblings(run_id: RunId, services: ServicesHere) -> Siblings:
    """The runs of the sweep that the run belongs to, by what tells them apart."""
    return service.siblings(services, run_id)
