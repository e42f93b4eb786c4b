"""/api/notifications"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from anpyc_queue.notifications import Channel
from anpyc_server.errors import documented
from anpyc_server.resources.notifications import service
from anpyc_server.resources.notifications.schemas import (
    DeletedRule,
    Deliveries,
    DeliveryEntry,
    NewRule,
    Notifications,
    Rule,
    RuleEdit,
)
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/notifications", tags=["notifications"])
RuleId = Annotated[str, Path(description="The rule's id.", max_length=26)]
Id = Annotated[str | None, Query(max_length=26)]


@router.get("")
def list_rules(services: ServicesHere) -> Notifications:
    """All rules, and by what people can be told here."""
    return service.notifications(services)


@router.get("/deliveries")
def list_deliveries(
    services: ServicesHere,
    rule: Id = None,
    channel: Channel | None = None,
    after: Annotated[
        str | None, Query(max_length=26, description="Only those that came after this one.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Deliveries:
    """What was told last and how that went, the newest first. A page that is open fetches what browsers are
    to tell with ``channel=browser``."""
    return service.deliveries(services, rule, channel, after, limit)


@router.post("", status_code=201, responses=documented(404, 409, 413))
def make_rule(wanted: NewRule, services: ServicesHere, by: ByHere) -> Rule:
    """Make a rule. An address that the operator does not let notifications go to is refused."""
    return service.make(services, wanted, by)


@router.patch("/{rule_id}", responses=documented(404, 413))
def edit_rule(rule_id: RuleId, edit: RuleEdit, services: ServicesHere, by: ByHere) -> Rule:
    """Change a rule, or switch it on or off. Without an address it keeps the one it has."""
    return service.edit(services, rule_id, edit, by)


@router.delete("/{rule_id}", responses=documented(404))
def delete_rule(rule_id: RuleId, services: ServicesHere, by: ByHere) -> DeletedRule:
    """Delete a rule and what is kept of its deliveries."""
    return service.delete(services, rule_id, by)


@router.post("/{rule_id}/test", status_code=201, responses=documented(404, 409))
def test_rule(rule_id: RuleId, services: ServicesHere, by: ByHere) -> DeliveryEntry:
    """Send a test by the rule, on the way that every notification takes. How it went is told among the
    deliveries."""
    return service.test(services, rule_id, by)
