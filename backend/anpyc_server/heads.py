"""HEAD works wherever GET does, and answers what GET would without its body."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI middleware: whoever is behind it sees a GET whose caller leaves after the headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        begun = asyncio.Event()

        async def send_start(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                begun.set()

        answering = asyncio.ensure_future(self._app(dict(scope, method="GET"), receive, send_start))
        waiting = asyncio.ensure_future(begun.wait())
        await asyncio.wait([answering, waiting], return_when=asyncio.FIRST_COMPLETED)
        for task in (answering, waiting):
            task.cancel()  # a stream of events would go on for ever
        failures = await asyncio.gather(answering, waiting, return_exceptions=True)
        if isinstance(failures[0], Exception) and not begun.is_set():
            raise failures[0]
