"""/api/health"""

from __future__ import annotations

from fastapi import APIRouter

from anpyc_server.resources.health import service
from anpyc_server.resources.health.schemas import Health
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
def get_health(services: ServicesHere) -> Health:
    """Whether the server and what it stands on work. Always 200 when the server answers."""
    return service.health(services)
