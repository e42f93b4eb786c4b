"""Notifications on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from anpyc.spec.part import Line, without_nul
from anpyc_queue.notifications import Channel, EventName
from anpyc_server.schemas import Answer, Moment, Request

Name = Annotated[Line, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Address = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000), AfterValidator(without_nul)
]
Events = Annotated[list[EventName], Field(min_length=1, max_length=5)]
Limit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ProjectKey = Annotated[str, StringConstraints(max_length=100)]


class Rule(Answer):
    """Who is to hear of what."""

    id: str
    name: str
    project_id: str | None
    """Null: of all runs."""
    events: list[EventName]
    forgetting: float | None
    """A share: more than this, on average over the tasks learnt, is told."""
    channel: Channel
    shown: str
    """The address, without what is secret of it."""
    enabled: bool
    hint: str
    """Why nothing can be sent now, and what to do; empty when all is well."""
    made_by: str | None
    created_at: Moment
    updated_at: Moment


class ChannelEntry(Answer):
    """A way to tell people."""

    channel: Channel
    ready: bool
    hint: str
    """What to do where it is not ready."""


class Notifications(Answer):
    """All rules, and by what people can be told."""

    items: list[Rule]
    channels: list[ChannelEntry]
    allowed: list[str]
    """Where the operator lets notifications go, as ANPYC_NOTIFY_ALLOWED has it."""


class NewRule(Request):
    """A rule to make."""

    name: Name
    project_id: ProjectKey | None = None
    """A project, by id or name; null: of all runs."""
    events: Events
    forgetting: Limit | None = None
    """With the event ``forgetting``: a share."""
    channel: Channel
    address: Address = ""
    """Addresses of e-mail with commas between them, of a webhook, or of a service as Apprise writes it. It is
    never shown again."""
    enabled: bool = True


class RuleEdit(Request):
    """What a person may change about a rule; what is left out stays."""

    name: Name | None = None
    project_id: ProjectKey | None = None
    """"" for all runs."""
    events: Events | None = None
    forgetting: Limit | None = None
    address: Address | None = None
    enabled: bool | None = None


class DeletedRule(Answer):
    """A rule that was deleted."""

    id: str


class DeliveryEntry(Answer):
    """One event that one rule told, or is to tell."""

    id: str
    rule_id: str
    rule: str
    channel: Channel
    event: EventName | Literal["test"]
    run_id: str | None
    """It may have been deleted."""
    title: str
    data: dict[str, Any]
    status: Literal["pending", "sending", "sent", "failed", "unsure"]
    """unsure: it may have arrived, and is not sent again."""
    tries: int
    next_try_at: Moment | None
    """While it is pending."""
    trouble: str
    created_at: Moment
    ended_at: Moment | None


class Deliveries(Answer):
    """The newest first."""

    items: list[DeliveryEntry]
