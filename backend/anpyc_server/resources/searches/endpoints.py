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
SearchId = Annotated[str, Path(max_length=64, description="The search's id.")]


@router.get("")
def list_searches(services: ServicesHere) -> Searches:
    """The newest hundred searches."""
    return service.list_searches(services)


@router.post("", status_code=201, responses=once_more(SearchAnswer) | documented(409, 413))
def submit_search(
    request: SearchRequest,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    project: ProjectName = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> SearchAnswer:
    """Begin a search. Its trials are queued one after the other, as ordinary runs. With an Idempotency-Key
    that was used before: the search of then, and 200."""
    answer, created = service.submit(services, request, project, idempotency_key, by)
    if not created:
        response.status_code = 200
    return answer


@router.get("/{search_id}", responses=documented(404))
def get_search(search_id: SearchId, services: ServicesHere) -> SearchAnswer:
    """A search, its trials, the best so far, and how much each setting decides."""
    return service.get(services, search_id)


@router.post("/{search_id}/cancel", responses=documented(404, 409))
def cancel_search(search_id: SearchId, services: ServicesHere, by: ByHere) -> SearchAnswer:
    """Try nothing more, and cancel the trials that wait or train. What is complete stays."""
    return service.cancel(services, search_id, by)
