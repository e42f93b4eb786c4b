"""From the training loop to the database: reports are gathered and written a few times a second, by a thread.

Training never waits for the database unless so much has gathered that memory matters; an outage is sat out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from anpyc.recording import (
    Checkpoint,
    EpochResult,
    Evaluation,
    LayerStatistics,
    Level,
    MaskSnapshot,
    Plan,
)
from anpyc_queue import recording
from anpyc_queue.arrays import ARRAY_KINDS
from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import Claim
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.retrying import write_persistently
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoint_saver import CheckpointSaver
from anpyc_worker.checkpoints import ArtifactStore
from anpyc_worker.report_buffer import ReportBuffer

FLUSH_SECONDS = 0.25
WRITERS = 4
"""So many recorders write that often; more of them share the time."""
CHECKPOINT_SECONDS = 0.2
"""How often training offers a checkpoint between epochs; as many are stored as storing is cheap."""
MAX_LINE = 10_000


class DatabaseRecorder:
    """Writes what a run reports, under one claim."""

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        claim: Claim,
        wakeup: WakeUp,
        should_stop: Callable[[], bool] = lambda: False,
        beside: int = 0,
    ) -> None:
        """:param beside: runs that are trained as one with it."""
        self._database = database
        self._claim = claim
        self._wakeup = wakeup
        self._should_stop = should_stop
        self._reports = ReportBuffer(self.should_stop)
        self._beside = beside
        self._checkpoints = CheckpointSaver(store, claim, beside)
        self._batches = 0
        self._step = 0
        seconds = FLUSH_SECONDS * max(1, (1 + beside) / WRITERS)
        self._writer = PeriodicThread("recorder", self._write, seconds, on_bug=self._give_up)
        self.trouble: Exception | None = None
        """What keeps reports from being written and will not pass by itself."""

    def start(self, step: int = 0) -> None:
        """Begin to write; ``step`` epochs were done by earlier attempts."""
        self._step = step
        self._writer.start()

    def close(self) -> None:
        """Write what is left, unless something is in the way: then that is the trouble."""
        self._writer.stop()
        if self.trouble is None:
            try:
                self._flush(everything=True)
            except Exception as error:  # as on the writing thread: it ends the run with this reason
                self._give_up(error)

    # --- reports, on the training thread --------------------------------------------------------------------

    def plan(self, plan: Plan) -> None:
        if self._beside:
            plan = replace(plan, environment={**plan.environment, "trained_together": 1 + self._beside})
            others = f"{self._beside} other {'run' if self._beside == 1 else 'runs'}"
            self.log("info", f"Trained as one with {others} of its shape.")
        self._reports.add(lambda batch: setattr(batch, "plan", plan))

    def epoch(self, result: EpochResult) -> None:
        self._step = result.step
        self._reports.add(lambda batch: batch.epochs.append(result))

    def evaluation(self, evaluation: Evaluation) -> None:
        self._reports.add(lambda batch: batch.evaluations.append(evaluation))

    def layers(self, statistics: Sequence[LayerStatistics]) -> None:
        step = self._step
        self._reports.add(lambda batch: batch.layers.extend((step, layer) for layer in statistics))

    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None:
        step = self._step
        size = sum(_bytes(snapshot) for snapshot in snapshots)
        self._reports.add(lambda batch: batch.masks.extend((step, tensor) for tensor in snapshots), size)

    def metrics(self, metrics: dict[str, float]) -> None:
        self._reports.add(lambda batch: setattr(batch, "metrics", metrics))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """What was reported so far is written together with it, so a resumed run has little to do again."""
        self._reports.cover(checkpoint)

    def log(self, level: Level, text: str) -> None:
        self._reports.add(lambda batch: batch.lines.append((level, text[:MAX_LINE])))

    def should_stop(self) -> bool:
        return self.trouble is not None or self._should_stop()

    # --- writing --------------------------------------------------------------------------------------------

    def _write(self) -> None:
        try:
            self._flush()
        except Stale as stale:
            self._give_up(stale)
            self._writer.stop()

    def _flush(self, everything: bool = False) -> None:
        due = self._reports.take(self._checkpoints.may_store, everything)
        if due is None:
            return
        batch = due.batch
        for ended in due.outcomes:
            self._checkpoints.save_outcome(ended, batch)
        if due.checkpoint is not None:
            self._checkpoints.save(due.checkpoint, batch)
        batch.compress()
        self._batches += 1
        batch.number = self._batches
        replaced = write_persistently(
            self._database, lambda session: recording.write(session, self._claim, batch)
        )
        self._wakeup.notify(self._claim.run_id)
        for url in replaced:
            self._checkpoints.delete(url)

    def _give_up(self, error: Exception) -> None:
        self.trouble = error


def _bytes(snapshot: MaskSnapshot) -> int:
    arrays = (getattr(snapshot, kind) for kind in ARRAY_KINDS)
    return sum(array.nbytes for array in arrays if array is not None)
