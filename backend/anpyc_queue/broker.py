"""How a worker hears that a run is waiting. Nothing that may be lost is trusted to the broker.

Without a broker of its own the project sends through files in the data directory; otherwise through Redis. A
message is a task name and a run id, in JSON.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from redis.exceptions import RedisError

from anpyc.private_files import private_folder
from anpyc.settings import Settings

TASK = "anpyc.train"
EXCHANGE = "anpyc"
POLL_SECONDS = 0.25
"""How often a worker looks for a message file."""
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
        broker_url=settings.broker_url or _file_broker(settings.data_dir / "broker"),
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


def _transport_options(settings: Settings) -> dict[str, Any]:
    if settings.embedded_broker:
        folder = settings.data_dir / "broker"
        return {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "processed_folder": str(folder / "taken"),
            "control_folder": str(folder / "control"),
            "polling_interval": POLL_SECONDS,
        }
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": 10.0,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }


def _file_broker(folder: Path) -> str:
    for name in ("messages", "taken", "control"):
        private_folder(folder / name)
    TRANSPORT_ALIASES["anpyc-files"] = f"{__name__}:FileTransport"
    return "anpyc-files://localhost//"


class _FileChannel(filesystem.Channel):
    """Kombu's, with files that appear whole: a reader never meets one that is still being written."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{os.urandom(8).hex()}.{queue}.msg"
        unfinished = Path(self.processed_folder) / name
        unfinished.write_text(json.dumps(payload))
        unfinished.rename(Path(self.data_folder_out) / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002
        for path in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = Path(self.processed_folder) / path.name
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another worker was faster
            payload = json.loads(taken.read_text())
            taken.unlink()
            return payload
        raise Empty

    def _lookup(
        self,
        exchange: str,  # noqa: ARG002
        routing_key: str,
        default: str | None = None,  # noqa: ARG002
    ) -> list[str]:
        """A message goes to the queue that it names, so no table of bindings is kept in a file."""
        return [routing_key]

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """See :meth:`_lookup`."""


class FileTransport(filesystem.Transport):
    """Messages as files in the data directory."""

    Channel = _FileChannel

    def drain_events(self, connection: Any, timeout: float | None = None) -> Any:  # type: ignore[override]
        """One look and a short pause if there was nothing: the caller has to see soon that it is to stop."""
        pause = min(timeout or POLL_SECONDS, POLL_SECONDS)
        return super().drain_events(connection, timeout=pause)  # type: ignore[no-untyped-call]
