"""Asking the database and the broker how they are."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from anpyc_queue.workers import online
from anpyc_server import __version__
from anpyc_server.resources.health.schemas import Health
from anpyc_server.services import Services


def health(services: Services) -> Health:
    """The state of things."""
    broker = "files" if services.settings.embedded_broker else "redis"
    trouble = services.relay.trouble if services.relay is not None else None
    database, workers_online, works = services.database.engine.dialect.name, 0, True
    try:
        with services.database.read() as session:
            workers_online = len(online(session))
    except SQLAlchemyError as error:
        works, database = False, f"{database}: {type(error).__name__}"
    return Health(
        status="ok" if works and trouble is None else "degraded",
        version=__version__,
        database=database,
        broker=broker if trouble is None else f"{broker}: {trouble}",
        workers_online=workers_online,
    )
