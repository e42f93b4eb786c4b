"""Projects: every run is in one. A run that is given none is in *Unsorted*, which is always there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import UNSORTED, Project, Run
from anpyc_queue.words import folded

LONGEST_NAME = 100
MOST = 1_000
"""Projects; they are listed at once."""
_AT_ONCE = 500


class NoSuchProject(NotFound):
    """There is no such project."""

    def __init__(self, project: str) -> None:
        super().__init__(
            f"There is no project {project[:LONGEST_NAME]!r}. It may have been deleted or renamed; "
            "`anpyc projects` lists all."
        )


@dataclass(frozen=True)
class Content:
    """How many runs a project holds; deleted ones apart."""

    runs: int = 0
    """Those that are not archived."""
    archived: int = 0
    newest: datetime | None = None
    """When anything about one of them last changed."""


def find(session: Session, project: str, *, keep: bool = False) -> Project:
    """The project of this id, or of this name whatever its case.

    :param keep: nobody deletes it before the transaction has ended.
    :raises NoSuchProject: when there is none.
    """
    wanted = or_(Project.id == project.strip().upper(), Project.folded == folded(project.strip()))
    query = (
        select(Project).where(wanted).order_by(case((Project.folded == folded(project.strip()), 1), else_=0))
    )
    if keep:
        query = query.with_for_update(read=True, key_share=True)
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise NoSuchProject(project)
    return found


def every(session: Session) -> Sequence[Project]:
    """All of them by name, *Unsorted* first."""
    return session.scalars(select(Project).order_by(Project.id != UNSORTED, Project.folded, Project.id)).all()


def contents(session: Session, project_id: str | None = None) -> dict[str, Content]:
    """What each project holds that holds anything, or this one alone."""
    query = select(Run.project_id, Run.archived, func.count(), func.max(Run.updated_at))
    query = query.where(Run.deleted_at.is_(None)).group_by(Run.project_id, Run.archived)
    if project_id is not None:
        query = query.where(Run.project_id == project_id)
    found: dict[str, Content] = {}
    for of, archived, number, newest in session.execute(query):
        known = found.get(of, Content())
        found[of] = Content(
            runs=known.runs + (0 if archived else number),
            archived=known.archived + (number if archived else 0),
            newest=max(filter(None, (known.newest, newest))),
        )
    return found


def make(session: Session, name: str, description: str = "") -> Project:
    """A new project, with nothing in it.

    :raises Conflict: when there is one of that name, or there are as many as can be listed.
    """
    _require_free(session, name)
    if (session.scalar(select(func.count()).select_from(Project)) or 0) >= MOST:
        raise Conflict(f"There are {MOST:,} projects, which is as many as there can be. Delete one first.")
    moment = now(session)
    made = Project(
        id=new_id(),
        name=name,
        folded=folded(name),
        description=description,
        created_at=moment,
        updated_at=moment,
    )
    session.add(made)
    session.flush()
    return made


def edit(
    session: Session, project_id: str, name: str | None, description: str | None, version: int | None
) -> tuple[Project, bool]:
    """Change name or description. Answers whether anything was another.

    :param version: the one that was edited; None: whichever there is.
    :raises NoSuchProject: when there is none.
    :raises Conflict: when somebody else edited it meanwhile, another one has the name, or it keeps its own.
    """
    project = _locked(session, project_id)
    if version is not None and version != project.version:
        raise Conflict(
            "Someone else has edited this project meanwhile. Nothing was overwritten: look at what is there "
            "now, then save again."
        )
    if name is not None and name != project.name:
        if project.id == UNSORTED:
            raise Conflict(f"{project.name} is where runs are that have no project. It keeps its name.")
        _require_free(session, name, project)
    before = project.name, project.description
    project.name = project.name if name is None else name
    project.folded = folded(project.name)
    project.description = project.description if description is None else description
    changed = before != (project.name, project.description)
    if changed:
        project.version += 1
        project.updated_at = now(session)
    return project, changed


def remove(session: Session, project_id: str) -> tuple[Project, int]:
    """Delete a project; its runs go to *Unsorted*. Answers how many did, deleted ones apart.

    :raises NoSuchProject: when there is none.
    :raises Conflict: when it is *Unsorted*.
    """
    project = _locked(session, project_id)
    if project.id == UNSORTED:
        raise Conflict(f"{project.name} is where runs are that have no project. It cannot be deleted.")
    held = contents(session, project.id).get(project.id, Content())
    inside = update(Run).where(Run.project_id == project.id)
    for condition, moment in ((Run.deleted_at.is_(None), now(session)), (Run.deleted_at.is_not(None), None)):
        values = {"project_id": UNSORTED} | ({"updated_at": moment} if moment else {})
        session.execute(
            inside.where(condition).values(values), execution_options={"synchronize_session": False}
        )
    session.delete(project)
    session.flush()
    return project, held.runs + held.archived


def keep_that_of(session: Session, run: Run) -> str:
    """The id of the run's project, which nobody deletes before the transaction has ended."""
    query = select(Project.id).where(Project.id == run.project_id)
    if session.scalar(query.with_for_update(read=True, key_share=True)) is None:
        session.refresh(run, ["project_id"])  # its project was deleted this moment
    return run.project_id


def move(session: Session, run_ids: Sequence[str], project: Project) -> None:
    """Put these runs into the project, which :func:`find` was told to keep."""
    moment = now(session)
    for start in range(0, len(run_ids), _AT_ONCE):
        query = update(Run).where(Run.id.in_(run_ids[start : start + _AT_ONCE]))
        session.execute(
            query.values(project_id=project.id, updated_at=moment),
            execution_options={"synchronize_session": False},
        )


def _locked(session: Session, project_id: str) -> Project:
    project = session.get(Project, project_id, with_for_update=True, populate_existing=True)
    if project is None:
        raise NoSuchProject(project_id)
    return project


def _require_free(session: Session, name: str, but: Project | None = None) -> None:
    taken = session.scalars(select(Project).where(Project.folded == folded(name))).first()
    if taken is not None and taken is not but:
        raise Conflict(f"There is a project {taken.name!r} already. Choose another name, or use that one.")
