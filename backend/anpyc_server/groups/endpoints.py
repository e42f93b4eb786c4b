"""/api/groups"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from anpyc_server.errors import documented
from anpyc_server.groups import service
from anpyc_server.groups.schemas import GroupBy, GroupPage
from anpyc_server.runs.listing import RunFilter
from anpyc_server.runs.schemas import Status
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/groups", tags=["groups"])


@router.get("", responses=documented(400))
def list_groups(
    services: ServicesHere,
    by: GroupBy = "spec",
    status: Annotated[list[Status] | None, Query()] = None,
    strategy: Annotated[list[str] | None, Query()] = None,
    benchmark: Annotated[list[str] | None, Query()] = None,
    dataset: Annotated[list[str] | None, Query()] = None,
    tag: Annotated[list[str] | None, Query()] = None,
    group: Annotated[str | None, Query(max_length=80)] = None,
    archived: bool = False,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> GroupPage:
    """Runs that differ only in name and seed, or of one sweep, with mean and spread of their metrics."""
    wanted = RunFilter(
        status=tuple(status or ()),
        strategy=tuple(strategy or ()),
        benchmark=tuple(benchmark or ()),
        dataset=tuple(dataset or ()),
        tags=tuple(tag or ()),
        group=group,
        archived=archived,
        text=q,
    )
    return service.groups(services, by, wanted, limit, cursor)
