"""Asking the database, the broker and the artifact store how they are."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError

from anpyc_queue.errors import Unusable
from anpyc_queue.retrying import OUTAGES
from anpyc_queue.workers import online
from anpyc_server import __version__
from anpyc_server.resources.health.schemas import Health, Ready
from anpyc_server.services import Services
from anpyc_server.wording import count

log = logging.getLogger(__name__)


class NotReady(Unusable):
    """Something that the dashboard stands on cannot be used."""

    code = "not_ready"

    def __init__(self, troubles: list[Unusable]) -> None:
        super().__init__()
        self.args = (" ".join(trouble.message for trouble in troubles),)


def health(services: Services) -> Health:
    """The state of things."""
    broker = "files" if services.settings.embedded_broker else "redis"
    away = services.relay.trouble if services.relay is not None else None
    troubles = services.health.troubles()
    database, workers_online = services.database.engine.dialect.name, 0
    if services.trouble is None:
        try:
            with services.database.read() as session:
                workers_online = len(online(session))
        except OUTAGES as error:
            database = f"{database}: {type(error).__name__}"
    else:
        database = f"{database}: {services.trouble.code}"
    if away in [trouble.message for trouble in troubles]:
        away = None  # it is the database that keeps the relay waiting
    aside = 0 if away else _set_aside(services)
    return Health(
        status="ok" if not troubles and away is None and ":" not in database else "degraded",
        version=__version__,
        database=database,
        broker=broker if away is None else f"{broker}: {away}",
        workers_online=workers_online,
        messages_set_aside=aside,
        notes=[trouble.message for trouble in troubles] + _note_aside(services, aside),
    )


def ready(services: Services) -> Ready:
    """:raises NotReady: with what stands in the way."""
    troubles = services.readiness.troubles()
    if troubles:
        log.warning("Not ready: %s", " ".join(f"{each.code} ({each.reason})" for each in troubles))
        raise NotReady(troubles)
    return Ready()


def _set_aside(services: Services) -> int:
    from anpyc_queue.broker import messages_set_aside  # brings Celery, which the start need not wait for

    try:
        return messages_set_aside(services.settings)
    except (RedisError, OSError):
        return 0  # the relay tells when the broker is away


def _note_aside(services: Services, aside: int) -> list[str]:
    if not aside:
        return []
    from anpyc_queue.broker import where_set_aside

    what = f"{count(aside, 'message')} that could not be read {'was' if aside == 1 else 'were'} set aside"
    return [
        f"{what} in {where_set_aside(services.settings)}. No run is harmed. See what put it there, and "
        "delete it."
    ]
