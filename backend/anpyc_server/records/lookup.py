"""Finding runs; deleted ones are not found."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue.errors import NoSuchRun
from anpyc_queue.tables import Run


def find_run(session: Session, run_id: str) -> Run:
    """The run.

    :raises NoSuchRun: when there is none, or it was deleted.
    """
    run = session.get(Run, run_id)
    if run is None or run.deleted_at is not None:
        raise NoSuchRun(run_id)
    return run


def require_run(session: Session, run_id: str) -> None:
    """Like :func:`find_run`, without loading the row.

    :raises NoSuchRun: when there is none, or it was deleted.
    """
    if session.scalar(select(Run.id).where(Run.id == run_id, Run.deleted_at.is_(None))) is None:
        raise NoSuchRun(run_id)
