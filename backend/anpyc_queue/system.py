"""What a run's process takes of its machine, over time, in a bounded number of rows.

Each row covers a stretch of time: use is its average, memory its most, bytes and energy its sum. Whenever
there are too many, neighbours are joined in pairs, and rows to come cover twice the time. So a short run is
kept measurement by measurement, one of a week in stretches of minutes, and no peak of memory is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from anpyc_queue import sizes
from anpyc_queue.engine import Database, now
from anpyc_queue.jobs import Claim, claimed_job
from anpyc_queue.tables import Run, SystemSample
from anpyc_queue.upsert import upsert

MOST_ROWS = 2_000
"""Of one run. Joined in pairs, at least half as many stay."""

_TABLE = cast(Table, SystemSample.__table__)


@dataclass(frozen=True)
class Usage:
    """What one process took during ``seconds``. Units are those of :class:`SystemSample`."""

    seconds: float
    cores: float
    memory: int
    read: int | None = None
    written: int | None = None
    gpu_use: float | None = None
    gpu_memory: int | None = None
    energy: float | None = None


@dataclass(frozen=True)
class Sample:
    """A row of a run: its usage, and when, in which attempt and from how many measurements."""

    number: int
    attempt: int
    at: datetime
    usage: Usage
    files: int = 0
    measurements: int = 1
    together: int = 1

    def joined(self, later: Sample) -> Sample:
        """Both as one."""
        return replace(
            later,
            usage=_joined(self.usage, later.usage),
            measurements=self.measurements + later.measurements,
            together=max(self.together, later.together),
        )


def samples(session: Session, run_id: str) -> list[Sample]:
    """All that is kept of a run, the oldest first."""
    query = select(_TABLE).where(_TABLE.c.run_id == run_id).order_by(_TABLE.c.number)
    return [_sample(row) for row in session.execute(query)]


def fewer(known: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many rows, as neighbours joined."""
    kept = list(known)
    while len(kept) > most:
        kept = _in_pairs(kept)
    return kept


class SystemLog:
    """Writes down what the process of one claim takes. Its holder alone writes."""

    def __init__(self, claim: Claim, together: int = 1) -> None:
        """:param together: runs that share the process."""
        self._claim = claim
        self._together = together
        self._end: _End | None = None

    def record(self, database: Database, usage: Usage) -> None:
        """Add a measurement.

        :raises Stale: when the run is not held under this claim any more.
        """
        end, self._end = self._end, None  # read again, where this is not committed
        with database.write() as session:
            run: Run = claimed_job(session, self._claim)
            end = _add(session, run, end or _end(session, run.id), usage, self._together)
        self._end = end


@dataclass(frozen=True)
class _End:
    """How the rows of a run end."""

    rows: int
    width: int
    """Measurements that a row has once it is full."""
    newest: Sample | None


def _end(session: Session, run_id: str) -> _End:
    of_run = _TABLE.c.run_id == run_id
    row = session.execute(select(_TABLE).where(of_run).order_by(_TABLE.c.number.desc()).limit(1)).first()
    if row is None:
        return _End(0, 1, None)
    query = select(func.count(), func.max(_TABLE.c.measurements)).where(of_run)
    rows, width = session.execute(query).one()
    return _End(rows, width, _sample(row))


def _add(session: Session, run: Run, end: _End, usage: Usage, together: int) -> _End:
    before = end.newest
    number = 1 if before is None else before.number + 1
    sample = Sample(number, run.attempt, now(session), usage, run.file_bytes, together=together)
    rows = end.rows + 1
    if before is not None and before.measurements < end.width and before.attempt == run.attempt:
        sample, rows = replace(before.joined(sample), number=before.number), end.rows
    upsert(session, SystemSample, [_row(run.id, sample)])
    sizes.add_rows(run, SystemSample, rows - end.rows)
    if rows <= MOST_ROWS:
        return _End(rows, end.width, sample)
    return _thin(session, run, 2 * end.width)


def _thin(session: Session, run: Run, width: int) -> _End:
    """Join neighbours in pairs."""
    kept = samples(session, run.id)
    joined = _in_pairs(kept)
    session.execute(delete(_TABLE).where(_TABLE.c.run_id == run.id))
    session.execute(insert(_TABLE), [_row(run.id, sample) for sample in joined])
    sizes.add_rows(run, SystemSample, len(joined) - len(kept))
    return _End(len(joined), width, joined[-1])


def _in_pairs(kept: Sequence[Sample]) -> list[Sample]:
    pairs = zip(kept[::2], kept[1::2], strict=False)
    return [one.joined(other) for one, other in pairs] + list(kept[len(kept) // 2 * 2 :])


def _joined(one: Usage, other: Usage) -> Usage:
    seconds = one.seconds + other.seconds
    share = one.seconds / seconds if seconds > 0 else 0.5
    use = _known(one.gpu_use, other.gpu_use)
    return Usage(
        seconds=seconds,
        cores=one.cores * share + other.cores * (1 - share),
        memory=max(one.memory, other.memory),
        read=_sum(one.read, other.read),
        written=_sum(one.written, other.written),
        gpu_use=use[0] * share + use[1] * (1 - share) if len(use) == 2 else next(iter(use), None),
        gpu_memory=max(_known(one.gpu_memory, other.gpu_memory), default=None),
        energy=_sum(one.energy, other.energy),
    )


def _known(*values: Any) -> Sequence[Any]:
    return [value for value in values if value is not None]


def _sum(*values: Any) -> Any:
    known = _known(*values)
    return sum(known) if known else None


_USAGE = tuple(Usage.__dataclass_fields__)
_BESIDE = tuple(name for name in Sample.__dataclass_fields__ if name != "usage")


def _sample(row: Any) -> Sample:
    usage = Usage(**{name: getattr(row, name) for name in _USAGE})
    return Sample(usage=usage, **{name: getattr(row, name) for name in _BESIDE})


def _row(run_id: str, sample: Sample) -> dict[str, Any]:
    usage = {name: getattr(sample.usage, name) for name in _USAGE}
    return {"run_id": run_id} | usage | {name: getattr(sample, name) for name in _BESIDE}
