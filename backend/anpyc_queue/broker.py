"""How a worker hears that a run is waiting. Nothing that may be lost is trusted to the broker.

Without a broker of its own the project sends through files in the data directory; otherwise through Redis. A
message is a task name and a run id, in JSON; see ``messages`` for what is none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import redis
from celery import Celery
from kombu.exceptions import KombuError
from kombu.transport import TRANSPORT_ALIASES
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from anpyc.settings import Settings
from anpyc_queue.file_transport import count_aside, folder_options, make_folders
from anpyc_queue.messages import EXCHANGE, TASK

CONNECT_SECONDS = 2.0

Notify = Callable[[str, str], None]
"""Called with a run id and the device it asks for."""


def broker_is_away(error: BaseException) -> bool:
    """Whether waiting may help."""
    return isinstance(error, (KombuError, RedisError, OSError))


def queue_name(device: str) -> str:
    """The queue of runs that ask for ``device`` (auto, cpu or cuda)."""
    return f"anpyc-{device}"


def celery_app(settings: Settings, **options: Any) -> Celery:
    """Celery, told to carry JSON and nothing else, and never to give a broker up."""
    app = Celery("anpyc", set_as_current=False)  # type: ignore[no-untyped-call]
    app.conf.update(
        broker_url=_redis_broker(settings.broker_url)
        if settings.broker_url
        else _file_broker(_folder(settings)),
        broker_transport_options=_transport_options(settings) | options,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT_SECONDS,
        accept_content=["json"],
        task_serializer="json",
        result_backend=None,
        task_ignore_result=True,
        task_create_missing_queues=True,
        task_default_exchange=EXCHANGE,
        task_default_queue=queue_name("auto"),
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app


class Notifier:
    """Sends the message of a run when called; raises within seconds when the broker does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._app = celery_app(settings, max_retries=1, interval_start=0, interval_step=0)

    def __call__(self, run_id: str, device: str) -> None:
        self._app.send_task(  # type: ignore[no-untyped-call]
            TASK, args=[run_id], queue=queue_name(device), retry=False, ignore_result=True
        )

    def close(self) -> None:
        """Close its connections."""
        self._app.close()  # type: ignore[no-untyped-call]


def messages_set_aside(settings: Settings) -> int:
    """How many messages that could not be read lie where they were set aside.

    :raises RedisError: when Redis does not answer.
    """
    if settings.embedded_broker:
        return count_aside(_folder(settings))
    from anpyc_queue.redis_transport import ASIDE

    client = redis.Redis.from_url(
        str(settings.broker_url),
        socket_timeout=CONNECT_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    with closing(client):
        return int(client.llen(ASIDE))


def where_set_aside(settings: Settings) -> str:
    """Where they lie, in words."""
    return (
        "the folder broker/unreadable in the data folder"
        if settings.embedded_broker
        else "the Redis list anpyc-unreadable"
    )


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "broker"


def _transport_options(settings: Settings) -> dict[str, Any]:
    if settings.embedded_broker:
        return folder_options(_folder(settings))
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": 10.0,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def _file_broker(folder: Path) -> str:
    make_folders(folder)
    TRANSPORT_ALIASES["anpyc-files"] = "anpyc_queue.file_transport:FileTransport"
    return "anpyc-files://localhost//"


def _redis_broker(url: str) -> str:
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = "anpyc_queue.redis_transport:RedisTransport"
    return url
