"""What a run takes, kept with it as it grows: millions of rows are too many to be added up for a list.

Files and masks are counted to the byte. Of a log it is the text and what a row costs beside; of all other
rows what one takes on average, indexes included, which is why sizes are told with "about".
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import (
    Artifact,
    Base,
    EpochRow,
    EvaluationRow,
    Event,
    LayerRow,
    MaskRow,
    Run,
    SystemSample,
    WhatIfPoint,
)

ROW_BYTES: dict[type[Base], int] = {
    EvaluationRow: 110,
    EpochRow: 130,
    LayerRow: 420,
    MaskRow: 250,
    Event: 190,
    WhatIfPoint: 110,
    SystemSample: 170,
}
"""One row, about, as measured on SQLite; of a mask what it takes beside its data."""
LINE_BYTES = 110
"""One line of a log beside its text."""


def add_rows(run: Run, table: type[Base], count: int) -> None:
    """So many rows were added."""
    run.row_bytes += count * ROW_BYTES[table]


def add_masks(run: Run, lengths: Iterable[int]) -> None:
    """Masks of these lengths were added."""
    known = list(lengths)
    run.mask_bytes += sum(known)
    add_rows(run, MaskRow, len(known))


def add_lines(run: Run, texts: Iterable[str]) -> None:
    """Lines were added to the log."""
    run.log_bytes += sum(LINE_BYTES + len(text) for text in texts)


def weigh_files(session: Session, run: Run) -> None:
    """Files were added or taken away."""
    session.flush()
    sizes = select(func.coalesce(func.sum(Artifact.size), 0)).where(Artifact.run_id == run.id)
    run.file_bytes = int(session.scalar(sizes) or 0)


def files(session: Session, run_id: str | None = None) -> dict[str, tuple[int, int]]:
    """How many files there are and how many bytes they take, by kind; of a run or of all."""
    query = select(Artifact.kind, func.count().label("number"), func.sum(Artifact.size).label("size"))
    query = query if run_id is None else query.where(Artifact.run_id == run_id)
    found = session.execute(query.group_by(Artifact.kind))
    return {row.kind: (row.number, int(row.size)) for row in found}


def weigh(session: Session, run: Run) -> None:
    """Rows were taken away: all but the log anew."""
    weigh_files(session, run)
    masks = select(func.coalesce(func.sum(func.length(MaskRow.data)), 0)).where(MaskRow.run_id == run.id)
    run.mask_bytes = int(session.scalar(masks) or 0)
    run.row_bytes = sum(size * _count(session, table, run.id) for table, size in ROW_BYTES.items())


def _count(session: Session, table: type[Base], run_id: str) -> int:
    query = select(func.count()).select_from(table).where(table.__table__.c.run_id == run_id)
    return session.scalar(query) or 0
