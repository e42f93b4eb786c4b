"""A process that lets Apprise send one message, and connects to nothing but what is let.

Reads one order as JSON from standard input and answers with one line of JSON.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
from typing import Any

from anpyc.outward import Outward, read_address, read_outward


class NotLetOut(OSError):
    """A connection to what is not let."""


class Fence:
    """Stands between Apprise and the network."""

    def __init__(self, outward: Outward, host: str) -> None:
        """:param host: the one that may be spoken to; empty for whichever public ones the service has."""
        self._outward = outward
        self._host = host.strip("[]")
        self._let: set[str] = set()
        self.refused = ""
        self.connected = False

    def put_up(self) -> None:
        """Look at every name and every connection from here on."""
        look_up, connect = socket.getaddrinfo, socket.socket.connect

        def looked_up(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = (host.decode() if isinstance(host, bytes) else str(host)).rstrip(".").lower()
            if self._host and name != self._host:
                raise self._refuse(f"It leads to {name[:100]}, which is not let.")
            found = look_up(host, *args, **kwargs)
            for entry in found:
                number = str(entry[4][0])
                if not self._outward.lets_address(read_address(number)):
                    raise self._refuse(f"{name[:100]} stands for {number}, which is not a public address.")
                self._let.add(number)
            return found

        def connected(sock: socket.socket, address: Any) -> Any:
            if sock.family not in (socket.AF_INET, socket.AF_INET6) or address[0] not in self._let:
                raise self._refuse("It connects to what was not looked up.")
            result = connect(sock, address)
            self.connected = True
            return result

        socket.getaddrinfo = looked_up
        socket.socket.connect = connected  # type: ignore[method-assign, assignment]
        socket.socket.connect_ex = connected  # type: ignore[method-assign, assignment]

    def _refuse(self, why: str) -> NotLetOut:
        self.refused = why
        return NotLetOut(why)


def main() -> None:
    """Carry out the order."""
    order = json.loads(sys.stdin.read())
    logging.disable()  # what is logged may hold the address
    plugin = _plugin(order["url"])
    answer = {} if plugin is None else described(order["url"], plugin)
    if plugin is not None and order["do"] == "send":
        answer |= send(order, plugin, answer["scheme"], answer["host"])
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


def described(url: str, plugin: Any) -> dict[str, Any]:
    """What Apprise takes the address for."""
    # Where templates have a host, whoever writes the address chooses it.
    own_host = any("{host}" in template for template in plugin.templates)
    scheme = url.partition("://")[0].lower()
    known = {*_listed(plugin.protocol), *_listed(plugin.secure_protocol)}
    return {
        "scheme": scheme if scheme in known else str(min(known, key=len)),
        "host": str(plugin.host or "").lower() if own_host else "",
        "title": str(plugin.service_name or "The service"),
    }


def send(order: dict[str, Any], plugin: Any, scheme: str, host: str) -> dict[str, Any]:
    """Whether it is let, the service took the message, and anything was connected to."""
    outward = read_outward(order["allowed"])
    if not outward.lets_service(scheme, host):
        return {"let": False}
    from apprise import NotifyFormat, NotifyType
    from requests import Session

    Session.resolve_redirects = lambda *_, **__: iter(())  # type: ignore[assignment, method-assign]
    fence = Fence(outward, host)
    fence.put_up()
    try:
        sent = plugin.notify(
            body=order["body"],
            title=order["title"],
            notify_type=NotifyType.INFO,
            body_format=NotifyFormat.TEXT,
        )
    except Exception:  # the edge of this process: plugins raise what they like, and it may hold the address
        sent = False
    return {"let": True, "sent": bool(sent), "refused": fence.refused, "connected": fence.connected}


def _plugin(url: str) -> Any:
    if "verify=" in url.lower():
        return None  # certificates are looked at
    from apprise import Apprise

    return Apprise.instantiate(url, suppress_exceptions=True)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


if __name__ == "__main__":
    main()
