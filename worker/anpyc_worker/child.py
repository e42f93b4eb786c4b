"""The process that trains one run: ``python -m anpyc_worker.child PARENT``.

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
    return _train(json.loads(line))


def _train(job: dict[str, Any]) -> int:
    from anpyc.settings import settings
    from anpyc_server.db.engine import open_database
    from anpyc_server.db.lifecycle import Claim, Stale
    from anpyc_server.db.wakeup import open_wakeup
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


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # threads and torch's own need no farewell
