"""From the training loop to the database: reports are gathered and written a few times a second, by a thread.

Training never waits for the database unless so much has gathered that memory matters; an outage is sat out.
A second thread renews the lease and looks whether the run is to stop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc.metrics import summarise
from anpyc.recording import (
    Checkpoint,
    EpochResult,
    Evaluation,
    LayerStatistics,
    Level,
    MaskSnapshot,
    Plan,
)
from anpyc_queue import jobs, recording
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim, Stale
from anpyc_queue.recording import Batch
from anpyc_queue.tables import TERMINAL, EvaluationRow, Run
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoints import ArtifactStore, CheckpointNotWritten, goes_on
from anpyc_worker.persistence import persistently

log = logging.getLogger(__name__)

FLUSH_SECONDS = 0.25
LOOK_SECONDS = 0.7
"""How often the beating thread looks whether the run is to be cancelled."""
HOLD_SECONDS = 0.6
"""How long a report waits for the checkpoint that covers it."""
CHECKPOINT_SECONDS = 0.2
"""How often training offers a checkpoint between epochs; as many are stored as storing is cheap."""
WORKING_SHARE, WAITING_SHARE = 0.02, 0.3
"""Of a processor and of the recorder's time, at most, goes into storing checkpoints within a round."""
MAX_WAITING_BYTES = 256 * 2**20
"""More reports than this are not gathered; training waits for the database instead."""
MAX_LINE = 10_000


class DatabaseRecorder:
    """Writes what a run reports, under one claim."""

    def __init__(
        self, database: Database, store: ArtifactStore, held: Claim, wakeup: WakeUp, lease_seconds: float
    ) -> None:
        self._database = database
        self._store = store
        self._held = held
        self._wakeup = wakeup
        self._lease_seconds = lease_seconds
        self._gathering = threading.Condition()
        self._batches = 0
        self._pending = Batch()
        self._pending_since = 0.0
        self._covered = Batch()
        """Reports that the checkpoint after them covers."""
        self._checkpoint: Checkpoint | None = None
        self._outcomes: list[Checkpoint] = []
        """Tasks' ends that are still to be stored; unlike checkpoints, none replaces another."""
        self._waiting_bytes = 0
        self._stored_at: dict[str, int] | None = None
        self._store_again = self._covered_since = 0.0
        self._step = 0
        self._matrix: dict[int, dict[int, float]] = {}
        self._before_pruning: list[float | None] = []
        self._free: dict[str, tuple[int, int]] = {}
        """Free and all parameters of each layer, as last reported."""
        self._trouble: Exception | None = None
        self._closing = threading.Event()
        self.cancel_requested = False
        self.stale = False
        self.leaving = False
        """Told to give the run back."""
        self._writer = threading.Thread(target=self._write_on, name="recorder", daemon=True)
        self._beater = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self, step: int = 0) -> None:
        """Begin to write and to renew the lease; ``step`` epochs were done by earlier attempts."""
        self._step = step
        self._matrix, self._before_pruning = self._earlier_rows(), self._earlier_bases()
        self._writer.start()
        self._beater.start()

    # --- reports, on the training thread --------------------------------------------------------------------

    def plan(self, plan: Plan) -> None:
        self._add(lambda batch: setattr(batch, "plan", plan))

    def epoch(self, result: EpochResult) -> None:
        self._step = result.step
        self._add(lambda batch: batch.epochs.append(result))

    def evaluation(self, evaluation: Evaluation) -> None:
        self._before_pruning = recording.before_pruning(self._before_pruning, [evaluation])
        metrics = self._metrics_with(evaluation) if evaluation.end_of_task else None

        def add(batch: Batch) -> None:
            batch.evaluations.append(evaluation)
            batch.metrics = metrics or batch.metrics

        self._add(add)

    def layers(self, statistics: Sequence[LayerStatistics]) -> None:
        step = self._step
        self._free.update({of.layer: (of.free, of.total) for of in statistics})
        metrics = self._metrics() if self._matrix else None

        def add(batch: Batch) -> None:
            batch.layers.extend((step, of) for of in statistics)
            batch.metrics = metrics or batch.metrics

        self._add(add)

    def masks(self, snapshots: Sequence[MaskSnapshot]) -> None:
        step = self._step
        size = sum(_bytes(snapshot) for snapshot in snapshots)
        self._add(lambda batch: batch.masks.extend((step, of) for of in snapshots), size)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """What was reported so far is written together with it, so a resumed run has little to do again."""
        with self._gathering:
            if self._checkpoint is None:
                self._covered_since = time.monotonic()
            self._covered.extend(self._pending)
            self._pending, self._checkpoint = Batch(), checkpoint
            if checkpoint.outcome is not None:
                self._outcomes.append(checkpoint)
                self._waiting_bytes += len(checkpoint.outcome)

    def log(self, level: Level, text: str) -> None:
        self._add(lambda batch: batch.lines.append((level, text[:MAX_LINE])))

    def should_stop(self) -> bool:
        return self.cancel_requested or self.stale or self.leaving or self._trouble is not None

    def _add(self, add: Callable[[Batch], None], size: int = 0) -> None:
        with self._gathering:
            while self._waiting_bytes > MAX_WAITING_BYTES and not self.should_stop():
                self._gathering.wait(timeout=0.5)
            if not self._pending:
                self._pending_since = time.monotonic()
            add(self._pending)
            self._waiting_bytes += size

    # --- the end --------------------------------------------------------------------------------------------

    def finish(self, metrics: dict[str, float]) -> None:
        """Write what is left and record success, in one transaction."""
        known = (self._metrics() if self._matrix else {}) | metrics
        self._end(lambda session: jobs.finish(session, self._held, known))

    def fail(self, code: str, message: str, traceback: str | None) -> None:
        """Write what is left and record the failure, in one transaction."""
        self._end(lambda session: jobs.fail(session, self._held, code, message, traceback))

    def cancelled(self) -> None:
        """Write what is left and record that the run stopped because it was asked to."""
        self._end(lambda session: jobs.cancelled(session, self._held))

    def close(self) -> None:
        """Write what is left; the run stays held, for the supervisor to give back."""
        self._stop_writer()
        self._flush(everything=True)

    @property
    def trouble(self) -> Exception | None:
        """What keeps reports from being written and will not pass by itself."""
        return self._trouble

    def _end(self, end: Callable[[Session], Run]) -> None:
        self._stop_writer()
        if self._trouble is None:
            self._flush(everything=True)
        tried = False

        def work(session: Session) -> None:
            nonlocal tried
            run = session.get(Run, self._held.run_id)
            if tried and run is not None and run.status in TERMINAL and run.attempt == self._held.attempt:
                return  # the commit before this one arrived, only its answer was lost
            tried = True
            end(session)

        persistently(self._database, work)
        self._wakeup.notify(self._held.run_id)

    def _stop_writer(self) -> None:
        self._closing.set()
        if self._writer.is_alive():
            self._writer.join()

    # --- writing --------------------------------------------------------------------------------------------

    def _write_on(self) -> None:
        try:
            while not self._closing.wait(FLUSH_SECONDS):
                self._flush()
        except Stale:
            self.stale = True
        except Exception as error:
            log.exception("A report cannot be written.")
            self._trouble = error

    def _flush(self, everything: bool = False) -> None:
        """Write what a checkpoint covers; the rest when that takes too long to come."""
        moment = time.monotonic()
        with self._gathering:
            batch, checkpoint = self._covered, self._checkpoint
            held_back = checkpoint is not None and not self._may_store(checkpoint, moment)
            if held_back and not everything and moment - self._covered_since <= HOLD_SECONDS:
                return
            if everything or moment - self._pending_since > HOLD_SECONDS:
                batch.extend(self._pending)
                self._pending = Batch()
            if not batch and checkpoint is None:
                return
            outcomes, self._outcomes = self._outcomes, []
            self._covered, self._checkpoint = Batch(), None
            self._waiting_bytes = 0
            self._gathering.notify_all()
        for ended in outcomes:
            self._save_outcome(ended, batch)
        if checkpoint is not None:
            self._save(checkpoint, batch)
        batch.compress(self._held.run_id)
        self._batches += 1
        batch.number = self._batches
        replaced = persistently(self._database, lambda session: recording.write(session, self._held, batch))
        self._wakeup.notify(self._held.run_id)
        for url in replaced:
            self._store.delete(url)

    def _save_outcome(self, ended: Checkpoint, batch: Batch) -> None:
        try:
            batch.outcomes.append(self._store.save_outcome(self._held.run_id, self._held.token, ended))
        except CheckpointNotWritten as error:
            batch.lines.append(
                ("error", f"{error} Training goes on; the end of task {ended.task} is not kept for what-if.")
            )

    def _save(self, checkpoint: Checkpoint, batch: Batch) -> None:
        began, worked = time.monotonic(), time.thread_time()
        if not self._may_store(checkpoint, began):
            return
        try:
            batch.checkpoint = self._store.save(self._held.run_id, self._held.token, checkpoint)
        except CheckpointNotWritten as error:
            batch.lines.append(
                ("error", f"{error} Training goes on; the checkpoint before this one is kept.")
            )
        ended, worked = time.monotonic(), time.thread_time() - worked
        self._stored_at = goes_on(checkpoint)
        self._store_again = ended + max(worked / WORKING_SHARE, (ended - began) / WAITING_SHARE)

    def _may_store(self, checkpoint: Checkpoint, moment: float) -> bool:
        """Always where a task or a round has ended; in between only when the last one did not cost much."""
        return goes_on(checkpoint) != self._stored_at or moment >= self._store_again

    # --- lease and orders -----------------------------------------------------------------------------------

    def _beat_on(self) -> None:
        renewed = time.monotonic()
        while not self.stale:
            time.sleep(LOOK_SECONDS)
            try:
                if time.monotonic() - renewed >= self._lease_seconds / 4:
                    renewed = time.monotonic()
                    with self._database.write() as session:
                        self.cancel_requested |= jobs.heartbeat(session, self._held, self._lease_seconds)
                else:
                    self._look()
            except Stale:
                self.stale = not self._closing.is_set()
                return
            except Exception as error:
                log.warning("The lease could not be renewed, trying again: %s", error)

    def _look(self) -> None:
        query = select(Run.token, Run.cancel_requested).where(Run.id == self._held.run_id)
        with self._database.read() as session:
            found = session.execute(query).first()
        if found is None or found.token != self._held.token:
            raise Stale(self._held.run_id)
        self.cancel_requested |= found.cancel_requested

    # --- metrics so far -------------------------------------------------------------------------------------

    def _earlier_rows(self) -> dict[int, dict[int, float]]:
        """Rows of the accuracy matrix that an earlier attempt has left."""
        query = select(EvaluationRow).where(
            EvaluationRow.run_id == self._held.run_id, EvaluationRow.end_of_task.is_(True)
        )
        rows: dict[int, dict[int, float]] = {}
        with self._database.read() as session:
            for row in session.scalars(query):
                rows.setdefault(row.task, {})[row.on_task] = row.accuracy
        return rows

    def _earlier_bases(self) -> list[float | None]:
        """What an earlier attempt has left of the tasks' accuracies before pruning."""
        with self._database.read() as session:
            run = session.get(Run, self._held.run_id)
            return list(run.before_pruning) if run is not None else []

    def _metrics_with(self, evaluation: Evaluation) -> dict[str, float]:
        self._matrix[evaluation.task] = dict(evaluation.accuracy)
        return self._metrics()

    def _metrics(self) -> dict[str, float]:
        """What is known so far: of the tasks learnt, and of the capacity as the last round left it."""
        tasks = max(self._matrix) + 1
        matrix = [[self._matrix.get(i, {}).get(j) for j in range(tasks)] for i in range(tasks)]
        metrics = summarise(matrix, before_pruning=self._before_pruning)
        if self._free:
            free, total = (sum(counts) for counts in zip(*self._free.values(), strict=True))
            metrics["capacity_free"] = free / total
        return metrics


def _bytes(snapshot: MaskSnapshot) -> int:
    arrays = (snapshot.mask, snapshot.importance, snapshot.owner, snapshot.weight)
    return sum(array.nbytes for array in arrays if array is not None)
