"""A run's long series as arrays. What was read once is kept, and only what is new is read again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from cachetools import LRUCache
from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue.tables import EpochRow, EvaluationRow, Run
from anpyc_server.records.packed import read_evaluations

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_KEPT_BYTES = 200_000_000
"""Of all runs together: four million rows or so."""
_BESIDE_THE_ROWS = 2_000
"""Bytes of a key and of up to eight arrays as objects."""

_READ_AHEAD = 4
"""Runs whose series are read before somebody asks."""


@dataclass(frozen=True)
class Evaluations:
    """One entry per evaluation and task, by step and task."""

    step: Ints
    on_task: Ints
    task: Ints
    round: Ints
    accuracy: Floats
    end_of_task: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Epochs:
    """One entry per epoch, by step."""

    step: Ints
    task: Ints
    round: Ints
    epoch: Ints
    loss: Floats
    penalty: Floats
    learning_rate: Floats
    seconds: Floats


@dataclass(frozen=True)
class _Kept:
    version: tuple[Any, ...]
    columns: tuple[npt.NDArray[Any], ...]

    def size(self) -> int:
        """Bytes."""
        return sum(column.nbytes for column in self.columns) + _BESIDE_THE_ROWS


class SeriesCache:
    """The newest series that were asked for. Safe to share between threads."""

    def __init__(self, size: int = _KEPT_BYTES) -> None:
        self._kept: LRUCache[tuple[str, str], _Kept] = LRUCache(
            size, getsizeof=lambda kept: min(kept.size(), size)
        )
        self._lock = threading.Lock()
        self._reading: WeakValueDictionary[tuple[str, str], threading.Lock] = WeakValueDictionary()
        """A series is read by one thread at a time; whoever waits for it holds the lock too."""

    def evaluations(self, session: Session, run: Run) -> Evaluations:
        """All evaluations of the run."""
        table = EvaluationRow
        columns = (table.step, table.on_task, table.task, table.round, table.accuracy, table.end_of_task)

        def query(after: int) -> Any:
            wanted = select(*columns).where(table.run_id == run.id, table.step > after)
            return wanted.order_by(table.step, table.on_task)

        def whole() -> tuple[npt.NDArray[Any], ...] | None:
            return read_evaluations(session.connection(), run.id)

        types = ("i8", "i8", "i8", "i8", "f8", "?")
        return Evaluations(*self._series(session, run, "evaluations", query, types, whole))

    def read_ahead(self, session: Session) -> None:
        """The series of the newest running runs: those that are looked at first after a start."""
        running = select(Run).where(Run.status == "running").order_by(Run.id.desc()).limit(_READ_AHEAD)
        for run in session.scalars(running):
            self.evaluations(session, run)
            self.epochs(session, run)

    def epochs(self, session: Session, run: Run) -> Epochs:
        """All epochs of the run."""
        table = EpochRow
        columns = (
            table.step, table.task, table.round, table.epoch,
            table.loss, table.penalty, table.learning_rate, table.seconds,
        )  # fmt: skip

        def query(after: int) -> Any:
            return select(*columns).where(table.run_id == run.id, table.step > after).order_by(table.step)

        types = ("i8",) * 4 + ("f8",) * 4
        return Epochs(*self._series(session, run, "epochs", query, types))

    def _series(
        self,
        session: Session,
        run: Run,
        name: str,
        query: Callable[[int], Any],
        types: Sequence[str],
        whole: Callable[[], tuple[npt.NDArray[Any], ...] | None] = lambda: None,
    ) -> tuple[npt.NDArray[Any], ...]:
        """``whole`` reads all columns in one piece, where it can."""
        key = (run.id, name)
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            with self._lock:
                kept = self._kept.get(key)
            # A new attempt may have thrown rows away that an older one wrote.
            version = (run.attempt, run.token)
            if kept is not None and kept.version == version:
                columns = _longer(session, kept.columns, query, types)
            else:
                columns = whole() or _read(session, query(-1), types)
            with self._lock:
                self._kept[key] = _Kept(version, columns)
            return columns


def _longer(
    session: Session,
    columns: tuple[npt.NDArray[Any], ...],
    query: Callable[[int], Any],
    types: Sequence[str],
) -> tuple[npt.NDArray[Any], ...]:
    """The newest step is read again: more of it may have come."""
    import numpy as np

    steps = columns[0]
    if not len(steps):
        return _read(session, query(-1), types)
    before_newest = int(np.searchsorted(steps, steps[-1]))
    fresh = _read(session, query(int(steps[-1]) - 1), types)
    return tuple(np.concatenate([old[:before_newest], new]) for old, new in zip(columns, fresh, strict=True))


def _read(session: Session, query: Any, types: Sequence[str]) -> tuple[npt.NDArray[Any], ...]:
    """The columns of a query. The driver's own tuples are taken: of a million rows, that saves seconds."""
    import numpy as np

    result = session.connection().execute(query)
    rows = result.cursor.fetchall() if result.cursor is not None else []
    result.close()
    table = np.array(rows, dtype=[(f"column{place}", kind) for place, kind in enumerate(types)])
    return tuple(np.ascontiguousarray(table[name]) for name in table.dtype.names or ())
