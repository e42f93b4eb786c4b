"""The process that carries out one claim, or several at once: ``python -m anpyc_worker.child PARENT``.

It loads torch first and then waits on its standard input for the claims, one line of JSON, so that a run that
is submitted starts at once. It records the end of each job itself; its exit code tells the supervisor more.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import sys
import traceback

from anpyc_worker import lifeline
from anpyc_worker.exit_codes import LEFT

NICENESS = 5
"""Training yields to the server and the desktop."""


def main() -> int:
    """Wait for claims and carry them out."""
    lifeline.die_with_parent(int(sys.argv[1]))
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(NICENESS)
    from anpyc_worker import work  # brings torch: slow, so after this process is nice and before the claim

    line = sys.stdin.readline()
    if not line:
        return LEFT
    lifeline.when_closed(sys.stdin, lifeline.end_group)
    try:
        return work.carry_out(json.loads(line))
    except Exception:  # the edge of this process: its supervisor reads the traceback and the exit code
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # threads and torch's own need no farewell
