"""A worker: hears of runs through Celery, looks for them itself when it is free, and has them trained, those
of one shape as one. One what-if at a time is measured beside them.

A message that is lost only delays, one that comes twice changes nothing, and one that comes while every slot
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
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from celery.exceptions import SecurityWarning
from celery.platforms import EX_FAILURE
from celery.signals import setup_logging, worker_shutting_down
from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc_queue import queue, workers
from anpyc_queue.broker import celery_app, queue_name
from anpyc_queue.engine import open_database
from anpyc_queue.jobs import RUN, life
from anpyc_queue.jobs.life import Claim, Kind
from anpyc_queue.messages import TASK
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.reconciler import LEASE_SECONDS, Reconciler
from anpyc_queue.retrying import OUTAGES, database_is_away, persistently, write_persistently
from anpyc_queue.stacking import companions
from anpyc_queue.tables import Worker
from anpyc_queue.wakeup import open_wakeup
from anpyc_queue.whatif import WHAT_IF, next_what_if
from anpyc_worker.device import find_device
from anpyc_worker.gpu import find_card
from anpyc_worker.processes import PRELOADED, Spawner
from anpyc_worker.stack_size import most_together
from anpyc_worker.supervision import Supervisor
from anpyc_worker.usage import MachineMeter

log = logging.getLogger(__name__)

MOST_THREADS = 8
"""For one run: networks of this size gain nothing from more."""
LOOK_SECONDS = 2.0
"""How often a worker with a free slot looks for a waiting run by itself."""
TAKE_AGAIN_SECONDS = 5.0
"""After a job that could not be taken for want of database, disk or processes."""
FIRST_DEAF_SECONDS, LONGEST_DEAF_SECONDS = 1.0, 60.0
"""After Celery could not go on, doubling."""


@dataclass(frozen=True)
class Lane:
    """Room for so many jobs of one kind, so that no kind waits for another."""

    kind: Kind[Any]
    room: threading.Semaphore
    find: Callable[[Session], str | None]
    """The job that is next."""


class WorkerService:
    """The whole of one worker process; :meth:`run` returns when it has stopped."""

    def __init__(
        self,
        settings: Settings,
        *,
        device: str = "auto",
        slots: int = 1,
        lease_seconds: float = LEASE_SECONDS,
        preloaded: str = PRELOADED,
    ) -> None:
        self._settings = settings
        self._device = find_device(device)
        self._slots = slots
        self._threads = max(1, min(MOST_THREADS, (os.cpu_count() or 1) // slots))
        """Of one process that trains."""
        self._lease_seconds = lease_seconds
        self.id = _worker_id()
        self._database = open_database(settings.database)
        self._wakeup = open_wakeup(settings.broker_url)
        self._runs = Lane(RUN, threading.Semaphore(slots), self._next_run)
        self._what_ifs = Lane(WHAT_IF, threading.Semaphore(1), next_what_if)
        self._busy = 0
        self._counting = threading.Lock()
        self._stopping = threading.Event()
        self._draining = threading.Event()
        self._broken = False
        self._spawner = Spawner(settings, preloaded)
        card = find_card(self._device.uuid)
        self._supervisor = Supervisor(
            self._database,
            self._spawner,
            lease_seconds=lease_seconds,
            threads=self._threads,
            stopping=self._stopping,
            on_change=self._wakeup.notify,
            card=card,
        )
        self._machine = MachineMeter(settings.data_dir, card)
        self._load: deque[dict[str, Any]] = deque(maxlen=workers.LOADS_KEPT)
        self._register = PeriodicThread(
            "register", self._heartbeat, workers.HEARTBEAT_SECONDS, on_bug=self._give_up
        )
        self._looking = PeriodicThread(
            "look", self._look, lambda: LOOK_SECONDS * random.uniform(0.7, 1.3), on_bug=self._give_up
        )
        self._carrying_out: list[threading.Thread] = []

    def run(self) -> int:
        """Work until told to stop. Answers the exit code: 1 when the worker had to give up.

        :raises Unusable: when the database is one that this version cannot use.
        """
        persistently(self._database.migrate)
        write_persistently(self._database, lambda session: workers.announce(session, self._entry()))
        self._spawner.prepare()
        reconciler = Reconciler(
            self._database,
            self.id,
            lease_seconds=self._lease_seconds,
            on_requeue=self._requeued,
            on_bug=self._give_up,
        )
        for thread in (reconciler, self._register, self._looking):
            thread.start()
        try:
            code = self._listen()
        finally:
            self._stop()
            self._register.stop()
            self._looking.stop()
            for carrying_out in self._carrying_out:
                carrying_out.join()
            reconciler.stop()
            self._spawner.close()
            self._leave()
        return 1 if self._broken else code

    # --- hearing and looking --------------------------------------------------------------------------------

    def _listen(self) -> int:
        """Celery's part, on the main thread, where signals arrive. Whatever it meets in the broker is no
        reason to train nothing: a message only says to look. Answers the exit code."""
        setup_logging.connect(_keep_logging)  # type: ignore[no-untyped-call]
        worker_shutting_down.connect(self._on_shutdown)  # type: ignore[no-untyped-call]
        warnings.filterwarnings(
            "ignore", category=SecurityWarning
        )  # nothing is unpickled, so root is no danger
        log.info("Worker %s is ready: %s, %d at a time.", self.id, self._device.name, self._slots)
        pause = FIRST_DEAF_SECONDS
        while (code := self._hear()) == EX_FAILURE and not self._stopping.is_set():
            log.error(
                "Messages cannot be heard. Runs are found by looking every %.0f s all the same; listening "
                "again in %.0f s.",
                LOOK_SECONDS,
                pause,
            )
            for number in (signal.SIGTERM, signal.SIGINT):  # Celery's own would not be heard now
                signal.signal(number, self._on_shutdown)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_DEAF_SECONDS)
        return 0 if self._stopping.is_set() else code

    def _hear(self) -> int:
        """Until Celery ends. Answers its exit code."""
        try:
            app = celery_app(self._settings)
        except OSError as error:
            log.error("The broker's folder cannot be used: %s", error)
            return EX_FAILURE

        @app.task(name=TASK)  # type: ignore[untyped-decorator, no-untyped-call]
        def train(run_id: str) -> None:
            self._answer(run_id)

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
        celery_worker.start()
        return int(celery_worker.exitcode or 0)

    def _answer(self, run_id: str) -> None:
        """There was a message for a run, or for a what-if of it, which is found by looking."""
        self._looking.notify()
        if self._takes_more() and self._runs.room.acquire(blocking=False):
            self._carry_out(run_id, self._runs)

    def _look(self) -> None:
        """Whenever a lane has room, look for what is next."""
        for lane in (self._runs, self._what_ifs):
            while self._takes_more() and lane.room.acquire(blocking=False):
                job_id = None
                try:
                    with self._database.read() as session:
                        job_id = lane.find(session)
                finally:
                    if job_id is None:
                        lane.room.release()
                if job_id is None:
                    break
                thread = threading.Thread(target=self._carry_out, args=(job_id, lane), name=f"job-{job_id}")
                self._carrying_out = [*(t for t in self._carrying_out if t.is_alive()), thread]
                thread.start()

    def _takes_more(self) -> bool:
        return not self._stopping.is_set() and not self._draining.is_set()

    def _carry_out(self, job_id: str, lane: Lane) -> None:
        """With room taken: claim it, have it carried out, make room again."""
        with self._counting:
            self._busy += 1
        try:
            claims = self._claim(job_id, lane)
            if claims:
                for claim in claims:
                    self._wakeup.notify(claim.run_id)
                self._supervisor.supervise(claims)
        except Exception as error:  # the edge of this thread: a bug is told, and ends the worker
            if database_is_away(error):
                log.warning("%s %s could not be taken, it will be found: %s", lane.kind.title, job_id, error)
                self._stopping.wait(TAKE_AGAIN_SECONDS)
            else:
                log.exception("%s %s could not be carried out.", lane.kind.title, job_id)
                self._give_up(error)
        finally:
            with self._counting:
                self._busy -= 1
            lane.room.release()
            self._looking.notify()

    def _claim(self, job_id: str, lane: Lane) -> list[Claim]:
        """The job that is next by now and, of runs, those that can be trained as one with it. Nothing if
        another worker was faster or this one is to drain.

        A message names the run it was sent for, and a look was some time ago: whichever was put before that
        one since is taken in its place, so that a queue is worked off in its order."""
        with self._database.write() as session:
            if workers.is_draining(session, self.id):
                self._draining.set()  # the next heartbeat, which sees to the rest, would come too late
                return []
            next_job = lane.find(session) or job_id
            claim = life.claim(session, lane.kind, next_job, self.id, self._lease_seconds)
        if claim is None or lane.kind is not RUN:
            return [] if claim is None else [claim]
        claims = [claim]
        try:
            with self._database.read() as session:
                most = self._most_together(claim)
                others = companions(session, claim, self._device.kind, most) if most > 1 else []
            for other in others:
                with self._database.write() as session:
                    further = life.claim(session, RUN, other, self.id, self._lease_seconds)
                claims += [] if further is None else [further]
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.warning("Those already claimed are trained without more: %s", error)
        return claims

    def _most_together(self, claim: Claim) -> int:
        spec, here = claim.spec, self._settings
        return most_together(spec, self._device, here.stacked_runs, here.datasets, self._threads)

    def _next_run(self, session: Session) -> str | None:
        return queue.next_run(session, workers.served_by(self._device.kind))

    def _requeued(self, run_id: str) -> None:
        self._wakeup.notify(run_id)
        self._looking.notify()

    # --- the register ---------------------------------------------------------------------------------------

    def _entry(self) -> Worker:
        return Worker(
            id=self.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            device=self._device.kind,
            device_name=self._device.name,
            memory_bytes=self._device.memory_bytes,
            bfloat16=self._device.bfloat16,
            slots=self._slots,
            version=version("anpyc-dashboard"),
        )

    def _heartbeat(self) -> None:
        self._load.append(self._machine.measure())
        with self._database.write() as session:
            drain = workers.heartbeat(session, self.id, list(self._load))
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
            self._looking.notify()

    def _leave(self) -> None:
        try:
            with self._database.write() as session:
                workers.leave(session, self.id)
        except OUTAGES as error:
            if not database_is_away(error):
                raise
            log.warning("The register still shows this worker for a while: %s", error)
        self._wakeup.close()
        self._database.dispose()

    # --- stopping -------------------------------------------------------------------------------------------

    def _on_shutdown(self, *_: object, **__: object) -> None:
        log.info("Stopping; runs go back to the queue.")
        self._stop()

    def _give_up(self, error: Exception) -> None:  # noqa: ARG002 - it is logged where it was met
        """A bug: whoever started this worker starts another one, which may fare better."""
        self._broken = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self) -> None:
        self._stopping.set()
        self._looking.notify()


def _keep_logging(**_: Any) -> None:
    """Celery leaves logging as it is when somebody listens to its signal."""


def _worker_id() -> str:
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
