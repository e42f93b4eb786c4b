"""/api/studies"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from anpyc_server.errors import documented, once_more
from anpyc_server.parameters import Priority, ProjectName
from anpyc_server.resources.studies import service
from anpyc_server.resources.studies.schemas import (
    Studies,
    Study,
    StudyPresets,
    StudyPreview,
    StudyRequest,
)
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/studies", tags=["studies"])


@router.get("")
def list_studies(services: ServicesHere) -> Studies:
    """The newest hundred studies."""
    return service.list_studies(services)


@router.get("/presets")
def list_study_presets() -> StudyPresets:
    """Studies that ship with the package: methods of a protocol, each with its own settings."""
    return service.presets()


@router.post("/preview", responses=documented(413))
def preview_study(request: StudyRequest, services: ServicesHere, by: ByHere) -> StudyPreview:
    """The matrix of a study: how many runs, how long, how large, and which are there already. Nothing is
    queued."""
    return service.preview(services, request, by)


@router.post("", status_code=201, responses=once_more(Study) | documented(409, 413))
def submit_study(
    request: StudyRequest,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    project: ProjectName = None,
    priority: Priority = 0,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> Study:
    """Queue the runs of a study that are not there yet, in a project or in Unsorted; those that are become
    part of it, wherever they are: all or none. With an Idempotency-Key that was used before: the study of
    then, and 200."""
    study, created = service.submit(services, request, project, priority, idempotency_key, by)
    if not created:
        response.status_code = 200
    return study


@router.get("/{study_id}", responses=documented(404))
def get_study(
    study_id: Annotated[str, Path(max_length=64, description="The study's id.")], services: ServicesHere
) -> Study:
    """A study, and where each of its runs stands."""
    return service.get(services, study_id)
