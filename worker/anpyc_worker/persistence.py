"""Writing to a database that may be away for a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from anpyc_queue.engine import Database

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5

T = TypeVar("T")


def persistently(database: Database, work: Callable[[Session], T]) -> T:
    """Do the work in a transaction, again and again until the database can be reached."""
    while True:
        try:
            with database.write() as session:
                return work(session)
        except (OperationalError, InterfaceError, PoolTimeout, DBAPIError) as error:
            if not _passes(error):
                raise
            log.warning("The database does not answer, reports wait: %s", error)
            time.sleep(RETRY_SECONDS)


def _passes(error: Exception) -> bool:
    """Whether waiting may help: the database is down, locked or full, rather than refusing what is sent."""
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated
