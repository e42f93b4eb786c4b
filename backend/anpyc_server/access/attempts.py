"""How often somebody may try a token, from one address and altogether.

Counted in this process's memory: with several server processes the bounds hold for each.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from ipaddress import IPv6Address, ip_address

log = logging.getLogger(__name__)

OF_ONE = 10
"""Wrong tokens that one address may try …"""
OF_ONE_SECONDS = 300.0
"""… within so long."""
OF_ALL = 60
"""Wrong tokens that all addresses may try together, without those where somebody is signed in …"""
OF_ALL_SECONDS = 60.0
"""… within so long."""
FIRST_DELAY = 0.05
"""Seconds until a wrong token is answered; twice as long each time from the same address …"""
LONGEST_DELAY = 2.0
"""… up to this."""
_NEIGHBOURS = 64
"""Bits of an IPv6 address that belong to a network: whoever has one has all addresses in it."""


class Attempts:
    """The wrong tokens of late. What has aged is forgotten, so nobody is locked out for good."""

    def __init__(self) -> None:
        self._of_one: dict[str, deque[float]] = {}
        self._of_all: deque[float] = deque()
        self._said_until = 0.0

    def wait_seconds(self, address: str, *, known: bool) -> float:
        """How long nothing is tried for this address any more; 0: go on.

        :param known: somebody is signed in there, so that a flood from elsewhere does not keep them out.
        """
        moment = time.monotonic()
        self._forget(moment)
        mine = self._of_one.get(_whose(address), deque())
        if len(mine) >= OF_ONE:
            return mine[0] + OF_ONE_SECONDS - moment
        if len(self._of_all) >= OF_ALL and not known:
            return self._of_all[0] + OF_ALL_SECONDS - moment
        return 0.0

    def failed(self, address: str, *, known: bool) -> float:
        """Note a wrong token, and say it in the log. Answers how long its answer is to wait."""
        moment = time.monotonic()
        mine = self._of_one.setdefault(_whose(address), deque())
        mine.append(moment)
        log.warning("A wrong token from %s, %d of %d that are looked at", address, len(mine), OF_ONE)
        if len(mine) == OF_ONE:
            log.warning("No token from %s is looked at for %.0f seconds", address, OF_ONE_SECONDS)
        if not known:
            self._of_all.append(moment)
            self._say_if_many(moment)
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (len(mine) - 1))

    def _say_if_many(self, moment: float) -> None:
        if len(self._of_all) >= OF_ALL and moment > self._said_until:
            self._said_until = moment + OF_ALL_SECONDS
            log.warning(
                "%d wrong tokens within %.0f seconds: until that is over, ANPYC_TOKEN is looked at only from "
                "addresses where somebody is signed in",
                OF_ALL,
                OF_ALL_SECONDS,
            )

    def _forget(self, moment: float) -> None:
        while self._of_all and self._of_all[0] <= moment - OF_ALL_SECONDS:
            self._of_all.popleft()
        for whose, times in list(self._of_one.items()):
            while times and times[0] <= moment - OF_ONE_SECONDS:
                times.popleft()
            if not times:
                del self._of_one[whose]


def _whose(address: str) -> str:
    """An address, or the network that an IPv6 address is in."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"network {int(parsed) >> (128 - _NEIGHBOURS):x}"
    return str(parsed)
