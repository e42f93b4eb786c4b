"""The project that a request names."""

from __future__ import annotations

from sqlalchemy.orm import Session

from anpyc_queue import projects
from anpyc_queue.engine import Database
from anpyc_queue.tables import UNSORTED
from anpyc_server.errors import Invalid


def project_at(database: Database, named: str | None) -> str | None:
    """The id of the project of this id or name; None where none is named.

    :raises Invalid: at ``project``, when there is none.
    """
    if named is None:
        return None
    with database.read() as session:
        return _found(session, named, keep=False)


def project_for_new(session: Session, named: str | None) -> str:
    """The id of the project that new runs go to. Nobody deletes it before they are there.

    :raises Invalid: at ``project``, when there is none.
    """
    return UNSORTED if named is None else _found(session, named, keep=True)


def _found(session: Session, named: str, *, keep: bool) -> str:
    try:
        return projects.find(session, named, keep=keep).id
    except projects.NoSuchProject as error:
        raise Invalid.at("project", error.message) from None
