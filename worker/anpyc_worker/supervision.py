"""One process per claim, or per stack of them: watched, stopped when asked, and its jobs given back when it
is lost."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import asdict
from typing import Literal

from anpyc.errors import says_out_of_memory
from anpyc_queue.engine import Database
from anpyc_queue.errors import Stale
from anpyc_queue.jobs import life
from anpyc_queue.jobs.life import Claim
from anpyc_queue.retrying import OUTAGES, database_is_away, persistently
from anpyc_queue.tables import PROCESS_LOST
from anpyc_worker.exit_codes import DONE, LEFT, STALE
from anpyc_worker.processes import ChildProcess, Spawner
from anpyc_worker.usage import LooksAtCard
from anpyc_worker.watch import watched

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
BEGIN_SECONDS = 60.0
"""What a process may take on a busy machine until it renews its lease itself."""
POLITE_SECONDS = 2.0
"""The process sees by itself that it is to stop, between two steps; SIGTERM comes after this."""
PATIENT_SECONDS = 8.0
"""What it may take to write what is left; SIGKILL comes after this."""


BESIDE_SECONDS = 30.0
"""What a job may take to end while others go on in its process; then the process hangs and is killed with
all of them."""


class Supervisor:
    """Has claims carried out, one :meth:`supervise` per process, from any thread."""

    def __init__(
        self,
        database: Database,
        spawner: Spawner,
        *,
        lease_seconds: float,
        threads: int,
        stopping: threading.Event,
        on_change: Callable[[str], None] = lambda _: None,
        card: LooksAtCard | None = None,
    ) -> None:
        self._database = database
        self._spawner = spawner
        self._lease_seconds = lease_seconds
        self._threads = threads
        self._stopping = stopping
        self._on_change = on_change
        self._card = card

    def supervise(self, claims: Sequence[Claim]) -> None:
        """Have them carried out by one process, and see to it that no job stays held when this returns."""
        try:
            process = self._started(claims)
        except Exception:
            for claim in claims:
                self._give_back(claim)
            raise
        try:
            with watched(self._database, process.pid, claims, self._card):
                code = self._wait(process, claims)
        finally:
            output = process.clear()
        for claim in claims:
            if code != STALE:
                self._settle(claim, code, output, process.killed)
            self._on_change(claim.run_id)

    def _give_back(self, claim: Claim) -> None:
        """No process could be started for it, which is no fault of the job."""

        def release() -> None:
            with self._database.write() as session:
                life.release(session, claim, "The worker could not start a process for it.")

        try:
            persistently(release, stopping=self._stopping)
        except Stale:
            return
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.warning("%s could not be given back, it will be found: %s", claim, error)

    def _started(self, claims: Sequence[Claim]) -> ChildProcess:
        """Their process; the claims are held while what every process needs is still being loaded."""
        order = {
            "kind": claims[0].kind.table.kind,
            "claims": [asdict(claim) for claim in claims],
            "lease_seconds": self._lease_seconds,
            "threads": self._threads,
        }
        starting = self._spawner.start(order)
        while not wait([starting], timeout=self._lease_seconds / 4).done:
            for claim in claims:
                self._renew(claim)
        return starting.result()

    def _wait(self, process: ChildProcess, claims: Sequence[Claim]) -> int:
        """Until the process has ended, by itself or because it was told to."""
        ordered_at: float | None = None
        leaving: dict[str, float] = {}
        """Since when a job is to end before its time, though others go on beside it."""
        began = renewed = time.monotonic()
        while True:
            code = process.wait(LOOK_SECONDS)
            if code is not None:
                return code
            moment = time.monotonic()
            if moment - began < BEGIN_SECONDS and moment - renewed > self._lease_seconds / 4:
                renewed = moment
                for claim in claims:
                    self._renew(claim)
            orders = self._orders(claims)
            leaving = {
                job: leaving.get(job, moment) for job, given in orders.items() if given in ("cancel", "stale")
            }
            order = self._order(list(orders.values()))
            if order == "kill" or any(moment - since > BESIDE_SECONDS for since in leaving.values()):
                process.send(signal.SIGKILL)
            elif order is not None:
                ordered_at = ordered_at or time.monotonic()
                self._insist(process, time.monotonic() - ordered_at, polite=order == "cancel")

    def _renew(self, claim: Claim) -> None:
        """The lease, until the process does that itself."""
        try:
            with self._database.write() as session:
                life.renew(session, claim, self._lease_seconds)
        except Stale:
            return  # ended or taken over; what to do about that is told by the next order
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.debug("The database does not answer: %s", error)

    def _orders(self, claims: Sequence[Claim]) -> dict[str, life.Order | None]:
        """By job; of one that has ended none, it is only still tidying up."""
        try:
            with self._database.read() as session:
                orders = {claim.job_id: life.order(session, claim) for claim in claims}
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.debug("The database does not answer: %s", error)
            return {}
        return {job: order for job, order in orders.items() if order != "ended"}

    def _order(self, orders: Sequence[life.Order | None]) -> Literal["kill", "cancel", "leave"] | None:
        """kill: all that is left belongs to somebody else. cancel: somebody asked for it. leave: this worker
        shuts down. As long as one job goes on, those that do not leave the process by themselves."""
        if orders and all(order == "stale" for order in orders):
            return "kill"
        if orders and all(order in ("cancel", "stale") for order in orders):
            return "cancel"
        return "leave" if self._stopping.is_set() else None

    @staticmethod
    def _insist(process: ChildProcess, seconds: float, *, polite: bool) -> None:
        grace = POLITE_SECONDS if polite else 0.0
        if seconds >= grace + PATIENT_SECONDS:
            process.send(signal.SIGKILL)
        elif seconds >= grace:
            process.send(signal.SIGTERM, alone=True)

    def _settle(self, claim: Claim, code: int, output: str, killed: bool) -> None:
        """Whatever the process has left undone: the job is released, requeued or recorded as cancelled."""

        def settle() -> str:
            with self._database.write() as session:
                if self._stopping.is_set() or code == LEFT:
                    return str(life.release(session, claim, "The worker was shut down.").status)
                reason = _reason(code, output, killed)
                job = life.requeue(session, claim.kind, claim.job_id, claim.token, PROCESS_LOST, reason)
                return str(job.status)

        try:
            status = persistently(settle, stopping=self._stopping)
        except Stale:
            return
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.warning("%s could not be given back, it will be found: %s", claim, error)
            return
        if code != DONE:
            log.warning("%s is %s now. %s", claim, status, _reason(code, output, killed))


def _reason(code: int, output: str, killed: bool) -> str:
    """Why a process has ended.

    :param killed: by its supervisor, because it did not stop when it was asked to."""
    last = output.splitlines()[-1][:300] if output else ""
    if code == -signal.SIGKILL and killed:
        return "The training process did not stop when it was asked to and was killed (SIGKILL)."
    if code == -signal.SIGKILL or (code < 0 and says_out_of_memory(output)):
        name = signal.Signals(-code).name
        return f"The training process was killed ({name}), probably as the machine ran out of memory. {_LESS}"
    if code < 0:
        return f"The training process was ended by {signal.Signals(-code).name}. {last}".strip()
    if says_out_of_memory(last):
        return f"The machine had no memory left for the training process. {last} {_LESS}"
    return f"The training process ended with exit code {code}. {last}".strip()


_LESS = "Use a smaller network, batch or data set, train fewer runs side by side, or add memory."
