"""Sends what the outbox holds, from one server process at a time.

A delivery is marked before it is sent and judged afterwards. One whose sender was lost in between may have
arrived: it is told as unsure and never sent again. What certainly did not arrive is tried again, after pauses
that grow. What a rule has to tell at one look goes as one message, so that a sweep that ends floods nobody.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from anpyc.settings import Settings
from anpyc_queue import locks
from anpyc_queue.engine import Database, now
from anpyc_queue.notifications import FAILED, PENDING, SENDING, SENT, TEST, UNSURE, chat, mail, web
from anpyc_queue.notifications.addresses import outward_of
from anpyc_queue.notifications.outcome import Outcome
from anpyc_queue.notifications.words import body_of, link_to, plain, together
from anpyc_queue.periodic import PeriodicThread
from anpyc_queue.tables import (
    QUEUED,
    RUNNING,
    Delivery,
    NotificationAddress,
    NotificationRule,
    Run,
)

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
ROLE = "notifier"
ROLE_SECONDS = 60.0
"""Longer than anything takes to be sent."""
LOST_SECONDS = 120.0
"""A delivery that is sent for so long has lost its sender."""
PAUSE_SECONDS = 10.0
"""Between two messages of a rule. What happens meanwhile goes together."""
RETRY_SECONDS = (30.0, 120.0, 600.0, 1_800.0, 7_200.0, 21_600.0)
"""After each try; then it is given up."""
_AT_ONCE = 200
"""Events in one message."""
KEPT = 1_000
"""Deliveries that are kept to be looked at, beside those of runs that are still to end."""
LONGEST_TROUBLE = 300

Send = Callable[[Settings, str, str, Sequence[Delivery], str], Outcome]
"""By channel and address, with the rule's name."""


class Notifier:
    """A thread of a server process."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        name: str,
        *,
        look_seconds: float = LOOK_SECONDS,
        send: Send | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._name = name
        self._send = send or send_message
        self._thread = PeriodicThread("notifier", self.look, look_seconds)

    def start(self) -> None:
        self._thread.start()

    def notify(self) -> None:
        """There is something to send: look now."""
        self._thread.notify()

    def stop(self) -> None:
        """Stop after the message that is under way, and leave the role to the next."""
        self._thread.stop(timeout=5)
        locks.leave(self._database, ROLE, self._name)

    def look(self) -> int:
        """Send what is due, rule by rule. Answers how many messages were sent or tried."""
        with self._database.read() as session:
            if session.scalar(select(Delivery.id).where(_is_due(session)).limit(1)) is None:
                return 0
        tried = 0
        while not self._thread.stopping:
            with self._database.write() as session:
                if not locks.hold(session, ROLE, self._name, ROLE_SECONDS):
                    return tried
                _give_up_lost(session)
                taken = _take(session)
            if taken is None:
                break
            tried += 1
            self._deliver(*taken)
        with self._database.write() as session:
            _forget_old(session)
        return tried

    def _deliver(self, channel: str, address: str | None, rule: str, deliveries: Sequence[Delivery]) -> None:
        if address is None:
            outcome = Outcome(
                "never", "The rule's address is not known: a backup holds none. Enter it again."
            )
        else:
            try:
                outcome = self._send(self._settings, channel, address, deliveries, rule)
            except (
                Exception
            ):  # a bug of one channel keeps no other rule from being told; it may name the address
                log.error("A notification by %s met a bug.", channel)
                outcome = Outcome("unsure", "The server met an error of its own. It may have arrived.")
        with self._database.write() as session:
            _settle(session, deliveries, outcome)


def send_message(
    settings: Settings, channel: str, address: str, deliveries: Sequence[Delivery], rule: str
) -> Outcome:
    """One message for all of them."""
    outward, first = outward_of(settings), deliveries[0].id
    titles, data = [each.title for each in deliveries], [each.data for each in deliveries]
    title, body = together(titles), body_of(titles, data, settings.public_url)
    if channel == "email":
        if settings.mail_url is None or settings.mail_from is None:
            return Outcome("never", "There is no mail server: set ANPYC_MAIL_URL and ANPYC_MAIL_FROM.")
        server = settings.mail_url.get_secret_value()
        return mail.send(address, outward, server, settings.mail_from, title, body, first)
    if channel == "webhook":
        content = {
            "rule": rule,
            "title": title,
            "text": body,
            "events": [
                {"id": each.id, "title": each.title}
                | each.data
                | {"url": link_to(each.run_id, settings.public_url) or None}
                for each in deliveries
            ],
        }
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "anpyc-dashboard",
            "Idempotency-Key": first,
        }
        return web.post(address, outward, json.dumps(content).encode(), headers)
    return chat.send(address, outward, title, body)


def _is_due(session: Session) -> ColumnElement[bool]:
    moment = now(session)
    lost = (Delivery.status == SENDING) & (Delivery.next_try_at < moment - timedelta(seconds=LOST_SECONDS))
    return or_((Delivery.status == PENDING) & (Delivery.next_try_at <= moment), lost)


def _give_up_lost(session: Session) -> None:
    moment = now(session)
    lost = update(Delivery).where(
        Delivery.status == SENDING, Delivery.next_try_at < moment - timedelta(seconds=LOST_SECONDS)
    )
    trouble = "The server stopped while this was sent. It may have arrived; it is not sent again."
    session.execute(lost.values(status=UNSURE, trouble=trouble, ended_at=moment))


def _take(session: Session) -> tuple[str, str | None, str, Sequence[Delivery]] | None:
    """What goes as the next message, marked as being sent: a test, or what a rule has to tell."""
    moment = now(session)
    rested = or_(
        Delivery.event == TEST,
        NotificationRule.last_sent_at.is_(None),
        NotificationRule.last_sent_at <= moment - timedelta(seconds=PAUSE_SECONDS),
    )
    due = (Delivery.status == PENDING, Delivery.next_try_at <= moment)
    query = select(Delivery).join(NotificationRule, NotificationRule.id == Delivery.rule_id)
    first = session.scalars(query.where(*due, rested).order_by(Delivery.id).limit(1)).first()
    if first is None:
        return None
    rule = session.get_one(NotificationRule, first.rule_id)
    taken: Sequence[Delivery] = [first]
    if first.event != TEST:
        same = select(Delivery).where(*due, Delivery.rule_id == rule.id, Delivery.event != TEST)
        taken = session.scalars(same.order_by(Delivery.id).limit(_AT_ONCE)).all()
        rule.last_sent_at = moment
    for delivery in taken:
        delivery.status, delivery.next_try_at = SENDING, moment
        delivery.tries += 1
    address = session.get(NotificationAddress, rule.id)
    session.flush()
    return rule.channel, None if address is None else address.address, rule.name, taken


def _settle(session: Session, deliveries: Sequence[Delivery], outcome: Outcome) -> None:
    """What came of it; where somebody has given a delivery up meanwhile, that stands."""
    moment, trouble = now(session), plain(outcome.trouble, LONGEST_TROUBLE)
    for delivery in deliveries:
        again = outcome.how == "later" and delivery.tries <= len(RETRY_SECONDS)
        values: dict[str, object] = {"trouble": trouble}
        if again:
            pause = timedelta(seconds=RETRY_SECONDS[delivery.tries - 1])
            values |= {"status": PENDING, "next_try_at": moment + pause}
        else:
            status = {"sent": SENT, "unsure": UNSURE}.get(outcome.how, FAILED)
            values |= {"status": status, "ended_at": moment}
        own = (Delivery.id == delivery.id, Delivery.status == SENDING, Delivery.tries == delivery.tries)
        session.execute(update(Delivery).where(*own).values(**values))


def _forget_old(session: Session) -> None:
    """But the newest, and those by which a run that is still to end is known to have been told of."""
    newest = select(Delivery.id).order_by(Delivery.id.desc()).offset(KEPT).limit(1)
    last = session.scalar(newest)
    if last is None:
        return
    goes_on = exists().where(Run.id == Delivery.run_id, Run.status.in_((QUEUED, RUNNING)))
    old = delete(Delivery).where(Delivery.id <= last, Delivery.status.not_in((PENDING, SENDING)), ~goes_on)
    session.execute(old, execution_options={"synchronize_session": False})
