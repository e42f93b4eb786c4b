"""Named roles that one process at a time may hold, for a while."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc_queue.engine import Database, now
from anpyc_queue.retrying import OUTAGES, database_is_away
from anpyc_queue.tables import Lock

log = logging.getLogger(__name__)


def hold(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take the role or keep it. False while somebody else holds it."""
    moment = now(session)
    until = moment + timedelta(seconds=seconds)
    lock = session.get(Lock, name, with_for_update=True, populate_existing=True)
    if lock is None:
        try:
            with session.begin_nested():
                session.add(Lock(name=name, holder=holder, held_until=until))
        except IntegrityError:
            return False  # somebody was faster
        return True
    # Nobody can hold a role for longer than that; a later end comes from a clock that was set back.
    if lock.holder != holder and moment < lock.held_until <= until:
        return False
    lock.holder, lock.held_until = holder, until
    return True


def let_go(session: Session, name: str, holder: str) -> None:
    """Give the role up, so that the next need not wait."""
    lock = session.get(Lock, name, with_for_update=True, populate_existing=True)
    if lock is not None and lock.holder == holder:
        session.delete(lock)


def leave(database: Database, name: str, holder: str) -> None:
    """Give the role up when its holder ends. Where the database is away, it runs out by itself."""
    try:
        with database.write() as session:
            let_go(session, name, holder)
    except OUTAGES as error:
        if not database_is_away(error):
            raise
        log.debug("The role of the %s runs out by itself: %s", name, error)
