"""Reports that wait to be written: those that a checkpoint covers, and those since."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from anpyc.recording import Checkpoint
from anpyc_queue.recording import Batch

HOLD_SECONDS = 0.6
"""How long a report waits for the checkpoint that covers it."""
MAX_WAITING_BYTES = 256 * 2**20
"""More reports than this are not gathered; training waits for the database instead."""


@dataclass(frozen=True)
class Due:
    """What is to be written now."""

    batch: Batch
    checkpoint: Checkpoint | None
    """Taken after everything in the batch, or before the last of it."""
    outcomes: list[Checkpoint]
    """Tasks' ends that are still to be stored; unlike checkpoints, none replaces another."""


class ReportBuffer:
    """Filled by the training thread, emptied by the one that writes."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self._should_stop = should_stop
        self._changed = threading.Condition()
        self._pending = Batch()
        self._pending_since = 0.0
        self._covered = Batch()
        self._covered_since = 0.0
        self._checkpoint: Checkpoint | None = None
        self._outcomes: list[Checkpoint] = []
        self._bytes = 0

    def add(self, add: Callable[[Batch], None], size: int = 0) -> None:
        """Let ``add`` put a report of so many bytes into the batch, once there is room."""
        with self._changed:
            while self._bytes > MAX_WAITING_BYTES and not self._should_stop():
                self._changed.wait(timeout=0.5)
            if not self._pending:
                self._pending_since = time.monotonic()
            add(self._pending)
            self._bytes += size

    def cover(self, checkpoint: Checkpoint) -> None:
        """What was reported so far is covered by it."""
        with self._changed:
            if self._checkpoint is None:
                self._covered_since = time.monotonic()
            self._covered.extend(self._pending)
            self._pending, self._checkpoint = Batch(), checkpoint
            if checkpoint.outcome is not None:
                self._outcomes.append(checkpoint)
                self._bytes += len(checkpoint.outcome)

    def take(self, may_store: Callable[[Checkpoint], bool], everything: bool) -> Due | None:
        """What a checkpoint covers; the rest when that takes too long to come. None where nothing is due."""
        moment = time.monotonic()
        with self._changed:
            batch, checkpoint = self._covered, self._checkpoint
            held_back = checkpoint is not None and not may_store(checkpoint)
            if held_back and not everything and moment - self._covered_since <= HOLD_SECONDS:
                return None
            if everything or moment - self._pending_since > HOLD_SECONDS:
                batch.extend(self._pending)
                self._pending = Batch()
            if not batch and checkpoint is None:
                return None
            due = Due(batch, checkpoint, self._outcomes)
            self._covered, self._checkpoint, self._outcomes, self._bytes = Batch(), None, [], 0
            self._changed.notify_all()
            return due
