"""/api/groups"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from anpyc_server.kept import from_the_database, tells_the_time
from anpyc_server.parameters import Cursor, RunsWanted
from anpyc_server.resources.groups import service
from anpyc_server.resources.groups.schemas import GroupBy, GroupPage, GroupSort
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/groups", tags=["groups"])


@router.get("", dependencies=[Depends(from_the_database)])
def list_groups(
    request: Request,
    services: ServicesHere,
    wanted: RunsWanted,
    by: GroupBy = "spec",
    sort: GroupSort = "-created",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
    full: Annotated[bool, Query(description="With the specification of each group's newest run.")] = False,
) -> GroupPage:
    """Runs that differ only in name and seed, or of one sweep, with mean and spread of their metrics."""
    if wanted.tells_the_time:
        tells_the_time(request)
    return service.groups(services, by, wanted, sort, limit, cursor, full)
