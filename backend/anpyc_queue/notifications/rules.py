"""Rules: made, changed, tested, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from anpyc_queue.engine import now
from anpyc_queue.errors import Conflict, NotFound
from anpyc_queue.identifiers import new_id
from anpyc_queue.notifications import FAILED, PENDING, TEST
from anpyc_queue.notifications.outbox import new_delivery
from anpyc_queue.tables import Delivery, NotificationAddress, NotificationRule

MOST = 100
MOST_TESTS = 5
"""That wait at once."""


class NoSuchRule(NotFound):
    """There is no such rule."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(f"There is no rule {rule_id[:26]}. It may have been deleted.")


@dataclass(frozen=True)
class Wanted:
    """What a rule is to be."""

    name: str
    project_id: str | None
    events: Sequence[str]
    forgetting: float | None
    channel: str
    enabled: bool


def every(session: Session) -> Sequence[NotificationRule]:
    """All, the oldest first."""
    return session.scalars(select(NotificationRule).order_by(NotificationRule.id)).all()


def find(session: Session, rule_id: str) -> NotificationRule:
    """One, locked until the transaction ends.

    :raises NoSuchRule: when there is none.
    """
    rule = session.get(NotificationRule, rule_id, with_for_update=True, populate_existing=True)
    if rule is None:
        raise NoSuchRule(rule_id)
    return rule


def addressed(session: Session) -> set[str]:
    """The rules whose address is known; a backup holds none."""
    return set(session.scalars(select(NotificationAddress.rule_id)))


def make(session: Session, wanted: Wanted, address: str, shown: str, by: str | None) -> NotificationRule:
    """A new one.

    :raises Conflict: when there are as many as can be.
    """
    if (session.scalar(select(func.count()).select_from(NotificationRule)) or 0) >= MOST:
        raise Conflict(f"There are {MOST} rules, which is as many as there can be. Delete one first.")
    moment = now(session)
    rule = NotificationRule(id=new_id(), made_by=by, created_at=moment, updated_at=moment, shown=shown)
    _apply(rule, wanted)
    session.add(rule)
    session.flush()
    _keep_address(session, rule, address)
    return rule


def change(
    session: Session, rule: NotificationRule, wanted: Wanted, address: str | None, shown: str | None
) -> None:
    """Make the rule another; without an address it keeps its own. What waits of a rule that is switched off
    or sent elsewhere is not sent."""
    if address is not None or (rule.enabled and not wanted.enabled):
        drop_waiting(session, rule.id, "The rule was changed before this was sent.")
    _apply(rule, wanted)
    if address is not None and shown is not None:
        rule.shown = shown
        _keep_address(session, rule, address)
    rule.updated_at = now(session)


def remove(session: Session, rule: NotificationRule) -> None:
    """Delete a rule and what is kept of its deliveries."""
    session.execute(delete(NotificationRule).where(NotificationRule.id == rule.id))


def add_test(session: Session, rule: NotificationRule) -> Delivery:
    """A delivery that shows whether deliveries arrive.

    :raises Conflict: when some wait already.
    """
    waiting = select(func.count()).where(
        Delivery.rule_id == rule.id, Delivery.event == TEST, Delivery.status == PENDING
    )
    if (session.scalar(waiting) or 0) >= MOST_TESTS:
        raise Conflict("Tests of this rule wait to be sent already. Wait until they were.")
    moment, key = now(session), f"{TEST}:{new_id()}"
    data = {"event": TEST, "run_id": None, "at": moment.isoformat()}
    delivery = new_delivery(rule, TEST, key, f"A test of “{rule.name}”: notifications arrive.", data, moment)
    session.add(delivery)
    session.flush()
    return delivery


def drop_waiting(session: Session, rule_id: str, why: str) -> None:
    """What waits is not sent any more."""
    waiting = update(Delivery).where(Delivery.rule_id == rule_id, Delivery.status == PENDING)
    session.execute(waiting.values(status=FAILED, trouble=why, ended_at=now(session)))


def _apply(rule: NotificationRule, wanted: Wanted) -> None:
    rule.name, rule.project_id, rule.events = wanted.name, wanted.project_id, list(wanted.events)
    rule.forgetting, rule.channel, rule.enabled = wanted.forgetting, wanted.channel, wanted.enabled


def _keep_address(session: Session, rule: NotificationRule, address: str) -> None:
    session.merge(NotificationAddress(rule_id=rule.id, address=address))
