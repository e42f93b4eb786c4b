"""Views of the list that people have saved, each for one project or for all runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import SavedView
from anpyc_queue.words import folded

MOST = 200
"""Of one project, or of all runs; they are listed at once."""
OF_ALL = ""
"""The scope of a view of all runs."""


class NoSuchView(NotFound):
    """There is no such view."""

    def __init__(self, view_id: str) -> None:
        super().__init__(f"There is no saved view {view_id[:26]}. It may have been deleted, or its project.")


def find(session: Session, view_id: str) -> SavedView:
    """The view of this id.

    :raises NoSuchView: when there is none.
    """
    found = session.get(SavedView, view_id)
    if found is None:
        raise NoSuchView(view_id)
    return found


def of_project(session: Session, project_id: str | None) -> Sequence[SavedView]:
    """Those of a project by name; without one, those of all runs."""
    query = select(SavedView).where(SavedView.scope == (project_id or OF_ALL))
    return session.scalars(query.order_by(SavedView.folded, SavedView.id)).all()


def make(
    session: Session, project_id: str | None, name: str, view: Mapping[str, Any], charts: Mapping[str, Any]
) -> SavedView:
    """A new view.

    :raises Conflict: when the project has one of that name, or as many as can be listed.
    """
    scope = project_id or OF_ALL
    _require_free(session, scope, name)
    if (session.scalar(select(func.count()).where(SavedView.scope == scope)) or 0) >= MOST:
        raise Conflict(f"{MOST} views are saved here, which is as many as there can be. Delete one first.")
    moment = now(session)
    made = SavedView(
        id=new_id(),
        project_id=project_id,
        scope=scope,
        name=name,
        folded=folded(name),
        view=dict(view),
        charts=dict(charts),
        created_at=moment,
        updated_at=moment,
    )
    session.add(made)
    session.flush()
    return made


def edit(session: Session, view_id: str, changes: Mapping[str, Any], version: int | None) -> bool:
    """Change name, view, charts, or whether it is the one that its project opens with. Answers whether
    anything was another.

    :param version: the one that was edited; None: whichever there is.
    :raises NoSuchView: when there is none.
    :raises Conflict: when somebody else edited it meanwhile, or another one has the name.
    """
    view = session.get(SavedView, view_id, with_for_update=True, populate_existing=True)
    if view is None:
        raise NoSuchView(view_id)
    if version is not None and version != view.version:
        raise Conflict(
            "Someone else has saved this view meanwhile. Nothing was overwritten: look at what is there now, "
            "then save again, or save yours under another name."
        )
    fresh = {name: value for name, value in changes.items() if getattr(view, name) != value}
    if "name" in fresh:
        _require_free(session, view.scope, fresh["name"], view)
        view.folded = folded(fresh["name"])
    if fresh.get("is_default"):
        _no_other_default(session, view)
    for name, value in fresh.items():
        setattr(view, name, value)
    if fresh:
        view.version += 1
        view.updated_at = now(session)
    return bool(fresh)


def remove(session: Session, view_id: str) -> SavedView:
    """Delete a view; no run is touched.

    :raises NoSuchView: when there is none.
    """
    view = find(session, view_id)
    session.delete(view)
    return view


def _no_other_default(session: Session, view: SavedView) -> None:
    for other in of_project(session, view.project_id):
        if other is not view and other.is_default:
            other.is_default = False
            other.version += 1


def _require_free(session: Session, scope: str, name: str, but: SavedView | None = None) -> None:
    query = select(SavedView).where(SavedView.scope == scope, SavedView.folded == folded(name))
    taken = session.scalars(query).first()
    if taken is not None and taken is not but:
        raise Conflict(f"There is a view {taken.name!r} already. Choose another name, or update that one.")
