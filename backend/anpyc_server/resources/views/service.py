"""What can be done with saved views."""

from __future__ import annotations

from anpyc.spec import Problem
from anpyc_queue import audit, saved_views
from anpyc_queue.tables import SavedView as Stored
from anpyc_server.errors import Invalid
from anpyc_server.records.finding.conditions import read_filter
from anpyc_server.records.finding.language import FilterError
from anpyc_server.records.listing import sorted_by
from anpyc_server.records.projects import project_at, project_for_new
from anpyc_server.resources.views.schemas import DeletedView, NewView, SavedView, SavedViews, View, ViewEdit
from anpyc_server.services import Services


def views(services: Services, project: str | None) -> SavedViews:
    """Those of a project, or of all runs.

    :raises Invalid: at ``project``, when there is none.
    """
    project_id = project_at(services.database, project)
    with services.database.read() as session:
        return SavedViews(items=[_told(each) for each in saved_views.of_project(session, project_id)])


def get(services: Services, view_id: str) -> SavedView:
    """One.

    :raises NoSuchView: when there is none.
    """
    with services.database.read() as session:
        return _told(saved_views.find(session, view_id))


def make(services: Services, wanted: NewView, by: str | None) -> SavedView:
    """Save a new one.

    :raises Invalid: when its filter or order cannot be understood, or there is no such project.
    :raises Conflict: when there is one of that name.
    """
    _require_sound(wanted.view)
    with services.database.write() as session:
        project_id = None if wanted.project is None else project_for_new(session, wanted.project)
        view = wanted.view.model_dump(mode="json")
        made = saved_views.make(session, project_id, wanted.name, view, wanted.charts)
        if wanted.is_default:
            saved_views.edit(session, made.id, {"is_default": True}, None)
        audit.record(session, "view_made", by, subject=made.name)
        return _told(made)


def edit(services: Services, view_id: str, change: ViewEdit, by: str | None) -> SavedView:
    """Change one.

    :raises NoSuchView: when there is none.
    :raises Invalid: when its filter or order cannot be understood.
    :raises Conflict: when somebody else edited it, or the name is another's.
    """
    if change.view is not None:
        _require_sound(change.view)
    content = change.model_dump(mode="json", exclude={"version"}, exclude_none=True)
    with services.database.write() as session:
        if saved_views.edit(session, view_id, content, change.version):
            audit.record(session, "view_edited", by, subject=saved_views.find(session, view_id).name)
        return _told(saved_views.find(session, view_id))


def delete(services: Services, view_id: str, by: str | None) -> DeletedView:
    """Delete one.

    :raises NoSuchView: when there is none.
    """
    with services.database.write() as session:
        view = saved_views.remove(session, view_id)
        audit.record(session, "view_deleted", by, subject=view.name)
    return DeletedView(id=view_id)


def _require_sound(view: View) -> None:
    """What the list would refuse is not saved either."""
    try:
        read_filter(view.filter)
    except FilterError as error:
        raise Invalid([Problem("view.filter", error.message)]) from None
    if view.sort and not view.by:
        try:
            sorted_by(view.sort)
        except Invalid as error:
            raise Invalid.at("view.sort", error.message) from None


def _told(view: Stored) -> SavedView:
    """A part that a later version knows is left out, so that no saved view makes a list unreadable."""
    known = {name: value for name, value in view.view.items() if name in View.model_fields}
    return SavedView(
        id=view.id,
        project_id=view.project_id,
        name=view.name,
        view=View.model_validate(known),
        charts=view.charts,
        is_default=view.is_default,
        version=view.version,
        created_at=view.created_at,
        updated_at=view.updated_at,
    )
