"""What everything takes: files of all runs, rows, the database as a whole; how much room is left.

Read from indexes alone, whatever the number of runs: what each run takes is kept with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from anpyc_queue import sizes
from anpyc_queue.artifacts import ArtifactFiles, Disk
from anpyc_queue.engine import Database
from anpyc_queue.tables import CHECKPOINT, OUTCOME, SIZES, Run

LARGEST = 10
"""Runs that are told by name."""


@dataclass(frozen=True)
class Amount:
    """How many of something there are, and what they take."""

    number: int
    bytes: int


@dataclass(frozen=True)
class LargeRun:
    """One of the runs that take most."""

    id: str
    name: str
    status: str
    bytes: int


@dataclass(frozen=True)
class Storage:
    """All of it. Sizes in bytes; of rows other than masks about."""

    runs: Amount
    """Without deleted ones."""
    deleted: Amount
    """Runs that were deleted and still await their removal."""
    checkpoints: Amount
    outcomes: Amount
    other_files: Amount
    masks: int
    log_lines: Amount
    rows: int
    """All other rows."""
    database: int
    """All of it as it lies on the disk, with its indexes and its log of writes."""
    reusable: int | None
    """Of it, what was freed and is used for what comes next; None where the database does not say."""
    disk: Disk | None
    """Where the artifact store lies; None for one that is no folder of this machine."""
    largest: Sequence[LargeRun]
    """The largest first; deleted ones are left out."""


def storage(database: Database, artifacts_url: str) -> Storage:
    """As it is now."""
    with database.read() as session:
        of_files = {kind: Amount(*found) for kind, found in sizes.files(session).items()}
        there, deleted = (_sums(session, deleted=deleted) for deleted in (False, True))
        whole, reusable = _database(database, session)
        largest = _largest(session)
    checkpoints, outcomes = (of_files.pop(kind, Amount(0, 0)) for kind in (CHECKPOINT, OUTCOME))
    others = of_files.values()
    return Storage(
        runs=there.runs,
        deleted=deleted.runs,
        checkpoints=checkpoints,
        outcomes=outcomes,
        other_files=Amount(sum(each.number for each in others), sum(each.bytes for each in others)),
        masks=there.masks + deleted.masks,
        log_lines=Amount(there.lines + deleted.lines, there.log + deleted.log),
        rows=there.rows + deleted.rows,
        database=whole,
        reusable=reusable,
        disk=_disk(artifacts_url),
        largest=largest,
    )


@dataclass(frozen=True)
class _Sums:
    """Of many runs."""

    runs: Amount
    masks: int
    log: int
    lines: int
    rows: int


def _sums(session: Session, *, deleted: bool) -> _Sums:
    of_each = [*(getattr(Run, name) for name in SIZES), Run.next_line - Run.first_line]
    summed = [func.coalesce(func.sum(each), 0) for each in of_each]
    of_these = Run.deleted_at.is_not(None) if deleted else Run.deleted_at.is_(None)
    number, *found = session.execute(select(func.count(), *summed).where(of_these)).one()
    files, masks, log, rows, lines = map(int, found)
    return _Sums(Amount(number, files + masks + log + rows), masks, log, lines, rows)


def _largest(session: Session) -> list[LargeRun]:
    total = sum((getattr(Run, name) for name in SIZES[1:]), start=getattr(Run, SIZES[0]))
    first = (
        select(Run.id).where(Run.deleted_at.is_(None)).order_by(total.desc(), Run.id.desc()).limit(LARGEST)
    )
    ids = session.scalars(first).all()  # from the index, before rows are looked at
    query = select(Run.id, Run.name, Run.status, total.label("bytes")).where(Run.id.in_(ids))
    found = {row.id: row for row in session.execute(query)}
    return [LargeRun(row.id, row.name, row.status, row.bytes) for row in (found[run_id] for run_id in ids)]


def _database(database: Database, session: Session) -> tuple[int, int | None]:
    if not database.is_sqlite:
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0), None
    pages, free, page = (
        int(session.scalar(text(f"PRAGMA {name}")) or 0)
        for name in ("page_count", "freelist_count", "page_size")
    )
    log = Path(f"{database.engine.url.database}-wal")
    beside = 0
    with suppress(OSError):  # it need not be there
        beside = log.stat().st_size  # looked at and not opened: with that SQLite's locks would go
    return pages * page + beside, free * page


def _disk(artifacts_url: str) -> Disk | None:
    try:
        return ArtifactFiles(artifacts_url).disk()
    except Exception:  # each kind of store has errors of its own; health tells what is wrong
        return None
