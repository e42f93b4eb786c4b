"""What a message is, and where one goes that is none.

Anybody who reaches the broker can put something into it, by mistake or not. Kombu and Celery end the worker
over what they cannot read, and a message that was not acknowledged ends the next one as well. So a transport
of ours hands nothing on as it came: of a message only the run's id is taken, and Celery gets one that was
written here. What is no message is set aside, for somebody to look at, and nothing is lost by that: the run
that it may have been about is in the database, where workers find it.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import uuid
from collections.abc import Mapping
from typing import Any

TASK = "anpyc.train"
EXCHANGE = "anpyc"
LARGEST_BYTES = 65_536
"""Of a message; those that are sent have less than a thousand."""
KEPT_ASIDE = 100
"""So many of what was set aside are kept, the newest."""
_RUN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_NOTHING_FURTHER = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

log = logging.getLogger(__name__)


class Unreadable(Exception):
    """This is no message of ours; the text says what is wrong with it."""


class ByName:
    """Of a channel of kombu: a message goes to the queue that it names, whatever a table of bindings says."""

    def _lookup(
        self,
        exchange: str,  # noqa: ARG002
        routing_key: str,
        default: str | None = None,  # noqa: ARG002
    ) -> list[str]:
        return [routing_key]


def read(raw: bytes, queue: str) -> dict[str, Any]:
    """What Celery gets for the message: the same order, written anew.

    :raises Unreadable: when it is not the order to train a run.
    """
    if len(raw) > LARGEST_BYTES:
        raise Unreadable(f"it has more than {LARGEST_BYTES:,} bytes")
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is empty" if not raw.strip() else "it is not JSON") from error
    return _written(_run_id(_object(message, "it")), queue)


def report(queue: str, reason: str, place: str) -> None:
    """Tell whoever reads the log."""
    log.warning(
        "Something in the queue %s is not a message of this dashboard: %s. It was set aside in %s. No run is "
        "harmed; workers look into the database by themselves.",
        queue,
        reason,
        place,
    )


def _run_id(message: Mapping[str, Any]) -> str:
    task = _object(message.get("headers"), "its headers").get("task")
    if task != TASK:
        raise Unreadable(f"it asks for {str(task)[:80]!r}, not for {TASK!r}")
    if message.get("content-type") != "application/json":
        raise Unreadable(f"its content type is {str(message.get('content-type'))[:80]!r}")
    encoding = _object(message.get("properties"), "its properties").get("body_encoding")
    match _body(message.get("body"), encoding):
        case [[str(run_id)], dict(named), *_] if not named and _RUN_ID.fullmatch(run_id):
            return run_id
    raise Unreadable("its arguments are not the id of a run")


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object" if name == "it" else f"{name} are not an object")
    return value


def _body(body: Any, encoding: Any) -> Any:
    if not isinstance(body, str):
        raise Unreadable("its body is not text")
    try:
        return json.loads(base64.b64decode(body, validate=True) if encoding == "base64" else body)
    except (ValueError, RecursionError, binascii.Error) as error:
        raise Unreadable("its body is not JSON") from error


def _written(run_id: str, queue: str) -> dict[str, Any]:
    body = json.dumps([[run_id], {}, _NOTHING_FURTHER])
    number = str(uuid.uuid4())
    return {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "task": TASK, "id": number, "root_id": number, "ignore_result": True},
        "properties": {
            "correlation_id": number,
            "delivery_mode": 2,
            "delivery_info": {"exchange": EXCHANGE, "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": number,
        },
    }
