"""A worker that trains with the stand-in."""

from __future__ import annotations

import logging

from anpyc.settings import settings
from anpyc_worker.service import WorkerService


def main(slots: int, lease_seconds: float) -> int:
    """Work until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    return WorkerService(
        settings(), slots=slots, lease_seconds=lease_seconds, preloaded="standin_preloaded"
    ).run()
