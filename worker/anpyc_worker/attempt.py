"""One attempt at a job: the work done under a lease, and its end recorded."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from anpyc.errors import (
    DatasetMissing,
    DatasetUnreadable,
    OutOfMemory,
    Stopped,
    TrainingError,
    is_out_of_memory,
)
from anpyc.spec import SpecError
from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import life
from anpyc_queue.jobs.life import Claim
from anpyc_queue.retrying import write_persistently
from anpyc_queue.unusable import NO_SPACE
from anpyc_queue.wakeup import WakeUp
from anpyc_worker.checkpoints import CheckpointUnreadable
from anpyc_worker.exit_codes import DONE, LEFT, STALE
from anpyc_worker.lease import Lease

SPEAK_FOR_THEMSELVES = (DatasetMissing, DatasetUnreadable, CheckpointUnreadable)
"""Errors whose sentence says it all, without a traceback."""

End = Callable[[Session], object]
"""Records how the job ended, in the caller's transaction."""


class Work(Protocol):
    """What is done under a claim."""

    def do(self) -> Mapping[str, float] | None:
        """Carry it out. Answers its metrics, if it has any.

        :raises Stopped: when the lease says so.
        :raises Stale: when somebody else owns the job by now.
        """
        ...

    def close(self) -> None:
        """Write what is left."""
        ...

    @property
    def trouble(self) -> Exception | None:
        """What keeps reports from being written and will not pass by itself."""
        ...


@dataclass
class Attempt:
    """All that one attempt needs."""

    database: Database
    claim: Claim
    lease: Lease
    wakeup: WakeUp
    work: Work

    def carry_out(self) -> int:
        """Do the work and record how it ended; answers the process's exit code."""
        self.lease.start()
        try:
            end = self._worked()
            self.work.close()
            end = self._troubled() or end
            if end is None:
                return LEFT
            self._record(end)
        except Stale:
            return STALE
        finally:
            self.lease.stop()
        return DONE

    def _worked(self) -> End | None:
        """How the work ended; None where the job is to be given back."""
        try:
            metrics = self.work.do()
        except Stopped:
            return self._stopped()
        except Stale:
            raise
        except Exception as error:  # the edge of the work: whatever it was, the job ends with this reason
            return self._failure(*reason_of(error))
        return lambda session: life.finish(session, self.claim, metrics)

    def _stopped(self) -> End | None:
        if self.lease.stale:
            raise Stale(f"{self.claim} belongs to somebody else by now.")
        if self.lease.trouble is not None:
            return self._failure(*reason_of(self.lease.trouble))
        if self.lease.cancel_requested:
            return lambda session: life.cancelled(session, self.claim)
        return None

    def _troubled(self) -> End | None:
        trouble = self.work.trouble
        if isinstance(trouble, Stale):
            raise trouble
        if trouble is None:
            return None
        return self._failure("not_recorded", f"What the run reported could not be stored: {trouble}")

    def _failure(self, code: str, message: str, trace: str | None = None) -> End:
        return lambda session: life.fail(session, self.claim, code, message, trace)

    def _record(self, end: End) -> None:
        self.lease.ending = True
        tried = False

        def work(session: Session) -> None:
            nonlocal tried
            if tried and life.order(session, self.claim) == "ended":
                return  # the commit before this one arrived, only its answer was lost
            tried = True
            end(session)

        write_persistently(self.database, work)
        self.wakeup.notify(self.claim.run_id)


def reason_of(error: Exception) -> tuple[str, str, str | None]:
    """Code, message and, where it helps, traceback of a failure."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, SpecError):
        return "invalid_spec", f"This version cannot run the specification: {error}", None
    if isinstance(error, SPEAK_FOR_THEMSELVES):
        return error.code, str(error), None
    if isinstance(error, TrainingError):
        return error.code, str(error), trace
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        where = f" ({error.filename})" if error.filename else ""
        message = f"No space is left on the worker's disk{where}. Free some there, then resume the run."
        return "storage_full", message, None
    if is_out_of_memory(error):
        message = "The machine had no memory left for it. Use a smaller model, data set or batch."
        return OutOfMemory.code, message, trace
    return "unexpected", f"It ended with an unexpected {type(error).__name__}: {error}", trace
