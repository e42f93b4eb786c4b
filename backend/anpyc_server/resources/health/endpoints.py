"""/api/health"""

from __future__ import annotations

from fastapi import APIRouter

from anpyc_server.errors import documented
from anpyc_server.resources.health import service
from anpyc_server.resources.health.schemas import Health, Ready
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
def get_health(services: ServicesHere) -> Health:
    """Whether the server and what it stands on work. Always 200 when the server answers."""
    return service.health(services)


@router.get("/ready", responses=documented(503))
def get_readiness(services: ServicesHere) -> Ready:
    """Whether runs can be taken and stored: 503 with the reason when the database or the artifact store
    cannot be used. Tried by writing, at most every few seconds."""
    return service.ready(services)
