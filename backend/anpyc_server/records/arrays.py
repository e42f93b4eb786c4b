"""Stored arrays, decoded; the ones looked at last stay in memory."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from cachetools import LRUCache
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from anpyc_queue.tables import MaskRow, Run
from anpyc_server.errors import Missing
from anpyc_server.wording import listed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.generic]

_KEPT_BYTES = 256 * 1024 * 1024
ArrayKind = Literal["mask", "owner", "importance", "weight"]
RowOrder = Literal["index", "density", "cluster"]
Layout = Literal["flat", "filters"]
KINDS: tuple[ArrayKind, ...] = get_args(ArrayKind)


@dataclass(frozen=True)
class StoredArray:
    """One array as rows × columns: further axes are folded into the columns, a vector is one row."""

    task: int
    round: int
    layer: str
    kind: ArrayKind
    shape: tuple[int, ...]
    values: npt.NDArray[Any]
    end_of_task: bool
    orders: dict[str, npt.NDArray[Any]] = field(default_factory=dict, compare=False)
    """Its rows in an order, once that has been asked for."""


class ArrayCache:
    """Decoded arrays up to a number of bytes. Safe to share between threads."""

    def __init__(self, limit: int = _KEPT_BYTES) -> None:
        self._kept: LRUCache[tuple[Any, ...], StoredArray] = LRUCache(
            limit, getsizeof=lambda stored: min(stored.values.nbytes, limit)
        )
        self._lock = threading.Lock()

    def load(
        self, session: Session, run: Run, task: int, layer: str, kind: ArrayKind, round_: int | None = None
    ) -> StoredArray:
        """The array of a layer after a task; without ``round_`` after its last round.

        :raises Missing: when it is not stored, with what is.
        """
        if round_ is None:
            round_ = session.scalar(
                select(func.max(MaskRow.round)).where(*_of_layer(run, task, layer), MaskRow.of == kind)
            )
        if round_ is None:
            raise not_stored(session, run, task, layer, kind)
        # A new attempt may have recorded the round again.
        key = (run.id, run.attempt, task, round_, layer, kind)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        row = session.get(MaskRow, (run.id, task, round_, layer, kind))
        if row is None:
            raise not_stored(session, run, task, layer, kind)
        stored = _decoded(row, kind)
        with self._lock:
            self._kept[key] = stored
        return stored


def not_stored(session: Session, run: Run, task: int, layer: str, kind: str) -> Missing:
    """Why there is no such array, with what there is instead."""
    stored = session.execute(
        select(MaskRow.task, MaskRow.layer, MaskRow.of).where(MaskRow.run_id == run.id).distinct()
    ).all()
    if not stored:
        return Missing(nothing_stored(run))
    layers = sorted({row.layer for row in stored})
    if layer not in layers:
        return Missing(f"There is no layer {layer!r}. Stored are {listed(layers)}.")
    tasks = sorted({row.task for row in stored if row.layer == layer})
    if task not in tasks:
        return Missing(
            f"Nothing is stored of task {task}. Stored are the tasks {listed([str(t) for t in tasks])}."
        )
    kinds = sorted({row.of for row in stored if row.layer == layer and row.task == task})
    return Missing(
        f"The {kind} of {layer} after task {task} is not stored, or not for that round. "
        f"Stored: {listed(kinds)}."
    )


def nothing_stored(run: Run) -> str:
    """Why a run has no arrays at all."""
    if run.status in ("queued", "running"):
        return "No mask is stored yet; the first ones come at the end of the first task or pruning round."
    if run.average_accuracy is None:
        return "No mask is stored: the run ended before its first task did."
    return f"No mask is stored: {run.strategy} keeps none."


def _of_layer(run: Run, task: int, layer: str) -> tuple[Any, ...]:
    return (MaskRow.run_id == run.id, MaskRow.task == task, MaskRow.layer == layer)


def _decoded(row: MaskRow, kind: ArrayKind) -> StoredArray:
    from anpyc_queue.arrays import decode

    values = decode(row.data, kind, row.shape)
    values = values.reshape(1, -1) if values.ndim < 2 else values.reshape(values.shape[0], -1)
    values.setflags(write=False)
    return StoredArray(row.task, row.round, row.layer, kind, tuple(row.shape), values, row.end_of_task)
