"""Messages through Redis, of which none ends the worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import redis
from kombu.transport import redis as kombu_redis

from anpyc_queue import messages
from anpyc_queue.messages import KEPT_ASIDE, ByName, Unreadable

ASIDE = "anpyc-unreadable"
"""The list of what was set aside, the newest first: when, from which queue, why, and what it was."""


class _Client(redis.Redis):
    """Reads what a queue holds before kombu does, which would end the worker over what it cannot read."""

    def __init__(
        self, *arguments: Any, on_unreadable: Callable[[str, bytes, str], None], **named: Any
    ) -> None:
        super().__init__(*arguments, **named)
        self._on_unreadable = on_unreadable

    def parse_response(self, connection: Any, command_name: Any, **options: Any) -> Any:
        answer = super().parse_response(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not answer:
            return answer
        place, raw = answer
        queue = place.decode(errors="replace").partition(kombu_redis.Channel.sep)[0]
        try:
            return place, json.dumps(messages.read(raw, queue)).encode()
        except Unreadable as reason:
            self._on_unreadable(queue, raw, str(reason))
            return None  # as if nothing had come


class _Channel(ByName, kombu_redis.Channel):
    def _get_client(self) -> Any:
        super()._get_client()  # type: ignore[no-untyped-call]
        return partial(_Client, on_unreadable=self._set_aside)

    def _set_aside(self, queue: str, raw: bytes, reason: str) -> None:
        messages.report(queue, reason, f"the Redis list {ASIDE}")
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "queue": queue,
            "reason": reason,
            "content": raw[: messages.LARGEST_BYTES].decode(errors="backslashreplace"),
        }
        with self.conn_or_acquire() as client, client.pipeline() as pipeline:
            pipeline.lpush(ASIDE, json.dumps(entry))
            pipeline.ltrim(ASIDE, 0, KEPT_ASIDE - 1)
            pipeline.execute()


class RedisTransport(kombu_redis.Transport):
    """Kombu's, with the guard above."""

    Channel = _Channel
