"""/api/searches"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from anpyc_server.errors import documented, once_more
from anpyc_server.parameters import ProjectName
from anpyc_server.resources.searches import service
from anpyc_server.resources.searches.schemas import SearchAnswer, Searches, SearchRequest
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/searches", tags=["searches"])

SearchId = Annotated[str, Path(description="The search's id.", max_length=64)]


@router.get("")
def list_searches(services: ServicesHere) -> Searches:
    """The newest hundred searches."""
    return service.list_searches(services)


@router.post("", status_code=201, responses=once_more(SearchAnswer) | documented(409, 413))
def begin_search(
    request: SearchRequest,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    project: ProjectName = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> SearchAnswer:
    """Look for the settings with the highest average accuracy; each trial is a run in the search's group.

    With an Idempotency-Key that was used before: the search of then, and 200.
    """
    search, created = service.begin(services, request, project, idempotency_key, by)
    if not created:
        response.status_code = 200
    return search


@router.get("/{search_id}", responses=documented(404))
def get_search(search_id: SearchId, services: ServicesHere) -> SearchAnswer:
    """A search with its trials."""
    return service.look_up(services, search_id)


@router.post("/{search_id}/cancel", responses=documented(404, 409))
def cancel_search(search_id: SearchId, services: ServicesHere, by: ByHere) -> SearchAnswer:
    """Begin no further trial and cancel those that wait or train."""
    return service.cancel(services, search_id, by)
