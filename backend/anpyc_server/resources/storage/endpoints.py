"""/api/storage"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from anpyc_server.kept import from_the_database, tells_the_time
from anpyc_server.resources.storage import service
from anpyc_server.resources.storage.schemas import Storage
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/storage", tags=["storage"])


@router.get("", dependencies=[Depends(from_the_database)])
def get_storage(request: Request, services: ServicesHere) -> Storage:
    """What files and rows of all runs take, the runs that take most, and how much room is left."""
    tells_the_time(request)  # the disk changes without a commit
    return service.storage(services)
