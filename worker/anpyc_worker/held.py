"""What a process of this worker is at work on: a run or a what-if, claimed, and how each ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue import jobs, whatif
from anpyc_queue.jobs import Claim
from anpyc_queue.tables import TERMINAL, Run, WhatIf
from anpyc_queue.whatif import WhatIfClaim

Order = Literal["kill", "cancel"]


class Held(Protocol):
    """A claim that a process works under. Each method is part of the caller's transaction."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    @property
    def run_id(self) -> str:
        """Whose page is to hear of it."""
        ...

    def job(self) -> dict[str, Any]:
        """What the process is told, as JSON."""
        ...

    def renew(self, session: Session, lease_seconds: float) -> None:
        """:raises anpyc_queue.jobs.Stale: when somebody else owns it by now."""
        ...

    def order(self, session: Session) -> Order | None:
        """kill: it belongs to somebody else. cancel: somebody asked."""
        ...

    def give_back(self, session: Session) -> str:
        """The worker leaves. Answers the status."""
        ...

    def lost(self, session: Session, reason: str) -> str:
        """The process has ended without a word. Answers the status."""
        ...


@dataclass(frozen=True)
class HeldRun:
    """A run that is trained."""

    claim: Claim

    @property
    def name(self) -> str:
        return f"Run {self.claim.run_id}"

    @property
    def run_id(self) -> str:
        return self.claim.run_id

    def job(self) -> dict[str, Any]:
        held = self.claim
        return {
            "run_id": held.run_id,
            "token": held.token,
            "attempt": held.attempt,
            "worker_id": held.worker_id,
            "spec": held.spec,
        }

    def renew(self, session: Session, lease_seconds: float) -> None:
        jobs.heartbeat(session, self.claim, lease_seconds)

    def order(self, session: Session) -> Order | None:
        query = select(Run.token, Run.cancel_requested, Run.attempt, Run.status)
        found = session.execute(query.where(Run.id == self.run_id)).first()
        # An attempt that has recorded the run's end is only still tidying up.
        if found is None or (
            found.token != self.claim.token
            and (found.attempt, found.status in TERMINAL) != (self.claim.attempt, True)
        ):
            return "kill"
        return "cancel" if found.cancel_requested else None

    def give_back(self, session: Session) -> str:
        return jobs.release(session, self.claim, "The worker was shut down.").status

    def lost(self, session: Session, reason: str) -> str:
        return jobs.requeue(session, self.run_id, self.claim.token, "process_lost", reason).status


@dataclass(frozen=True)
class HeldWhatIf:
    """A what-if that is measured."""

    claim: WhatIfClaim

    @property
    def name(self) -> str:
        return f"What-if {self.claim.what_if_id}"

    @property
    def run_id(self) -> str:
        return self.claim.run_id

    def job(self) -> dict[str, Any]:
        held = self.claim
        return {
            "what_if_id": held.what_if_id,
            "run_id": held.run_id,
            "token": held.token,
            "worker_id": held.worker_id,
            "spec": held.spec,
            "task": held.task,
            "permilles": held.permilles,
            "outcome": held.outcome.id,
        }

    def renew(self, session: Session, lease_seconds: float) -> None:
        whatif.heartbeat(session, self.claim, lease_seconds)

    def order(self, session: Session) -> Order | None:
        query = select(WhatIf.token, WhatIf.cancel_requested, WhatIf.status)
        found = session.execute(query.where(WhatIf.id == self.claim.what_if_id)).first()
        if found is None or (found.token != self.claim.token and found.status not in TERMINAL):
            return "kill"
        return "cancel" if found.cancel_requested else None

    def give_back(self, session: Session) -> str:
        return whatif.release(session, self.claim).status

    def lost(self, session: Session, reason: str) -> str:
        claim = self.claim
        return whatif.requeue(session, claim.what_if_id, claim.token, "process_lost", reason).status
