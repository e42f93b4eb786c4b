"""What an attempt does: train a run, alone or as one with others, or measure a what-if. Brings torch."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from anpyc import training, whatif
from anpyc.errors import Stopped
from anpyc.recording import Checkpoint, Recorder
from anpyc.settings import settings
from anpyc.spec import RunSpec, parse_spec
from anpyc_queue import jobs
from anpyc_queue import whatif as what_ifs
from anpyc_queue.engine import Database, open_database
from anpyc_queue.jobs import Claim
from anpyc_queue.kinds import KINDS
from anpyc_queue.retrying import write_persistently
from anpyc_queue.tables import Artifact
from anpyc_queue.wakeup import WakeUp, open_wakeup
from anpyc_queue.whatif import WhatIfClaim
from anpyc_worker.attempt import Attempt, Work
from anpyc_worker.checkpoints import ArtifactStore, CheckpointUnreadable
from anpyc_worker.lease import Lease
from anpyc_worker.recorder import CHECKPOINT_SECONDS, DatabaseRecorder
from anpyc_worker.stack import SharedTraining, carry_out_together

MEASURING_NICENESS = 5
"""A what-if yields to training as well."""


def carry_out(order: Mapping[str, Any]) -> int:
    """What the supervisor has ordered. SIGTERM tells it to leave. Answers the process's exit code."""
    here = settings()
    claims = [KINDS[order["kind"]].claim_type(**claim) for claim in order["claims"]]
    database, wakeup = open_database(here.database), open_wakeup(here.broker_url)
    beside = len(claims) - 1
    leases = [Lease(database, claim, order["lease_seconds"], beside) for claim in claims]
    signal.signal(signal.SIGTERM, lambda *_: _leave(leases))
    store, datasets, threads = ArtifactStore(here.artifacts), here.datasets, order["threads"]
    shared = SharedTraining(datasets, threads, len(claims), CHECKPOINT_SECONDS * len(claims))
    attempts = []
    for place, (claim, lease) in enumerate(zip(claims, leases, strict=True)):
        work: Work
        if isinstance(claim, WhatIfClaim):
            os.nice(MEASURING_NICENESS)
            work = Measuring(database, store, lease, wakeup, claim, datasets, threads)
        else:
            recorder = DatabaseRecorder(database, store, claim, wakeup, lease.should_stop, beside)
            train = partial(shared.train, place) if beside else partial(_train_alone, datasets, threads)
            work = Training(database, store, recorder, claim, train)
        attempts.append(Attempt(database, claim, lease, wakeup, work))
    return carry_out_together(attempts, shared) if beside else attempts[0].carry_out()


def _leave(leases: Sequence[Lease]) -> None:
    for lease in leases:
        lease.leaving = True


Train = Callable[[RunSpec, Recorder, Checkpoint | None], Mapping[str, float]]
"""Trains a run, from a checkpoint on or from its start, and answers its metrics."""


def _train_alone(
    datasets: Path, threads: int, spec: RunSpec, recorder: Recorder, checkpoint: Checkpoint | None
) -> Mapping[str, float]:
    return training.train(
        spec,
        recorder,
        datasets_dir=datasets,
        checkpoint=checkpoint,
        threads=threads_for(spec, threads),
        checkpoint_seconds=CHECKPOINT_SECONDS,
    ).metrics


class Training:
    """A run, from its newest checkpoint to its end."""

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        recorder: DatabaseRecorder,
        claim: Claim,
        train: Train,
    ) -> None:
        self._database = database
        self._store = store
        self._recorder = recorder
        self._claim = claim
        self._train = train

    @property
    def trouble(self) -> Exception | None:
        return self._recorder.trouble

    def do(self) -> Mapping[str, float]:
        spec = parse_spec(self._claim.spec)
        checkpoint = self._checkpoint()
        self._recorder.start(checkpoint.step if checkpoint else 0)
        return self._train(spec, self._recorder, checkpoint)

    def close(self) -> None:
        self._recorder.close()

    def _checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that can be read. What was recorded past it goes."""
        saved = write_persistently(
            self._database, lambda session: jobs.checkpoints(session, self._claim.run_id)
        )
        for tried, artifact in enumerate(saved):
            try:
                checkpoint = self._store.load(artifact)
            except CheckpointUnreadable as error:
                self._recorder.log("warning", f"A checkpoint is left out. {error}")
                continue
            if tried:
                self._rewind(artifact)
            return checkpoint
        if saved:
            self._rewind(None)
        return None

    def _rewind(self, checkpoint: Artifact | None) -> None:
        write_persistently(self._database, lambda session: jobs.go_back(session, self._claim, checkpoint))


class Measuring:
    """A what-if: from the stored end of a task, share by share, to points in the database."""

    trouble = None

    def __init__(
        self,
        database: Database,
        store: ArtifactStore,
        lease: Lease,
        wakeup: WakeUp,
        claim: WhatIfClaim,
        datasets: Path,
        threads: int,
    ) -> None:
        self._database = database
        self._store = store
        self._lease = lease
        self._wakeup = wakeup
        self._claim = claim
        self._datasets = datasets
        self._threads = threads

    def do(self) -> None:
        claim, spec = self._claim, parse_spec(self._claim.spec)
        permilles = {permille / 1000: permille for permille in claim.permilles}
        measurement = whatif.measure(
            spec,
            self._outcome(),
            claim.task,
            whatif.coarse_to_fine(list(permilles)),
            datasets_dir=self._datasets,
            threads=threads_for(spec, self._threads),
            should_stop=self._lease.should_stop,
        )
        how = measurement.ranked_by, measurement.images
        write_persistently(self._database, lambda session: what_ifs.begin(session, claim, *how))
        for point in measurement.points:
            row = permilles[point.share], point.accuracy, point.zeros
            write_persistently(self._database, partial(_record, claim, row))
            self._wakeup.notify(claim.run_id)

    def close(self) -> None:
        """Every point is written when it is there."""

    def _outcome(self) -> bytes:
        """What is tested.

        :raises Stopped: when the run has gone back to before it, as whoever claims the what-if next finds.
        :raises CheckpointUnreadable: with what to do.
        """
        artifact = write_persistently(
            self._database, lambda session: session.get(Artifact, self._claim.outcome)
        )
        if artifact is None:
            raise Stopped
        try:
            return self._store.load_outcome(artifact)
        except CheckpointUnreadable as error:
            raise CheckpointUnreadable(f"{error} Measure at another task, or clone the run.") from error


def threads_for(spec: RunSpec, threads: int) -> int:
    """One for a perceptron: its matrices are too small to share; waiting for each other costs more."""
    return threads if spec.model.shares_threads else 1


def _record(claim: WhatIfClaim, row: tuple[int, Mapping[int, float], float], session: Session) -> None:
    what_ifs.record(session, claim, *row)
