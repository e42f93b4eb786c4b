"""/api/projects"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import RunsWanted
from anpyc_server.resources.projects import service
from anpyc_server.resources.projects.schemas import (
    DeletedProject,
    Moved,
    NewProject,
    Project,
    ProjectEdit,
    Projects,
    RunsToMove,
)
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/projects", tags=["projects"])
ProjectId = Annotated[str, Path(description="The project's id.", max_length=100)]


@router.get("", dependencies=[Depends(from_the_database)])
def list_projects(services: ServicesHere) -> Projects:
    """All projects by name, Unsorted first, and what they hold."""
    return service.projects(services)


@router.post("", status_code=201, responses=documented(409, 413))
def make_project(wanted: NewProject, services: ServicesHere, by: ByHere) -> Project:
    """Make an empty project. Its name is no other's, whatever the case."""
    return service.make(services, wanted, by)


@router.get("/{project_id}", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_project(project_id: ProjectId, services: ServicesHere) -> Project:
    """One project, by its id or its name."""
    return service.get(services, project_id)


@router.patch("/{project_id}", responses=documented(404, 409, 413))
def edit_project(project_id: ProjectId, edit: ProjectEdit, services: ServicesHere, by: ByHere) -> Project:
    """Change name or description. An older ``version`` than the stored one answers 409."""
    return service.edit(services, project_id, edit, by)


@router.delete("/{project_id}", responses=documented(404, 409))
def delete_project(project_id: ProjectId, services: ServicesHere, by: ByHere) -> DeletedProject:
    """Delete a project. Its runs are kept and go to Unsorted, which cannot be deleted."""
    return service.delete(services, project_id, by)


@router.post("/{project_id}/runs", responses=documented(404, 413))
def move_runs(
    project_id: ProjectId, wanted: RunsWanted, body: RunsToMove, services: ServicesHere, by: ByHere
) -> Moved:
    """Move runs into the project: those named, groups with all of their runs, or with ``listed`` all that
    the query lists, whose parameters are those of ``/api/runs``. At most 10,000 at once."""
    return service.move(services, project_id, body, wanted, by)
