"""Before every request: known Hosts, no mutations from another site's page, strict headers, small bodies,
no NUL in an address: PostgreSQL cannot even compare with one.

A page of another site can make a browser send requests to a server on this machine, directly or by
pointing a name of its own at 127.0.0.1. Neither gets an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpyc_server.errors import BY_STATUS, answer
from anpyc_server.headers import HEADERS

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]", ""})  # noqa: S104 - compared with, not bound to
DRAIN_BYTES, DRAIN_SECONDS = 64_000_000, 10.0
"""Of a body that nobody wants, at most."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def known_hosts(bound: str) -> frozenset[str]:
    """The names a server bound to ``bound`` answers to. Bound to every address, it cannot know more."""
    host = f"[{bound}]" if ":" in bound and not bound.startswith("[") else bound.lower()
    return LOCAL_HOSTS if host in EVERY_ADDRESS else LOCAL_HOSTS | {host}


_ELSEWHERE = "A page of another site may not change anything here. Open the dashboard itself."


_NUL = "The address holds a NUL character (%00), which no name, tag or id has. Leave it out."


class Guards:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], body_limit: int) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        body = _Body(scope, receive)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            elif not message.get("more_body", False):
                await body.drain()
            await send(message)

        if refusal is None:
            await self._app(scope, body.receive, send_with_headers)
        else:
            await answer(*refusal)(scope, body.receive, send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _without_port(host) not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            return 403, "wrong_host", f"This server does not answer to the name {host!r}, only to {known}."
        if scope["method"] not in _READING and _from_elsewhere(headers, host):
            return 403, "wrong_origin", _ELSEWHERE
        if b"\0" in scope["path"].encode() or b"%00" in scope["query_string"]:
            return 400, "bad_request", _NUL
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._body_limit:
            return 413, "too_large", BY_STATUS[413][1]
        return None


class _Body:
    """A request's body. Where the connection closes after the answer, what is left of it is read first: a
    client that is still sending would else find the connection reset, and no answer to read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        headers = Headers(scope=scope)
        closes = headers.get("connection", "").lower() == "close" or scope["http_version"] == "1.0"
        # Who expects to be told to go on has not begun to send.
        self._left = closes and "expect" not in headers

    async def receive(self) -> Message:
        """The next piece."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._left = False
        return message

    async def drain(self) -> None:
        """Read what is left, within bounds."""
        read = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._left and read < DRAIN_BYTES:
                    read += len((await self.receive()).get("body", b""))


def _from_elsewhere(headers: Headers, host: str) -> bool:
    """Whether a page of another origin sent the request. Programs send neither header."""
    origin = headers.get("origin")
    if origin is not None:
        try:
            return origin == "null" or urlsplit(origin).netloc.lower() != host.lower()
        except ValueError:  # no address at all, such as http://[::1
            return True
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


def _without_port(host: str) -> str:
    name = host.lower()
    if name.startswith("["):
        return name[: name.find("]") + 1]
    return name.partition(":")[0]
