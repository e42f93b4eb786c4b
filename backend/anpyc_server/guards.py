"""Before every request: known Hosts, nothing from another site's page, strict headers, small bodies, no NUL
in an address: PostgreSQL cannot even compare with one.

A page of another site can make a browser send requests to a server on this machine, directly or by
pointing a name of its own at 127.0.0.1. Neither gets an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from anpyc.addresses import Host, read_host, read_origin
from anpyc_server.errors import BY_STATUS, answer
from anpyc_server.headers import HEADERS, READING

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]", ""})  # noqa: S104 - compared with, not bound to
_OWN_SITE = frozenset({"same-origin", "none"})
"""What a browser says of a request by the page itself, or by who typed the address."""
DRAIN_BYTES, DRAIN_SECONDS = 64_000_000, 10.0
"""Of a body that nobody wants, at most."""


def known_hosts(bound: str, allowed: Iterable[str] = ()) -> frozenset[str]:
    """The names a server bound to ``bound`` answers to, with those that the settings allow.

    Bound to every address, it cannot know more; see :func:`_reached`.
    """
    named = {read_host(_literal(name)) for name in (bound, *allowed) if name not in EVERY_ADDRESS}
    return LOCAL_HOSTS | {_plain(host) for host in named if host is not None}


_ELSEWHERE = "A page of another site may not change anything here. Open the dashboard itself."
_READ_ELSEWHERE = "A page of another site may not read anything here. Open the dashboard itself."
_WRONG_SCHEME = (
    "The browser asks by {theirs}, and this server hears {ours}: let the proxy in front send "
    "X-Forwarded-Proto, and name its address in ANPYC_TRUSTED_PROXIES."
)
_NUL = "The address holds a NUL character (%00), which no name, tag or id has. Leave it out."

Refusal = tuple[int, str, str]


class Guards:
    """ASGI middleware around the whole application."""

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], body_limit: int, headers: Mapping[str, str] = HEADERS
    ) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._body_limit = body_limit
        self._headers = dict(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        body = _Body(scope, receive)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            elif not message.get("more_body", False):
                await body.drain()
            await send(message)

        if refusal is None:
            await self._app(scope, body.receive, send_with_headers)
        else:
            await answer(*refusal)(scope, body.receive, send_with_headers)

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = Headers(scope=scope)
        sent = headers.getlist("host")
        host = read_host(sent[0]) if len(sent) == 1 else None
        if host is None or not self._is_ours(host, scope):
            return self._wrong_host(", ".join(sent))
        elsewhere = _from_elsewhere(scope, headers, host)
        if elsewhere is not None:
            return 403, "wrong_origin", elsewhere
        if b"\0" in scope["path"].encode() or b"%00" in scope["query_string"]:
            return 400, "bad_request", _NUL
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._body_limit:
            return 413, "too_large", BY_STATUS[413][1]
        return None

    def _is_ours(self, host: Host, scope: Scope) -> bool:
        return _plain(host) in self._hosts or _plain(host) == _reached(scope)

    def _wrong_host(self, sent: str) -> Refusal:
        known = ", ".join(sorted(self._hosts))
        message = (
            f"This server does not answer to the name {sent!r}, only to {known}. Another name, such as "
            "that of a proxy in front, goes into ANPYC_ALLOWED_HOSTS."
        )
        return 403, "wrong_host", message


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


def _reached(scope: Scope) -> str | None:
    """The address of this machine that the request has come to. Only a name can be pointed elsewhere."""
    server = scope.get("server")
    host = read_host(_literal(server[0])) if server else None
    return host.name if host else None


def _from_elsewhere(scope: Scope, headers: Headers, host: Host) -> str | None:
    """Why the request is another site's page's doing, if it is. Programs send neither header."""
    own_site = headers.get("sec-fetch-site", "none") in _OWN_SITE
    if scope["method"] in READING:
        follows_a_link = headers.get("sec-fetch-mode", "navigate") == "navigate"
        return None if own_site or follows_a_link else _READ_ELSEWHERE
    if not own_site:
        return _ELSEWHERE
    sent = headers.getlist("origin")
    if not sent:
        return None
    origin, own = read_origin(sent[0]) if len(sent) == 1 else None, host.at(scope["scheme"])
    if origin == own:
        return None
    if origin is not None and origin == host.at(origin.scheme):
        return _WRONG_SCHEME.format(theirs=origin.scheme, ours=own.scheme)
    return _ELSEWHERE


def _literal(address: str) -> str:
    """An address as a Host writes it."""
    return f"[{address}]" if ":" in address and not address.startswith("[") else address


def _plain(host: Host) -> str:
    """Its name without the final dot that says: from the root on."""
    return host.name.removesuffix(".")
