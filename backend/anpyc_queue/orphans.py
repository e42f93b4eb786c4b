"""Files in the artifact store that no row names: of lost attempts, of removals that were cut off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.wording import plural
from anpyc_queue.artifacts import ArtifactFiles, ListedFile, is_named
from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, StoreUnusable
from anpyc_queue.tables import TERMINAL, Artifact, AuditEntry, Run

WRITTEN = timedelta(hours=1)
"""A younger file may be one that is only now to get its row."""
_OURS = re.compile(
    r"(?:(?P<run>[0-9A-Za-z]{26})/(?:step-\d+-\d+\.json|(?:step|task)-\d+-\d+\.safetensors)"
    r"|\.trial-[0-9a-f]{32})(?:\.part)?"
)
"""Names that workers and servers give to files. Whatever else lies in the store is not ours to take."""


class StoreUnlisted(StoreUnusable):
    """It cannot be said which files are there."""

    code = "store_unlisted"
    sentence = "The artifact store cannot be read. ANPYC_ARTIFACT_URL says where it is. Nothing was taken."


def open_store(url: str) -> ArtifactFiles:
    """
    :raises StoreUnlisted: when there is no way to it.
    """
    try:
        return ArtifactFiles(url)
    except Exception as error:  # each kind of store has errors of its own
        raise StoreUnlisted(str(error) or type(error).__name__) from error


def listed_files(store: ArtifactFiles) -> list[ListedFile]:
    """The files of our names. To be asked for before the rows are read, so that none of them only then gets
    the row that names it.

    :raises StoreUnlisted: when the store cannot be listed.
    """
    try:
        return [file for file in store.files() if _OURS.fullmatch(file.url)]
    except Exception as error:  # each kind of store has errors of its own
        raise StoreUnlisted(str(error) or type(error).__name__) from error


def orphans(session: Session, files: Sequence[ListedFile], older_than: timedelta) -> list[ListedFile]:
    """Those of ``files`` that nothing needs. A run that waits or trains keeps all of its own: its worker may
    have written one that it could not tell of yet.

    :raises Conflict: when the store may be another dashboard's.
    """
    if files and not _has_known_a_run(session):
        raise Conflict(
            f"The database has never known a run, and the artifact store holds {plural(len(files), 'file')}: "
            "they may be another dashboard's. Look at ANPYC_DATABASE_URL, ANPYC_DATA_DIR and "
            "ANPYC_ARTIFACT_URL. Nothing was taken."
        )
    named = set(session.scalars(select(Artifact.url)))
    working = set(session.scalars(select(Run.id).where(Run.status.not_in(TERMINAL))))
    before = min(now(session), datetime.now(UTC)) - max(WRITTEN, older_than)
    return [
        file
        for file in files
        if file.changed_at is not None
        and file.changed_at <= before
        and run_of(file.url) not in working
        and not is_named(file.url, named)
    ]


def run_of(url: str) -> str | None:
    """Id of the run that a file of our names was written for."""
    match = _OURS.fullmatch(url)
    return match.group("run") if match else None


def _has_known_a_run(session: Session) -> bool:
    known = (select(Run.id).limit(1), select(AuditEntry.id).limit(1))
    return any(session.scalar(query) is not None for query in known)
