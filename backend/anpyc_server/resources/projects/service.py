"""What can be done with projects."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from anpyc_queue import audit
from anpyc_queue import projects as kept
from anpyc_queue.errors import NoSuchRun
from anpyc_queue.projects import Content
from anpyc_queue.tables import UNSORTED, Run
from anpyc_queue.tables import Project as Stored
from anpyc_queue.wakeup import ANY
from anpyc_server.errors import Invalid
from anpyc_server.records.finding.conditions import in_group
from anpyc_server.records.listing import RunFilter
from anpyc_server.resources.projects.schemas import (
    CameFrom,
    DeletedProject,
    Moved,
    NewProject,
    Project,
    ProjectEdit,
    Projects,
    RunsToMove,
)
from anpyc_server.services import Services

MOST_MOVED = 10_000
"""Runs at once."""


def projects(services: Services) -> Projects:
    """All of them."""
    with services.database.read() as session:
        held = kept.contents(session)
        return Projects(items=[_told(each, held.get(each.id)) for each in kept.every(session)])


def get(services: Services, named: str) -> Project:
    """One, by id or name.

    :raises NoSuchProject: when there is none.
    """
    with services.database.read() as session:
        return _with_content(session, kept.find(session, named))


def make(services: Services, wanted: NewProject, by: str | None) -> Project:
    """A new one.

    :raises Conflict: when there is one of that name.
    """
    with services.database.write() as session:
        made = kept.make(session, wanted.name, wanted.description)
        audit.record(session, "project_made", by, subject=made.name)
        return _told(made, None)


def edit(services: Services, named: str, change: ProjectEdit, by: str | None) -> Project:
    """Change name or description.

    :raises NoSuchProject: when there is none.
    :raises Conflict: when somebody else edited it, or the name is another's.
    """
    with services.database.write() as session:
        project_id = kept.find(session, named).id
        project, changed = kept.edit(session, project_id, change.name, change.description, change.version)
        if changed:
            audit.record(session, "project_edited", by, subject=project.name)
        return _with_content(session, project)


def delete(services: Services, named: str, by: str | None) -> DeletedProject:
    """Delete one; its runs go to Unsorted.

    :raises NoSuchProject: when there is none.
    :raises Conflict: when it is Unsorted.
    """
    with services.database.write() as session:
        project, moved = kept.remove(session, kept.find(session, named).id)
        audit.record(session, "project_deleted", by, subject=project.name)
    services.wakeup.notify(ANY)
    return DeletedProject(id=project.id, moved=moved)


def move(services: Services, named: str, body: RunsToMove, listed: RunFilter, by: str | None) -> Moved:
    """Move runs into a project.

    :raises NoSuchProject: when there is none.
    :raises NoSuchRun: when a run that is named is not there; nothing is moved then.
    :raises Invalid: when none is named, or they are too many.
    """
    if body.listed == bool(body.keys):
        raise Invalid.at(
            "keys", "Name runs or groups in `keys`, or ask with `listed` for all that are listed."
        )
    with services.database.write() as session:
        project = kept.find(session, named, keep=True)
        wanted = listed.conditions() if body.listed else _named(session, body.keys)
        rows = _elsewhere(session, project, wanted)
        if len(rows) > MOST_MOVED:
            raise Invalid.at(
                "filter" if body.listed else "keys",
                f"These are more than {MOST_MOVED:,} runs, which is what can be moved at once. Move fewer.",
            )
        kept.move(session, [row.id for row in rows], project)
        audit.record_moved(session, by, {row.id: row.name for row in rows}, project.name)
        answer = Moved(project=_with_content(session, project), moved=len(rows), came_from=_came_from(rows))
    services.wakeup.notify(ANY)
    return answer


def _named(session: Session, keys: Sequence[str]) -> list[ColumnElement[bool]]:
    groups = [key for key in keys if ":" in key]
    run_ids = {key for key in keys if ":" not in key}
    there = set(session.scalars(select(Run.id).where(Run.id.in_(run_ids), Run.deleted_at.is_(None))))
    for missing in sorted(run_ids - there):
        raise NoSuchRun(missing)
    return [Run.deleted_at.is_(None), or_(Run.id.in_(run_ids), *(in_group(key) for key in groups))]


def _elsewhere(
    session: Session, project: Stored, wanted: Sequence[ColumnElement[bool]]
) -> Sequence[Row[str, str, str]]:
    query = select(Run.id, Run.name, Run.project_id).where(*wanted, Run.project_id != project.id)
    return session.execute(query.order_by(Run.id.desc()).limit(MOST_MOVED + 1)).all()


def _came_from(rows: Sequence[Row[str, str, str]]) -> list[CameFrom]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.project_id, []).append(row.id)
    return [CameFrom(project_id=project_id, run_ids=run_ids) for project_id, run_ids in found.items()]


def _with_content(session: Session, project: Stored) -> Project:
    session.flush()
    return _told(project, kept.contents(session, project.id).get(project.id))


def _told(project: Stored, held: Content | None) -> Project:
    content = held or Content()
    return Project(
        id=project.id,
        name=project.name,
        description=project.description,
        version=project.version,
        runs=content.runs,
        archived=content.archived,
        newest_activity=content.newest,
        is_unsorted=project.id == UNSORTED,
        created_at=project.created_at,
        updated_at=project.updated_at,
    )
