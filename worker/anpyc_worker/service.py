"""A worker: hears of runs through Celery, looks for them itself when it is free, and has them trained. One
what-if at a time is measured beside them.

A doorbell that is lost only delays, one that rings twice changes nothing, and one that comes while every slot
is taken is dropped: the run is in the database, and whoever is free next looks there.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import socket
import threading
import uuid
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, worker_shutting_down
from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc_queue import jobs, queue, whatif, workers
from anpyc_queue.broker import TASK, celery_app, queue_name
from anpyc_queue.engine import Database, open_database
from anpyc_queue.reconciler import LEASE_SECONDS, Reconciler
from anpyc_queue.tables import Worker
from anpyc_queue.wakeup import open_wakeup
from anpyc_worker.device import find_device
from anpyc_worker.held import Held, HeldRun, HeldWhatIf
from anpyc_worker.supervision import COMMAND, Nursery, Supervisor

log = logging.getLogger(__name__)

MOST_THREADS = 8
"""For one run: networks of this size gain nothing from more."""
LOOK_SECONDS = 2.0
"""How often a worker with a free slot looks for a waiting run by itself."""


class WorkerService:
    """The whole of one worker process; :meth:`run` returns when it has stopped."""

    def __init__(
        self,
        settings: Settings,
        *,
        device: str = "auto",
        slots: int = 1,
        lease_seconds: float = LEASE_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._settings = settings
        self._device = find_device(device)
        self._slots = slots
        self._lease_seconds = lease_seconds
        self.id = _worker_id()
        self._database = open_database(settings.database)
        self._wakeup = open_wakeup(settings.broker_url)
        self._free = threading.Semaphore(slots)
        self._lane = threading.Semaphore(1)
        """For one what-if beside the runs, so that neither kind waits for the other."""
        self._busy = 0
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self._look_now = threading.Event()
        self._nursery = Nursery(settings, command)
        self._supervisor = Supervisor(
            self._database,
            self._nursery,
            lease_seconds=lease_seconds,
            threads=max(1, min(MOST_THREADS, (os.cpu_count() or 1) // slots)),
            stopping=self._stopping,
            on_change=self._wakeup.notify,
        )
        self._training: list[threading.Thread] = []

    def run(self) -> int:
        """Work until told to stop."""
        _wait_for(self._database)
        with self._database.write() as session:
            workers.announce(session, self._entry())
        self._nursery.prepare()
        reconciler = Reconciler(
            self._database, self.id, lease_seconds=self._lease_seconds, on_requeue=self._requeued
        )
        reconciler.start()
        threads = [
            threading.Thread(target=self._beat_on, name="register", daemon=True),
            threading.Thread(target=self._look_on, name="look", daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            code = self._listen()
        finally:
            self._stop()
            for thread in [*threads, *self._training]:
                thread.join()
            reconciler.stop()
            self._nursery.close()
            self._leave()
        return code

    # --- hearing and looking --------------------------------------------------------------------------------

    def _listen(self) -> int:
        """Celery's part, on the main thread, where signals arrive."""
        app = celery_app(self._settings)

        @app.task(name=TASK)  # type: ignore[untyped-decorator, no-untyped-call]
        def train(run_id: str) -> None:
            self._answer(run_id)

        setup_logging.connect(_keep_logging)  # type: ignore[no-untyped-call]
        worker_shutting_down.connect(self._on_shutdown)  # type: ignore[no-untyped-call]
        warnings.filterwarnings(
            "ignore", category=SecurityWarning
        )  # nothing is unpickled, so root is no danger
        celery_worker = app.Worker(
            pool="threads",
            concurrency=self._slots,
            queues=[queue_name(device) for device in workers.served_by(self._device.kind)],
            hostname=f"{self.id}@{socket.gethostname()}",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
            loglevel="WARNING",
        )
        log.info("Worker %s is ready: %s, %d at a time.", self.id, self._device.name, self._slots)
        celery_worker.start()
        return int(celery_worker.exitcode or 0)

    def _answer(self, run_id: str) -> None:
        """The bell rang for a run, or for a what-if of it, which is found by looking."""
        self._look_now.set()
        if self._takes_more() and self._free.acquire(blocking=False):
            self._carry_out_and_free(run_id, self._free, self._claim_run)

    def _look_on(self) -> None:
        """Whenever a slot or the lane is free, look for what has waited longest."""
        while not self._stopping.is_set():
            try:
                self._look(self._free, self._next_run, self._claim_run)
                self._look(self._lane, self._next_what_if, self._claim_what_if)
            except Exception as error:
                log.warning("Looking for what waits failed, trying again: %s", error)
            self._look_now.wait(LOOK_SECONDS * random.uniform(0.7, 1.3))
            self._look_now.clear()

    def _look(
        self,
        room: threading.Semaphore,
        find: Callable[[Session], str | None],
        claim: Callable[[Session, str], Held | None],
    ) -> None:
        while self._takes_more() and room.acquire(blocking=False):
            found = None
            try:
                with self._database.read() as session:
                    found = find(session)
            finally:
                if found is None:
                    room.release()
            if found is None:
                return
            thread = threading.Thread(
                target=self._carry_out_and_free, args=(found, room, claim), name=f"job-{found}"
            )
            self._training = [*(t for t in self._training if t.is_alive()), thread]
            thread.start()

    def _takes_more(self) -> bool:
        return not self._stopping.is_set() and not self._draining.is_set()

    def _carry_out_and_free(
        self, found: str, room: threading.Semaphore, claim: Callable[[Session, str], Held | None]
    ) -> None:
        """With room taken: claim it, have it carried out, free the room."""
        with self._counting:
            self._busy += 1
        try:
            with self._database.write() as session:
                held = claim(session, found)
            if held is not None:
                self._wakeup.notify(held.run_id)
                threading.Timer(1.0, self._nursery.prepare).start()
                self._supervisor.supervise(held)
        except Exception:
            log.exception("%s could not be carried out.", found)
        finally:
            with self._counting:
                self._busy -= 1
            room.release()
            self._look_now.set()

    def _next_run(self, session: Session) -> str | None:
        return queue.next_run(session, workers.served_by(self._device.kind))

    def _claim_run(self, session: Session, run_id: str) -> Held | None:
        claim = jobs.claim(session, run_id, self.id, self._lease_seconds)
        return None if claim is None else HeldRun(claim)

    def _next_what_if(self, session: Session) -> str | None:
        return whatif.next_what_if(session)

    def _claim_what_if(self, session: Session, what_if_id: str) -> Held | None:
        claim = whatif.claim(session, what_if_id, self.id, self._lease_seconds)
        return None if claim is None else HeldWhatIf(claim)

    def _requeued(self, run_id: str) -> None:
        self._wakeup.notify(run_id)
        self._look_now.set()

    # --- the register ---------------------------------------------------------------------------------------

    def _entry(self) -> Worker:
        return Worker(
            id=self.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._device.kind,
            device_name=self._device.name,
            memory_bytes=self._device.memory_bytes,
            slots=self._slots,
            version=version("anpyc-dashboard"),
        )

    def _beat_on(self) -> None:
        while not self._stopping.wait(workers.BEAT_SECONDS):
            try:
                self._beat()
            except Exception as error:
                log.warning("The database does not answer, trying again: %s", error)

    def _beat(self) -> None:
        with self._database.write() as session:
            drain = workers.beat(session, self.id)
            if drain is None:
                workers.announce(session, self._entry())
        if drain:
            if not self._draining.is_set():
                log.info("Draining: what is being trained goes on, nothing new is taken.")
            self._draining.set()
            if self._busy == 0:
                os.kill(os.getpid(), signal.SIGTERM)
        elif self._draining.is_set():
            log.info("Taking runs again.")
            self._draining.clear()
            self._look_now.set()

    def _leave(self) -> None:
        try:
            with self._database.write() as session:
                workers.leave(session, self.id)
        except Exception as error:
            log.warning("The register still shows this worker for a while: %s", error)
        self._wakeup.close()
        self._database.dispose()

    # --- stopping -------------------------------------------------------------------------------------------

    def _on_shutdown(self, **_: Any) -> None:
        log.info("Stopping; runs go back to the queue.")
        self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self._look_now.set()


def _keep_logging(**_: Any) -> None:
    """Celery leaves logging as it is when somebody listens to its signal."""


def _worker_id() -> str:
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def _wait_for(database: Database) -> None:
    """Until the database answers and its tables are there."""
    pause = threading.Event()
    while True:
        try:
            database.migrate()
        except Exception as error:
            log.warning("The database does not answer, trying again: %s", error)
            pause.wait(2.0)
        else:
            return
