"""Which failures pass by themselves, and the one way to wait until they have."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_fixed
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from anpyc_queue.engine import Database
from anpyc_queue.unusable import unusable

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
OUTAGES = (DBAPIError, PoolTimeout, OSError)
"""What an outage may be raised as; :func:`database_is_away` says whether it is one."""

T = TypeVar("T")


def database_is_away(error: BaseException) -> bool:
    """Whether waiting may help: the database is down, locked or full, rather than refusing what is sent."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return isinstance(error, (PoolTimeout, OSError))


def persistently(act: Callable[[], T], *, stopping: threading.Event | None = None) -> T:
    """Do it, again and again while the database is away, until it is done or ``stopping`` is set.

    :raises Exception: whatever ``act`` raises that does not pass by itself, and once ``stopping`` is set the
        newest that does.
    """
    stop = stopping or threading.Event()
    retrying = Retrying(
        retry=retry_if_exception(database_is_away),
        wait=wait_fixed(RETRY_SECONDS),
        stop=stop_when_event_set(stop),
        sleep=sleep_using_event(stop),
        before_sleep=_report,
        reraise=True,
    )
    return retrying(act)


def write_persistently(database: Database, work: Callable[[Session], T]) -> T:
    """Do the work in a transaction, again and again until the database can be reached.

    :raises Exception: whatever the work raises that does not pass by itself.
    """

    def act() -> T:
        with database.write() as session:
            return work(session)

    return persistently(act)


def _report(state: RetryCallState) -> None:
    """At the first failure and ever more seldom, as a wait may be long."""
    number = state.attempt_number
    error = state.outcome.exception() if state.outcome is not None else None
    if error is not None and number & (number - 1) == 0:
        trouble = unusable(error)
        sentence = "The database does not answer." if trouble is None else trouble.message
        log.warning("%s Trying again (%s).", sentence, error)
