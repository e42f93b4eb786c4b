"""Storage on the wire. Sizes are in bytes; those of rows other than masks are estimated."""

from __future__ import annotations

from anpyc_server.records.run_schemas import Status
from anpyc_server.schemas import Answer


class Amount(Answer):
    """How many of something there are, and what they take."""

    number: int
    bytes: int


class LargeRun(Answer):
    """One of the runs that take most."""

    id: str
    name: str
    status: Status
    bytes: int


class Disk(Answer):
    """The disk that files of runs lie on."""

    free: int
    total: int


class Storage(Answer):
    """What everything takes."""

    runs: Amount
    """Without deleted ones."""
    deleted: Amount
    """Runs that were deleted and await their removal."""
    checkpoints: Amount
    outcomes: Amount
    """What was learnt when tasks ended."""
    other_files: Amount
    masks: int
    """Masks, importances, owners and weights."""
    log_lines: Amount
    rows: int
    """All other rows."""
    database: int
    """As it lies on the disk, with its indexes."""
    reusable: int | None
    """Of it, what was freed and is used for what comes next. Null on PostgreSQL, which does not say."""
    disk: Disk | None
    """Null where the artifact store is no folder of the server's machine."""
    largest: list[LargeRun]
    """The ten largest runs."""
    sentence: str
    """How much it is, and how to make room."""
