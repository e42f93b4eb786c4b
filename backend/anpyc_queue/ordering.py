"""Moving waiting runs within the queue. Each change is part of the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from anpyc_queue.errors import Conflict, NoSuchRun
from anpyc_queue.queue import waiting_order
from anpyc_queue.tables import QUEUED, Run

LOWEST, HIGHEST = -100, 100
"""Priorities that a run may have."""

Move = Literal["first", "up", "down", "last"]


def set_priority(session: Session, run_id: str, priority: int) -> Run:
    """Let a waiting run come before all of a lower priority. Among its equals it keeps the place it had.

    :raises NoSuchRun: when there is none.
    :raises Conflict: when it does not wait.
    """
    run = _waiting(session, run_id)
    run.priority = priority
    return run


def move(session: Session, run_id: str, to: Move) -> Run:
    """Change a waiting run's place: the first or last of all, or past its neighbour. Past one of another
    priority it takes over that priority, so it may rise or fall.

    :raises NoSuchRun: when there is none.
    :raises Conflict: when it does not wait.
    """
    run = _waiting(session, run_id)
    order = _queue(session)
    here = next(place for place, other in enumerate(order) if other.id == run.id)
    there = {"first": 0, "up": here - 1, "down": here + 1, "last": len(order) - 1}[to]
    if there == here or not 0 <= there < len(order):
        return run
    neighbour, up = order[there], there < here
    order.insert(there, order.pop(here))
    run.priority = neighbour.priority
    _renumber([other for other in order if other.priority == run.priority], run, up)
    return run


def _renumber(level: Sequence[Run], run: Run, up: bool) -> None:
    """Give ``run`` a place between its neighbours; theirs change only where there is no room."""
    here = level.index(run)
    before = level[here - 1].place if here else None
    after = level[here + 1].place if here + 1 < len(level) else None
    if before is None and after is not None:
        run.place = after - 1
    elif after is None and before is not None:
        run.place = before + 1
    elif before is not None and after is not None and after - before > 1:
        run.place = before + 1 if not up else after - 1
    else:
        first = min(other.place for other in level)
        for place, other in enumerate(level):
            other.place = first + place


def _waiting(session: Session, run_id: str) -> Run:
    run = session.get(Run, run_id, with_for_update=True, populate_existing=True)
    if run is None or run.deleted_at is not None:
        raise NoSuchRun(run_id)
    if run.status != QUEUED:
        raise Conflict(f"The run does not wait any more, it is {run.status}: its place cannot be changed.")
    return run


def _queue(session: Session) -> list[Run]:
    """All that wait, the next first, locked: nobody else moves one meanwhile."""
    query = select(Run).where(Run.status == QUEUED).order_by(*waiting_order())
    query = query.options(load_only(Run.id, Run.place, Run.priority, Run.status)).with_for_update()
    return list(session.scalars(query))
