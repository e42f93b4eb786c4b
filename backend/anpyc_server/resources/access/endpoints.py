"""/api/access"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from anpyc_server.errors import documented
from anpyc_server.resources.access import service
from anpyc_server.resources.access.schemas import Access, Ended, NewToken, Token, TokenRequest
from anpyc_server.services import HolderHere, ServicesHere

router = APIRouter(prefix="/access", tags=["access"])

Id = Annotated[str, Path(max_length=64)]


@router.get("")
def get_access(services: ServicesHere, holder: HolderHere) -> Access:
    """Who is signed in, which tokens there are, and who has changed what."""
    return service.look(services, holder)


@router.post("/tokens", status_code=201, responses=documented(400, 403, 409))
def make_token(wanted: TokenRequest, services: ServicesHere, holder: HolderHere) -> NewToken:
    """Make a token for a person or program. What it is, is in this answer and never again."""
    return service.make(services, holder, wanted)


@router.delete("/tokens/{token_id}", responses=documented(403, 404, 409))
def revoke_token(token_id: Id, services: ServicesHere, holder: HolderHere) -> Token:
    """Take a token back, and end the sessions that were begun with it."""
    return service.revoke(services, holder, token_id)


@router.delete("/sessions", responses=documented(403, 409))
def end_other_sessions(services: ServicesHere, holder: HolderHere) -> Ended:
    """Sign all other browsers out."""
    return service.end_others(services, holder)


@router.delete("/sessions/{session_id}", responses=documented(404, 409))
def end_session(session_id: Id, services: ServicesHere, holder: HolderHere) -> Ended:
    """Sign a browser out."""
    return service.end(services, holder, session_id)
