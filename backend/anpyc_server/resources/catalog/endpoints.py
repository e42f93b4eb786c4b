"""/api/catalog"""

from __future__ import annotations

from fastapi import APIRouter

from anpyc_server.resources.catalog import service
from anpyc_server.resources.catalog.schemas import Catalog
from anpyc_server.services import ServicesHere

router = APIRouter(prefix="/catalog", tags=["catalog"])


@router.get("")
def get_catalog(services: ServicesHere) -> Catalog:
    """Schema, presets, and data sets with whether they are present."""
    return service.catalog(services)
