"""The process that trains one run or measures one what-if: ``python -m anpyc_worker.child PARENT``.

It loads torch first and then waits on its standard input for the claim, one line of JSON, so that a run that
is submitted starts at once. It records the end of the run itself; its exit code tells the supervisor more.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import sys
import traceback
from typing import Any

from anpyc_worker import lifeline
from anpyc_worker.attempt import LEFT, STALE, Attempt

NICENESS = 5
"""Training yields to the server and the desktop."""
MEASURING_NICENESS = 5
"""A what-if yields to training as well."""


def main() -> int:
    """Wait for a claim and train it."""
    lifeline.die_with_parent(int(sys.argv[1]))
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(NICENESS)
    import anpyc.training  # noqa: F401 - the slow import, before the claim arrives

    line = sys.stdin.readline()
    if not line:
        return LEFT
    lifeline.when_closed(sys.stdin, lifeline.end_group)
    job = json.loads(line)
    return _measure(job) if "what_if_id" in job else _train(job)


def _train(job: dict[str, Any]) -> int:
    from anpyc.settings import settings
    from anpyc_queue.engine import open_database
    from anpyc_queue.jobs import Claim, Stale
    from anpyc_queue.wakeup import open_wakeup
    from anpyc_worker.checkpoints import ArtifactStore
    from anpyc_worker.recorder import DatabaseRecorder

    here = settings()
    held = Claim(job["run_id"], job["token"], job["attempt"], job["worker_id"], job["spec"])
    database = open_database(here.database)
    store = ArtifactStore(here.artifacts)
    recorder = DatabaseRecorder(database, store, held, open_wakeup(here.broker_url), job["lease_seconds"])
    signal.signal(signal.SIGTERM, lambda *_: setattr(recorder, "leaving", True))
    attempt = Attempt(database, store, recorder, held, here.datasets, job["threads"])
    try:
        return attempt.carry_out()
    except Stale:
        return STALE
    except Exception:
        traceback.print_exc()
        return 1


def _measure(job: dict[str, Any]) -> int:
    from anpyc.settings import settings
    from anpyc_queue.engine import open_database
    from anpyc_queue.jobs import Stale
    from anpyc_queue.tables import Artifact
    from anpyc_queue.wakeup import open_wakeup
    from anpyc_queue.whatif import WhatIfClaim
    from anpyc_worker.checkpoints import ArtifactStore
    from anpyc_worker.measuring import Measuring
    from anpyc_worker.persistence import persistently

    os.nice(MEASURING_NICENESS)
    here = settings()
    database = open_database(here.database)
    outcome = persistently(database, lambda session: session.get(Artifact, job["outcome"]))
    if outcome is None:
        return LEFT  # the run has gone back since; whoever claims it next finds that out
    held = WhatIfClaim(
        job["what_if_id"],
        job["run_id"],
        job["token"],
        job["worker_id"],
        job["spec"],
        job["task"],
        tuple(job["permilles"]),
        outcome,
    )
    wakeup = open_wakeup(here.broker_url)
    store, seconds = ArtifactStore(here.artifacts), job["lease_seconds"]
    measuring = Measuring(database, store, held, wakeup, seconds, here.datasets, job["threads"])
    signal.signal(signal.SIGTERM, lambda *_: setattr(measuring, "leaving", True))
    try:
        return measuring.carry_out()
    except Stale:
        return STALE
    except Exception:
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # threads and torch's own need no farewell
