"""Identifiers that sort by time of creation: 48 bits of milliseconds, 80 random ones, in 26 characters."""

from __future__ import annotations

import secrets
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A fresh identifier, greater than every earlier one of this process."""
    global _last
    with _lock:
        milliseconds = time.time_ns() // 1_000_000
        fresh = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        _last = value = fresh if fresh > _last else _last + 1
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
