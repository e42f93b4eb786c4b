"""How often a stream looks and sends."""

from __future__ import annotations

import asyncio

from anpyc_queue.wakeup import Subscription
from anpyc_server.services import Services

LOOK_SECONDS = 1.0
"""Between two looks when no news comes: hints are hints only."""
BURST_SECONDS = 0.25
"""Between two bursts: at most four a second."""
_STOP_SECONDS = 0.25
"""A stopping server waits no longer than this for a stream."""


async def hear(services: Services, news: Subscription | None, seconds: float) -> None:
    """Wait for news or until the time is over, or until the server stops."""
    left = seconds
    while left > 0 and not services.stopping:
        part = min(left, _STOP_SECONDS)
        left -= part
        if news is None:
            await asyncio.sleep(part)
        elif await news.wait_async(part):
            return
