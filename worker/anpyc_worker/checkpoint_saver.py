"""When a checkpoint is worth storing, and storing it."""

from __future__ import annotations

import time

from anpyc.recording import Checkpoint
from anpyc_queue.jobs import Claim
from anpyc_queue.recording import Batch
from anpyc_worker.checkpoints import ArtifactStore, CheckpointNotWritten, goes_on

WORKING_SHARE, WAITING_SHARE = 0.02, 0.3
"""Of a processor and of the recorder's time, at most, goes into storing checkpoints within a round."""

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
"""After a checkpoint that could not be stored, doubling."""


class CheckpointSaver:
    """Stores a run's checkpoints in the artifact store, and says in the batch what became of them."""

    def __init__(self, store: ArtifactStore, claim: Claim, beside: int = 0) -> None:
        """:param beside: runs that are trained in the same process."""
        self._together = 1 + beside
        self._store = store
        self._claim = claim
        self._stored_at: dict[str, int] | None = None
        self._store_again = 0.0
        self._pause = 0.0
        """Before another try, where the last one failed."""

    def may_store(self, checkpoint: Checkpoint) -> bool:
        """Always where a task or a round has ended; in between only when the last one did not cost much."""
        return goes_on(checkpoint) != self._stored_at or time.monotonic() >= self._store_again

    def save(self, checkpoint: Checkpoint, batch: Batch) -> None:
        """Store it, where that may be."""
        began, worked = time.monotonic(), time.thread_time()
        if not self.may_store(checkpoint):
            return
        try:
            batch.checkpoint = self._store.save(self._claim.run_id, self._claim.token, checkpoint)
        except CheckpointNotWritten as error:
            self._failed(f"{error} Training goes on; the checkpoint before this one is kept.", batch)
            self._stored_at, self._store_again = goes_on(checkpoint), time.monotonic() + self._pause
            return
        self._pause = 0.0
        ended, worked = time.monotonic(), time.thread_time() - worked
        self._stored_at = goes_on(checkpoint)
        pause = max(worked / WORKING_SHARE, (ended - began) / WAITING_SHARE)
        self._store_again = ended + pause * self._together

    def save_outcome(self, ended: Checkpoint, batch: Batch) -> None:
        """Store what a task's end leaves for testing."""
        try:
            batch.outcomes.append(self._store.save_outcome(self._claim.run_id, self._claim.token, ended))
        except CheckpointNotWritten as error:
            batch.lines.append(
                ("error", f"{error} Training goes on; the end of task {ended.task} is not kept for what-if.")
            )

    def _failed(self, sentence: str, batch: Batch) -> None:
        """Told once for as long as it lasts, and tried ever more seldom."""
        if not self._pause:
            batch.lines.append(("error", sentence))
        self._pause = min(2 * self._pause or FIRST_PAUSE, LONGEST_PAUSE)

    def delete(self, url: str) -> None:
        """Delete a checkpoint that a newer one has replaced."""
        self._store.delete(url)
