"""Telling people what happens to runs: rules say who hears of what, an outbox keeps what is to be sent.

A delivery is written in the transaction that writes the event, so that none is lost and none is there twice.
One server process sends. What may have arrived is never sent again.
"""

from __future__ import annotations

from typing import Literal, get_args

EventName = Literal["succeeded", "failed", "diverged", "forgetting", "worker_lost"]
EVENTS: tuple[EventName, ...] = get_args(EventName)
Channel = Literal["browser", "email", "webhook", "chat"]
TEST = "test"
"""The event of a delivery that only shows that deliveries arrive."""
BROWSER = "browser"

PENDING, SENDING, SENT, FAILED, UNSURE = "pending", "sending", "sent", "failed", "unsure"
"""How a delivery stands. unsure: it may have arrived."""
