"""Several attempts in one process: their runs are trained as one, and each is recorded, cancelled and ended
by itself, on a thread of its own."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from anpyc.errors import Stopped, TrainingError
from anpyc.recording import Checkpoint, Recorder
from anpyc.spec import RunSpec
from anpyc_worker.attempt import Attempt
from anpyc_worker.exit_codes import DONE, LEFT, STALE

LOOK_SECONDS = 0.2
"""How often an attempt looks whether it is to stop, while its run is trained."""
CRASHED = 1


class SharedTraining:
    """Trains the runs of all attempts once each has said where it goes on from, or has ended without."""

    def __init__(self, datasets: Path, threads: int, runs: int, checkpoint_seconds: float) -> None:
        self._datasets = datasets
        self._threads = threads
        self._checkpoint_seconds = checkpoint_seconds
        self._awaited = set(range(runs))
        self._begun: dict[int, tuple[RunSpec, Recorder, Checkpoint | None, Future[Any]]] = {}
        self._changed = threading.Condition()
        self.broken = threading.Event()
        """The runs cannot be trained together: each is to be tried again by itself."""

    def train(
        self, place: int, spec: RunSpec, recorder: Recorder, checkpoint: Checkpoint | None
    ) -> Mapping[str, float]:
        """On the attempt's thread: hand the run in and wait for its end. Answers its metrics.

        :raises Stopped: when its recorder says so, whatever the others are at."""
        outcome: Future[Any] = Future()
        with self._changed:
            self._begun[place] = spec, recorder, checkpoint, outcome
        self.wait_no_more_for(place)
        while True:
            try:
                ended = outcome.result(timeout=LOOK_SECONDS)
                break
            except TimeoutError:
                if recorder.should_stop():
                    raise Stopped from None
        if isinstance(ended, Exception):
            raise ended
        metrics: Mapping[str, float] = ended.metrics
        return metrics

    def wait_no_more_for(self, place: int) -> None:
        """The attempt has handed its run in, or has ended."""
        with self._changed:
            self._awaited.discard(place)
            self._changed.notify_all()

    def run(self) -> None:
        """On a thread of its own."""
        with self._changed:
            self._changed.wait_for(lambda: not self._awaited)
            begun = [self._begun[place] for place in sorted(self._begun)]
        if not begun:
            return
        from anpyc.stacking import Member, train_together  # late, as stand-ins for training know no stacks

        try:
            train_together(
                [Member(spec, recorder, at, outcome.set_result) for spec, recorder, at, outcome in begun],
                datasets_dir=self._datasets,
                threads=self._threads,
                checkpoint_seconds=self._checkpoint_seconds,
            )
        except TrainingError as error:
            for *_, outcome in begun:
                outcome.set_result(error)
        except BaseException:
            traceback.print_exc()
            self.broken.set()


def carry_out_together(attempts: Sequence[Attempt], training: SharedTraining) -> int:
    """All attempts to their ends. Answers the process's exit code: LEFT where one is to be given back."""
    threading.Thread(target=training.run, name="stack", daemon=True).start()
    codes: list[int | None] = [None] * len(attempts)

    def carry_out(place: int) -> None:
        try:
            codes[place] = attempts[place].carry_out()
        except Exception:  # the edge of this attempt: the supervisor reads the traceback, others go on
            traceback.print_exc()
            codes[place] = CRASHED
        finally:
            training.wait_no_more_for(place)

    threads = [
        threading.Thread(target=carry_out, args=(place,), name=f"attempt-{place}", daemon=True)
        for place in range(len(attempts))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            if training.broken.is_set():
                return CRASHED
    for code in (CRASHED, LEFT):
        if code in codes:
            return code
    return STALE if all(code == STALE for code in codes) else DONE
