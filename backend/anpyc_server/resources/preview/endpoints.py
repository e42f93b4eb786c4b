"""/api/preview"""

from __future__ import annotations

from fastapi import APIRouter

from anpyc_server.errors import documented
from anpyc_server.parameters import ParentId
from anpyc_server.resources.preview import service
from anpyc_server.resources.preview.schemas import PreviewAnswer
from anpyc_server.services import ServicesHere
from anpyc_server.spec_body import SpecBody

router = APIRouter(prefix="/preview", tags=["preview"])


@router.post("", responses=documented(404, 413))
def preview_run(
    spec: SpecBody,
    services: ServicesHere,
    parent: ParentId = None,
) -> PreviewAnswer:
    """What a run of this specification asks for. Nothing is queued."""
    return service.preview(services, spec, parent)
