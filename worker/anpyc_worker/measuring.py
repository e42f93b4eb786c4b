"""One what-if: from the stored end of a task, share by share, to points in the database."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from anpyc.errors import TrainingError
from anpyc.spec import SpecError, parse_spec
from anpyc_queue import whatif
from anpyc_queue.engine import Database
from anpyc_queue.jobs import Stale
from anpyc_queue.wakeup import WakeUp
from anpyc_queue.whatif import WhatIfClaim
from anpyc_worker.attempt import DONE, LEFT, STALE
from anpyc_worker.checkpoints import ArtifactStore, CheckpointUnreadable
from anpyc_worker.persistence import persistently

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.7
"""How often it looks whether it is to stop."""


@dataclass
class Measuring:
    """All that one measurement needs."""

    database: Database
    store: ArtifactStore
    held: WhatIfClaim
    wakeup: WakeUp
    lease_seconds: float
    datasets: Path
    threads: int
    leaving: bool = False
    """Told to give the job back."""
    cancel_requested: bool = False
    stale: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def carry_out(self) -> int:
        """Measure and record how it ended; answers the process's exit code, as of an attempt at a run."""
        from anpyc.whatif import Stopped

        beater = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
        beater.start()
        try:
            self._measure()
            persistently(self.database, lambda session: whatif.finish(session, self.held))
        except Stopped:
            return self._stopped()
        except SpecError as error:
            self._fail("invalid_spec", f"This version cannot build the run's network: {error}")
        except CheckpointUnreadable as error:
            self._fail("checkpoint_unreadable", f"{error} Measure at another task, or clone the run.")
        except TrainingError as error:
            self._fail(error.code, str(error))
        except MemoryError:
            self._fail("out_of_memory", "The machine has no memory left.")
        except Stale:
            raise
        except Exception as error:
            traceback.print_exc()
            self._fail("unexpected", f"It ended with an unexpected {type(error).__name__}: {error}")
        finally:
            self._ended.set()
        self.wakeup.notify(self.held.run_id)
        return DONE

    def _measure(self) -> None:
        from anpyc.whatif import coarse_to_fine, measure

        held = self.held
        spec = parse_spec(held.spec)
        permilles = {permille / 1000: permille for permille in held.permilles}
        measurement = measure(
            spec,
            self.store.load_outcome(held.outcome),
            held.task,
            coarse_to_fine(list(permilles)),
            datasets_dir=self.datasets,
            threads=self.threads if spec.model.shares_threads else 1,
            should_stop=lambda: self.cancel_requested or self.stale or self.leaving,
        )
        persistently(
            self.database,
            lambda session: whatif.begin(session, held, measurement.ranked_by, measurement.images),
        )
        for point in measurement.points:
            row = permilles[point.share], point.accuracy, point.zeros
            persistently(self.database, partial(_record, held, row))
            self.wakeup.notify(held.run_id)

    def _stopped(self) -> int:
        if self.stale:
            return STALE
        if not self.cancel_requested:
            return LEFT
        persistently(self.database, lambda session: whatif.cancelled(session, self.held))
        self.wakeup.notify(self.held.run_id)
        return DONE

    def _fail(self, code: str, message: str) -> None:
        persistently(self.database, lambda session: whatif.fail(session, self.held, code, message))

    def _beat_on(self) -> None:
        """The lease at first and at a quarter of its length; orders more often."""
        looks = max(1, round(self.lease_seconds / 4 / LOOK_SECONDS))
        look = 0
        while not self._ended.is_set():
            try:
                if look % looks == 0:
                    with self.database.write() as session:
                        cancel = whatif.heartbeat(session, self.held, self.lease_seconds)
                else:
                    with self.database.read() as session:
                        cancel = whatif.is_to_stop(session, self.held)
                self.cancel_requested |= cancel
            except Stale:
                self.stale = not self._ended.is_set()
                return
            except Exception as error:
                log.warning("The lease could not be renewed, trying again: %s", error)
            look += 1
            self._ended.wait(LOOK_SECONDS)


def _record(held: WhatIfClaim, row: tuple[int, Mapping[int, float], float], session: Session) -> None:
    whatif.record(session, held, *row)
