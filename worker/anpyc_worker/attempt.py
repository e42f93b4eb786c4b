"""One attempt at a run: from its checkpoint, through training, to a recorded end."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from anpyc.errors import DatasetMissing, DatasetUnreadable, TrainingError
from anpyc.recording import Checkpoint
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc_queue import jobs
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Claim
from anpyc_worker.checkpoints import ArtifactStore, CheckpointUnreadable
from anpyc_worker.recorder import CHECKPOINT_SECONDS, DatabaseRecorder

DONE, STALE, LEFT = 0, 3, 4
"""Exit codes: the run's end is recorded; somebody else owns the run; the run is still held, give it back."""


@dataclass
class Attempt:
    """All that one attempt needs."""

    database: Database
    store: ArtifactStore
    recorder: DatabaseRecorder
    held: Claim
    datasets: Path
    threads: int

    def carry_out(self) -> int:
        """Train and record how it ended; answers the process's exit code."""
        from anpyc import training

        checkpoint = self._checkpoint()
        self.recorder.start(checkpoint.step if checkpoint else 0)
        try:
            spec = parse_spec(self.held.spec)
            result = training.train(
                spec,
                self.recorder,
                datasets_dir=self.datasets,
                checkpoint=checkpoint,
                threads=self._threads(spec),
                checkpoint_seconds=CHECKPOINT_SECONDS,
            )
        except training.Stopped:
            return self._stopped()
        except SpecError as error:
            self.recorder.fail("invalid_spec", f"This version cannot run the specification: {error}", None)
        except (DatasetMissing, DatasetUnreadable) as error:
            self.recorder.fail(error.code, str(error), None)  # its sentence says it all
        except TrainingError as error:
            self.recorder.fail(error.code, str(error), traceback.format_exc())
        except MemoryError:
            message = (
                "The machine had no memory left to prepare the run. Use a smaller model, data set or batch."
            )
            self.recorder.fail("out_of_memory", message, traceback.format_exc())
        except Exception as error:
            message = f"Training ended with an unexpected {type(error).__name__}: {error}"
            self.recorder.fail("unexpected", message, traceback.format_exc())
        else:
            self.recorder.finish(dict(result.metrics))
        return DONE

    def _stopped(self) -> int:
        if self.recorder.stale:
            return STALE
        if self.recorder.trouble is not None:
            trouble = self.recorder.trouble
            self.recorder.fail("not_recorded", f"What the run reported could not be stored: {trouble}", None)
            return DONE
        if self.recorder.cancel_requested:
            self.recorder.cancelled()
            return DONE
        self.recorder.close()
        return LEFT

    def _threads(self, spec: RunSpec) -> int:
        """One for a perceptron: its matrices are too small to share; waiting for each other costs more."""
        return self.threads if spec.model.shares_threads else 1

    def _checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that can be read. What was recorded past it goes."""
        with self.database.read() as session:
            saved = jobs.checkpoints(session, self.held.run_id)
        for tried, artifact in enumerate(saved):
            try:
                checkpoint = self.store.load(artifact)
            except CheckpointUnreadable as error:
                self.recorder.log("warning", f"A checkpoint is left out. {error}")
                continue
            if tried:
                self._rewind(checkpoint.step)
            return checkpoint
        if saved:
            self._rewind(None)
        return None

    def _rewind(self, step: int | None) -> None:
        with self.database.write() as session:
            jobs.rewind(session, jobs.held_run(session, self.held), step)
