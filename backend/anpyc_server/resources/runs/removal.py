"""Removing deleted runs for good, once their deletion can no longer be undone."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import select

from anpyc_queue import jobs
from anpyc_queue.artifacts import ArtifactFiles
from anpyc_queue.engine import Database, now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.tables import Run
from anpyc_server.resources.runs.service import UNDO

log = logging.getLogger(__name__)


def remove_deleted(database: Database, artifacts_url: str) -> int:
    """Remove the runs whose time is over, one transaction each, and then their files. Answers how many."""
    with database.read() as session:
        due = select(Run.id).where(Run.deleted_at < now(session) - UNDO)
        run_ids = session.scalars(due).all()
    for run_id in run_ids:
        try:
            with database.write() as session:
                addresses = jobs.remove(session, run_id)
        except (NotFound, Conflict):
            continue
        remove_files(artifacts_url, addresses)
    return len(run_ids)


def remove_files(artifacts_url: str, addresses: Iterable[str]) -> None:
    """Delete artifacts from their store; one that cannot be deleted is only reported."""
    for address in addresses:
        try:
            ArtifactFiles(artifacts_url).delete(address)
        except Exception:  # each kind of store has errors of its own, and the run is gone already
            log.warning("The artifact %s of a deleted run could not be removed", address, exc_info=True)
