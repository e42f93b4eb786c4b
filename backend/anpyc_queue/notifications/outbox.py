"""What is to be sent is written in the transaction of the event that it tells."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from anpyc.errors import NonFiniteLoss
from anpyc_queue.engine import now
from anpyc_queue.identifiers import new_id
from anpyc_queue.notifications import BROWSER, PENDING, SENT, EventName
from anpyc_queue.notifications.words import numbers_of, title_of
from anpyc_queue.tables import PROCESS_LOST, WORKER_LOST, Delivery, NotificationRule, Run

log = logging.getLogger(__name__)

MOST_PENDING = 1_000
"""Of one rule. What comes while so many wait is not told."""
_LOST = (WORKER_LOST, PROCESS_LOST)


def tell_of_change(session: Session, run: Run, what: str, seq: int, moment: datetime) -> None:
    """The run's event number ``seq`` was written: whoever wants to hear of it is to be told."""
    happened = _meanings(run, what)
    if not happened:
        return
    more = numbers_of(run) if what == "succeeded" else str((run.error or {}).get("message", ""))
    for rule in _rules(session, run):
        event = next((name for name in happened if name in rule.events), None)
        if event is not None:
            _add(session, rule, run, event, f"{run.id}:{seq}", title_of(event, run, more), moment)
    if what == "succeeded":
        tell_of_forgetting(session, run)


def tell_of_forgetting(session: Session, run: Run) -> None:
    """The run's metrics have changed: who wants to know that it forgets too much is told, once."""
    if run.forgetting is None or run.forgetting <= 0:
        return
    key = f"{run.id}:forgetting"
    for rule in _rules(session, run):
        limit = rule.forgetting
        if "forgetting" not in rule.events or limit is None or run.forgetting <= limit:
            continue
        told = select(Delivery.id).where(Delivery.rule_id == rule.id, Delivery.key == key)
        if session.scalar(told) is None:  # nobody else writes of this run: its row is locked
            _add(
                session,
                rule,
                run,
                "forgetting",
                key,
                title_of("forgetting", run, numbers_of(run)),
                now(session),
            )


def _meanings(run: Run, what: str) -> tuple[EventName, ...]:
    """What an event is, the most particular first."""
    code = (run.error or {}).get("code")
    if what == "succeeded":
        return ("succeeded",)
    if what == "failed":
        if code == NonFiniteLoss.code:
            return "diverged", "failed"
        return ("failed", "worker_lost") if code in _LOST else ("failed",)
    lost = what == "requeued" and bool(run.attempts) and run.attempts[-1].cause in _LOST
    return ("worker_lost",) if lost else ()


def _rules(session: Session, run: Run) -> Iterable[NotificationRule]:
    of_run = or_(NotificationRule.project_id.is_(None), NotificationRule.project_id == run.project_id)
    return session.scalars(select(NotificationRule).where(NotificationRule.enabled, of_run)).all()


def _add(
    session: Session,
    rule: NotificationRule,
    run: Run,
    event: str,
    key: str,
    title: str,
    moment: datetime,
) -> None:
    waiting = select(func.count()).where(Delivery.rule_id == rule.id, Delivery.status == PENDING)
    if (session.scalar(waiting) or 0) >= MOST_PENDING:
        log.warning("The rule %s has %d notifications waiting; one more is left out.", rule.id, MOST_PENDING)
        return
    session.add(new_delivery(rule, event, key, title, _data(run, event, moment), moment, run.id))


def new_delivery(
    rule: NotificationRule,
    event: str,
    key: str,
    title: str,
    data: Mapping[str, Any],
    moment: datetime,
    run_id: str | None = None,
) -> Delivery:
    """To be sent; a browser fetches its own."""
    in_browser = rule.channel == BROWSER
    return Delivery(
        id=new_id(),
        rule_id=rule.id,
        key=key,
        event=event,
        run_id=run_id,
        title=title,
        data=dict(data),
        status=SENT if in_browser else PENDING,
        next_try_at=moment,
        created_at=moment,
        ended_at=moment if in_browser else None,
    )


def _data(run: Run, event: str, moment: datetime) -> dict[str, Any]:
    return {
        "event": event,
        "run_id": run.id,
        "run": run.name,
        "project_id": run.project_id,
        "status": run.status,
        "attempt": run.attempt,
        "at": moment.isoformat(),
        "error": (run.error or {}).get("message"),
        "average_accuracy": run.average_accuracy,
        "forgetting": run.forgetting,
    }
