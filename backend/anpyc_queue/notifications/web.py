"""Posting to an address that somebody has typed in, without being led anywhere else by it.

The name has to be let; what it stands for is looked up once, judged, and connected to by number, so that a
second answer of the name's server changes nothing. No redirect is followed, no proxy of the environment used,
and of the answer a little is read.
"""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from anpyc.addresses import DEFAULT_PORTS, read_host
from anpyc.outward import Address, Outward, read_address
from anpyc_queue.notifications.outcome import SENT, BadAddress, NotLet, Outcome

SECONDS = 15.0
"""That all of it may take."""
_STEP_SECONDS = 5.0
_READ_BYTES = 2_000
_PLAIN = re.compile(r"[!-\[\]-_a-z{-~]+")
"""Visible ASCII without the backslash, which some readers take for a slash, and the backquote."""
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True)
class WebAddress:
    """An address in its parts."""

    scheme: str
    name: str
    """The host, an IPv6 address in brackets."""
    port: int
    target: str
    """Path and query."""
    login: tuple[str, str] | None

    @property
    def authority(self) -> str:
        """As the header ``Host`` has it."""
        return self.name if self.port == DEFAULT_PORTS[self.scheme] else f"{self.name}:{self.port}"


def read_web_address(text: str) -> WebAddress:
    """The address that ``text`` is.

    :raises BadAddress: when it is none, or one that readers may take differently.
    """
    try:
        if not _PLAIN.fullmatch(text) or "#" in text:
            raise ValueError
        parts = urlsplit(text)
        authority = parts.netloc.rpartition("@")[2]
        host = read_host(authority)
        if parts.scheme not in DEFAULT_PORTS or host is None or parts.netloc.count("@") > 1:
            raise ValueError
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    except ValueError:
        raise BadAddress(
            "This is no address that can be sent to. Write one such as https://hooks.lab.example/abc, in "
            "ASCII (a name in other letters as xn--…), without spaces and without what follows a #."
        ) from None
    port = DEFAULT_PORTS[parts.scheme] if host.port is None else host.port
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebAddress(parts.scheme, host.name, port, target, login)


def require_let(address: WebAddress, outward: Outward) -> None:
    """:raises NotLet: when the operator does not let notifications go there."""
    if not outward.lets_web(address.scheme, address.name, address.port):
        raise NotLet(
            f"Notifications may not go to {address.scheme}://{address.authority}. Whoever runs the dashboard "
            "can let them, with ANPYC_NOTIFY_ALLOWED."
        )


def post(text: str, outward: Outward, content: bytes, headers: Mapping[str, str]) -> Outcome:
    """Send ``content`` to the address."""
    try:
        address = read_web_address(text)
        require_let(address, outward)
    except (BadAddress, NotLet) as error:
        return Outcome("never", error.message)
    return asyncio.run(_post(address, outward, content, headers))


async def _post(address: WebAddress, outward: Outward, content: bytes, headers: Mapping[str, str]) -> Outcome:
    try:
        async with asyncio.timeout(_STEP_SECONDS):
            found = await _looked_up(address)
    except (OSError, UnicodeError, TimeoutError):
        return Outcome("later", f"The name {address.name} could not be looked up.")
    refused = [each for each in found if not outward.lets_address(each)]
    if refused:
        return Outcome(
            "never",
            f"{address.name} stands for {refused[0]}, which is not a public address. Whoever runs the "
            "dashboard can let it, with ANPYC_NOTIFY_ALLOWED.",
        )
    try:
        async with asyncio.timeout(SECONDS):
            return await _ask(address, found[0], content, headers)
    except TimeoutError:
        return Outcome("unsure", f"{address.name} took longer than {SECONDS:.0f} s. It may have arrived.")


async def _looked_up(address: WebAddress) -> Sequence[Address]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.name.strip("[]"), address.port, type=socket.SOCK_STREAM)
    return [read_address(str(entry[4][0])) for entry in found]


async def _ask(address: WebAddress, number: Address, content: bytes, headers: Mapping[str, str]) -> Outcome:
    import httpx  # late: most servers never send anything

    at = f"[{number}]" if number.version == 6 else str(number)
    sent = {**headers, "Host": address.authority}
    if address.login is not None:
        sent["Authorization"] = f"Basic {b64encode(':'.join(address.login).encode()).decode()}"
    request = httpx.Request(
        "POST",
        f"{address.scheme}://{at}:{address.port}{address.target}",
        headers=sent,
        content=content,
        extensions={
            # The certificate has to be that of the name, not of the number.
            "sni_hostname": address.name.strip("[]"),
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), _STEP_SECONDS),
        },
    )
    try:
        # The transport alone: a client would log the address, follow what it is told and look for a proxy.
        async with httpx.AsyncHTTPTransport(trust_env=False) as transport:
            response = await transport.handle_async_request(request)
            try:
                await _read_a_little(response)
            finally:
                await response.aclose()
            return _judged(response.status_code, address)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return Outcome("later", f"{address.name} could not be reached: {type(error).__name__}.")
    except httpx.HTTPError as error:
        what = type(error).__name__
        return Outcome("unsure", f"{address.name} did not answer to the end ({what}). It may have arrived.")


async def _read_a_little(response: Any) -> None:
    read = 0
    async for block in response.stream:
        read += len(block)
        if read >= _READ_BYTES:
            return


def _judged(status: int, address: WebAddress) -> Outcome:
    if 200 <= status < 300:
        return SENT
    said = f"{address.name} answered with status {status}"
    if 300 <= status < 400:
        return Outcome(
            "never", f"{said}, a redirect, which is not followed. Enter the address that it leads to."
        )
    return Outcome("later" if status >= 500 or status in _PASSING else "never", f"{said}.")
