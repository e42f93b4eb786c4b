"""A worker that trains with the stand-in, no stacks."""

from __future__ import annotations

import logging

from anpyc.settings import settings
from anpyc_worker.service import WorkerService


def main(slots: int, lease_seconds: float) -> int:
    """Work until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    alone = settings().model_copy(update={"stacked_runs": 1})
    return WorkerService(alone, slots=slots, lease_seconds=lease_seconds, preloaded="standin_preloaded").run()
