"""Where an operator lets notifications go: nowhere, unless it is named.

An entry is one of

- ``hooks.lab.example`` or ``*.lab.example``: by https, on its port; with ``:8443`` on that one;
- ``http://hooks.lab.example``: by http, which anybody between can read;
- ``*``: any host by https;
- ``10.0.0.7`` or ``10.0.0.0/8``: addresses that names may stand for though they are not public;
- ``@lab.example`` or ``anna@lab.example``: e-mail;
- ``slack://``, or ``ntfy://push.lab.example`` where a service has hosts of its own: chat.

A name that is let is not enough: what it stands for is looked up, and has to be public or let as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from anpyc.addresses import DEFAULT_PORTS, Host, read_host

_MAIL = re.compile(
    r"[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9-]{1,63})*"
)
_SERVICE = re.compile(r"[a-z][a-z0-9+.-]{1,30}")
_WITHIN_IPV6 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""Addresses that a translator takes for the IPv4 address in their last 32 bits."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Outward:
    """What is let."""

    entries: tuple[str, ...] = ()
    web: frozenset[tuple[str, str, int]] = frozenset()
    """Scheme, name or pattern, port."""
    networks: tuple[Any, ...] = ()
    mail: frozenset[str] = frozenset()
    services: frozenset[tuple[str, str]] = frozenset()
    """Scheme and host, which is empty where the service knows its own."""

    def lets_web(self, scheme: str, name: str, port: int) -> bool:
        """Whether a request may go there."""
        return any((scheme, port) == (known, at) and _fits(name, pattern) for known, pattern, at in self.web)

    def lets_address(self, address: Address) -> bool:
        """Whether what a name stands for may be connected to."""
        return all(_is_public(each) or self._is_named(each) for each in _meanings(address))

    def lets_mail(self, address: str) -> bool:
        """Whether e-mail may go there."""
        folded = address.lower()
        return folded in self.mail or f"@{folded.rpartition('@')[2]}" in self.mail

    def lets_service(self, scheme: str, host: str) -> bool:
        """Whether a chat service may be used; ``host`` is empty where it has none of its own."""
        return (scheme.lower(), host.lower()) in self.services

    def _is_named(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


def read_outward(entries: Iterable[str]) -> Outward:
    """What these entries let.

    :raises ValueError: when one cannot be understood.
    """
    kept = tuple(entries)
    web, mail, services = set[tuple[str, str, int]](), set[str](), set[tuple[str, str]]()
    networks: list[Any] = []
    for entry in kept:
        scheme, mark, rest = entry.lower().partition("://")
        if mark and scheme not in DEFAULT_PORTS:
            services.add(_service(entry, scheme, rest))
            host = read_host(rest) if rest else None
            networks += [] if host is None else _literal(host.name)
        elif "@" in entry:
            if not is_mail_address(f"x{entry}" if entry.startswith("@") else entry):
                raise _unclear(entry)
            mail.add(entry.lower())
        elif "/" in entry and not mark:
            try:
                networks.append(ip_network(entry))
            except ValueError:
                raise _unclear(entry) from None
        else:
            host = _host(entry, rest if mark else entry.lower())
            scheme = scheme if mark else "https"
            web.add((scheme, host.name, DEFAULT_PORTS[scheme] if host.port is None else host.port))
            networks += _literal(host.name)
    return Outward(kept, frozenset(web), tuple(networks), frozenset(mail), frozenset(services))


def is_mail_address(text: str) -> bool:
    """Whether it is one plain address, with nothing in it that a header could take for more."""
    return len(text) <= 200 and _MAIL.fullmatch(text) is not None


def _host(entry: str, text: str) -> Host:
    if text == "*":
        return Host("*")
    name = text.removeprefix("*.")
    host = read_host(name.removesuffix("/"))
    if host is None:  # an IPv6 address may stand without brackets
        host = read_host(f"[{name}]")
    if host is None:
        raise _unclear(entry)
    return host if name == text else Host(f"*.{host.name}", host.port)


def _service(entry: str, scheme: str, rest: str) -> tuple[str, str]:
    host = read_host(rest) if rest else Host("")
    if host is None or not _SERVICE.fullmatch(scheme):
        raise _unclear(entry)
    return scheme, host.name


def _literal(name: str) -> list[Any]:
    try:
        return [ip_network(name.strip("[]"))]
    except ValueError:
        return []


def _fits(name: str, pattern: str) -> bool:
    if pattern == "*":
        return True
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


def _meanings(address: Address) -> list[Address]:
    """The address, and those that it is another way to write."""
    if isinstance(address, IPv4Address):
        return [address]
    within = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in _WITHIN_IPV6):
        within.append(IPv4Address(int(address) & 0xFFFFFFFF))
    found = [each for each in within if each is not None]
    return found if address.ipv4_mapped else [address, *found]


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def read_address(text: str) -> Address:
    """An address as the system tells it, perhaps with a zone."""
    return ip_address(text.partition("%")[0])


def _unclear(entry: str) -> ValueError:
    return ValueError(
        f"holds {entry!r}; name hosts such as hooks.lab.example or *.lab.example, networks such as "
        "10.0.0.0/8, e-mail such as @lab.example, or services such as slack://"
    )
