"""Hosts and origins, read as the standards write them (RFC 3986, RFC 9110, RFC 6454), and nothing beside.

What does not fit is no host at all: a reader that takes the part it understands would let
``[::1].evil.example`` pass for ``[::1]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_LONGEST_NAME = 254
_AUTHORITY = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:@/?#\\]+)(?::(?P<port>[0-9]{0,5}))?")


@dataclass(frozen=True)
class Host:
    """A host and perhaps a port, as the header ``Host`` has them."""

    name: str
    """In lower case; an IPv6 address in brackets and its shortest form. A final dot stands as it was sent."""
    port: int | None = None

    def at(self, scheme: str) -> Origin:
        """The origin of what is asked of this host under ``scheme``."""
        return Origin(scheme, self.name, DEFAULT_PORTS.get(scheme) if self.port is None else self.port)


@dataclass(frozen=True)
class Origin:
    """Whose a page is: scheme, host and port, all three."""

    scheme: str
    name: str
    port: int | None

    def __str__(self) -> str:
        port = "" if self.port == DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.name}{port}"


def read_host(text: str) -> Host | None:
    """The host that ``text`` is, such as ``localhost:8000`` or ``[::1]``; None where it is none."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    name = _canonical(match["name"])
    port = int(match["port"]) if match["port"] else None
    if name is None or (port is not None and port > 65_535):
        return None
    return Host(name, port)


def read_origin(text: str) -> Origin | None:
    """The origin that ``text`` is, such as ``https://lab.example``; None where it is none."""
    scheme, mark, authority = text.lower().partition("://")
    if not mark or scheme not in DEFAULT_PORTS:
        return None
    host = read_host(authority)
    return host.at(scheme) if host else None


def _canonical(name: str) -> str | None:
    if name.startswith("["):
        try:
            return f"[{IPv6Address(name[1:-1]).compressed}]"
        except AddressValueError:
            return None
    return name if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) else None
