"""Rules, tests and deliveries."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpyc_queue import audit, projects
from anpyc_queue.errors import ServiceError
from anpyc_queue.notifications import BROWSER, PENDING, Channel, addresses, rules
from anpyc_queue.notifications.addresses import ChannelState
from anpyc_queue.notifications.outcome import BadAddress, NotLet
from anpyc_queue.notifications.rules import NoSuchRule, Wanted
from anpyc_queue.tables import Delivery, NotificationRule
from anpyc_server.errors import Invalid
from anpyc_server.resources.notifications.schemas import (
    ChannelEntry,
    DeletedRule,
    Deliveries,
    DeliveryEntry,
    NewRule,
    Notifications,
    Rule,
    RuleEdit,
)
from anpyc_server.services import Services

_NO_ADDRESS = "Its address is not known here, as a backup holds none. Enter it again."


def notifications(services: Services) -> Notifications:
    """All rules."""
    channels = addresses.channels(services.settings)
    with services.database.read() as session:
        known = rules.addressed(session)
        items = [_rule(rule, rule.id in known, channels) for rule in rules.every(session)]
    return Notifications(
        items=items,
        channels=[ChannelEntry(channel=c.channel, ready=c.ready, hint=c.hint) for c in channels],
        allowed=list(services.settings.notify_allowed),
    )


def deliveries(
    services: Services, rule_id: str | None, channel: Channel | None, after: str | None, limit: int
) -> Deliveries:
    """The newest."""
    query = select(Delivery, NotificationRule).join(NotificationRule, NotificationRule.id == Delivery.rule_id)
    if rule_id is not None:
        query = query.where(Delivery.rule_id == rule_id)
    if channel is not None:
        query = query.where(NotificationRule.channel == channel)
    if after is not None:
        query = query.where(Delivery.id > after)
    with services.database.read() as session:
        rows = session.execute(query.order_by(Delivery.id.desc()).limit(limit)).all()
    return Deliveries(items=[_delivery(delivery, rule) for delivery, rule in rows])


def make(services: Services, wanted: NewRule, by: str | None) -> Rule:
    """A new rule.

    :raises Invalid: when its address cannot be sent to or is not let, or something of it is missing.
    """
    shown = _shown(services, wanted.channel, wanted.address)
    with services.database.write() as session:
        asked = Wanted(
            name=wanted.name,
            project_id=_project(session, wanted.project_id),
            events=wanted.events,
            forgetting=_limit(wanted.events, wanted.forgetting),
            channel=wanted.channel,
            enabled=wanted.enabled,
        )
        rule = rules.make(session, asked, wanted.address, shown, by)
        audit.record(session, "rule_made", by, subject=rule.name)
        return _rule(rule, True, addresses.channels(services.settings))


def edit(services: Services, rule_id: str, edit: RuleEdit, by: str | None) -> Rule:
    """Change a rule.

    :raises NoSuchRule: when there is none.
    :raises Invalid: as :func:`make` does.
    """
    shown = None
    if edit.address is not None:
        with services.database.read() as session:
            channel = session.scalar(select(NotificationRule.channel).where(NotificationRule.id == rule_id))
        if channel is None:
            raise NoSuchRule(rule_id)
        shown = _shown(services, cast(Channel, channel), edit.address)
    with services.database.write() as session:
        rule = rules.find(session, rule_id)
        events = list(rule.events) if edit.events is None else list(edit.events)
        asked = Wanted(
            name=rule.name if edit.name is None else edit.name,
            project_id=rule.project_id if edit.project_id is None else _project(session, edit.project_id),
            events=events,
            forgetting=_limit(events, rule.forgetting if edit.forgetting is None else edit.forgetting),
            channel=rule.channel,
            enabled=rule.enabled if edit.enabled is None else edit.enabled,
        )
        rules.change(session, rule, asked, edit.address, shown)
        audit.record(session, "rule_edited", by, subject=rule.name)
        session.flush()
        return _rule(rule, rule.id in rules.addressed(session), addresses.channels(services.settings))


def delete(services: Services, rule_id: str, by: str | None) -> DeletedRule:
    """Delete a rule.

    :raises NoSuchRule: when there is none.
    """
    with services.database.write() as session:
        rule = rules.find(session, rule_id)
        audit.record(session, "rule_deleted", by, subject=rule.name)
        rules.remove(session, rule)
    return DeletedRule(id=rule_id)


def test(services: Services, rule_id: str, by: str | None) -> DeliveryEntry:
    """Send a test, whether the rule is switched on or not.

    :raises NoSuchRule: when there is none.
    """
    with services.database.write() as session:
        rule = rules.find(session, rule_id)
        delivery = rules.add_test(session, rule)
        audit.record(session, "rule_tested", by, subject=rule.name)
        answer = _delivery(delivery, rule)
    if services.notifier is not None:
        services.notifier.notify()
    return answer


def _shown(services: Services, channel: Channel, address: str) -> str:
    try:
        return addresses.shown(services.settings, channel, address)
    except (BadAddress, NotLet) as error:
        raise Invalid.at("address", error.message) from None


def _project(session: Session, named: str | None) -> str | None:
    if not named:
        return None
    try:
        return projects.find(session, named).id
    except ServiceError as error:
        raise Invalid.at("project_id", error.message) from None


def _limit(events: list[Any], forgetting: float | None) -> float | None:
    if "forgetting" in events and forgetting is None:
        raise Invalid.at("forgetting", "Say how much forgetting is too much, as a share such as 0.1.")
    return forgetting


def _rule(rule: NotificationRule, addressed: bool, channels: list[ChannelState]) -> Rule:
    state = next(each for each in channels if each.channel == rule.channel)
    return Rule(
        id=rule.id,
        name=rule.name,
        project_id=rule.project_id,
        events=rule.events,
        forgetting=rule.forgetting,
        channel=state.channel,
        shown=rule.shown,
        enabled=rule.enabled,
        hint=state.hint or ("" if addressed or rule.channel == BROWSER else _NO_ADDRESS),
        made_by=rule.made_by,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
    )


def _delivery(delivery: Delivery, rule: NotificationRule) -> DeliveryEntry:
    return DeliveryEntry(
        id=delivery.id,
        rule_id=rule.id,
        rule=rule.name,
        channel=cast(Channel, rule.channel),
        event=cast(Any, delivery.event),
        run_id=delivery.run_id,
        title=delivery.title,
        data=delivery.data,
        status=cast(Any, delivery.status),
        tries=delivery.tries,
        next_try_at=delivery.next_try_at if delivery.status == PENDING else None,
        trouble=delivery.trouble,
        created_at=delivery.created_at,
        ended_at=delivery.ended_at,
    )
