"""/api/views"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from anpyc_server.errors import documented
from anpyc_server.kept import from_the_database
from anpyc_server.parameters import ProjectName
from anpyc_server.resources.views import service
from anpyc_server.resources.views.schemas import DeletedView, NewView, SavedView, SavedViews, ViewEdit
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/views", tags=["views"])
ViewId = Annotated[str, Path(description="The view's id.", max_length=64)]


@router.get("", dependencies=[Depends(from_the_database)])
def list_views(services: ServicesHere, project: ProjectName = None) -> SavedViews:
    """The saved views of a project by name; without one, those of all runs."""
    return service.views(services, project)


@router.post("", status_code=201, responses=documented(409, 413))
def save_view(wanted: NewView, services: ServicesHere, by: ByHere) -> SavedView:
    """Save a view. Its name is no other's of the same project."""
    return service.make(services, wanted, by)


@router.get("/{view_id}", responses=documented(404), dependencies=[Depends(from_the_database)])
def get_view(view_id: ViewId, services: ServicesHere) -> SavedView:
    """One view."""
    return service.get(services, view_id)


@router.patch("/{view_id}", responses=documented(404, 409, 413))
def edit_view(view_id: ViewId, edit: ViewEdit, services: ServicesHere, by: ByHere) -> SavedView:
    """Rename a view, update what it shows, or make it the one that its project opens with. An older
    ``version`` than the stored one answers 409."""
    return service.edit(services, view_id, edit, by)


@router.delete("/{view_id}", responses=documented(404))
def delete_view(view_id: ViewId, services: ServicesHere, by: ByHere) -> DeletedView:
    """Delete a view. No run is touched."""
    return service.delete(services, view_id, by)
