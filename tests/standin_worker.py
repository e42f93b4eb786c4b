"""A worker that trains with the stand-in, no stacks: ``python standin_worker.py SLOTS LEASE_SECONDS``."""

import logging
import sys
from pathlib import Path

from anpyc.settings import settings
from anpyc_worker.service import WorkerService

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    command = (sys.executable, str(Path(__file__).with_name("standin.py")))
    alone = settings().model_copy(update={"stacked_runs": 1})
    service = WorkerService(alone, slots=int(sys.argv[1]), lease_seconds=float(sys.argv[2]), command=command)
    sys.exit(service.run())
