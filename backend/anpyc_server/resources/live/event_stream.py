"""Server-sent events as bytes that are the same for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Send

from anpyc import strict_json
from anpyc_server.errors import Invalid

LAST_EVENT_ID = "Last-Event-ID"
"""The header in which a browser says from where it goes on."""
KEEP_ALIVE = b": keepalive\n\n"
_KEEP_ALIVE_SECONDS = 15.0
_DIGITS = 20


class EventStream(StreamingResponse):
    """A response of pieces as they come, each of one or more encoded events."""

    media_type = "text/event-stream"

    def __init__(self, pieces: AsyncGenerator[bytes]) -> None:
        # X-Accel-Buffering: so that a proxy such as nginx passes each piece on at once.
        super().__init__(pieces, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        """Close the source with the stream, also where a viewer leaves."""
        async with aclosing(self._pieces):
            await super().stream_response(send)


def number_of(text: str | None, field: str, largest: int) -> int | None:
    """The number in an event's id; None where there is none.

    :raises Invalid: when it is no whole number, or larger than one can be.
    """
    digits = (text or "").strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS and int(digits) <= largest):
        raise Invalid.at(field, "Give the id of the last event that was received, a whole number.")
    return int(digits)


async def turned(turn: asyncio.Event) -> bool:
    """Wait for a feed's turn; False when that took so long that the line is to be kept alive."""
    try:
        await asyncio.wait_for(turn.wait(), _KEEP_ALIVE_SECONDS)
    except TimeoutError:
        return False
    return True


def encoded(event: str, data: Mapping[str, Any], number: int | None = None) -> bytes:
    """An event as it goes over the wire."""
    lines = [b"event: %b" % event.encode(), b"data: %b" % strict_json.encode(data)]
    if number is not None:
        lines.append(b"id: %d" % number)
    return b"\n".join(lines) + b"\n\n"
