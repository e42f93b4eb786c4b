"""Which runs are wanted, in which order, and where a page of them ends."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, false, literal, or_

from anpyc_queue.tables import Run
from anpyc_server.errors import BadRequest

FINISHED, UNFINISHED, UNKNOWN = 0, 1, 2
"""Tiers of an order: by a metric, runs that did not finish come after those that did, whichever way."""
METRICS: dict[str, ColumnElement[Any]] = {
    "average_accuracy": Run.average_accuracy.expression,
    "forgetting": Run.forgetting.expression,
    "capacity_free": Run.metrics["capacity_free"].as_float(),
}
"""What lists and groups are sorted by."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; empty parts want all."""

    status: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    benchmark: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    group: str | None = None
    archived: bool = False
    text: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL; deleted runs are never wanted."""
        wanted: list[ColumnElement[bool]] = [Run.deleted_at.is_(None), Run.archived.is_(self.archived)]
        for column, values in (
            (Run.status, self.status),
            (Run.strategy, self.strategy),
            (Run.benchmark, self.benchmark),
            (Run.dataset, self.dataset),
        ):
            if values:
                wanted.append(column.in_(values))
        if self.group is not None:
            wanted.append(in_group(self.group))
        wanted.extend(_tagged(tag) for tag in self.tags)
        wanted.extend(_mentions(word) for word in self.text.split())
        return wanted


def in_group(key: str) -> ColumnElement[bool]:
    """Runs of a group: ``spec:HASH``, ``sweep:ID``, or a sweep's bare id."""
    kind, colon, value = key.partition(":")
    if not colon:
        return Run.group_id == key
    if kind == "spec":
        return Run.spec_hash == value
    return Run.group_id == value if kind == "sweep" else false()


@dataclass(frozen=True)
class Order:
    """How rows follow each other: by tier, always upwards, then by ``key`` and ``identity``, both one way."""

    key: ColumnElement[Any]
    identity: ColumnElement[Any]
    tier: ColumnElement[int] | None = None
    """None where there is but one, so that an index on the key serves."""

    def columns(self) -> list[ColumnElement[Any]]:
        """What of a row its place is told by."""
        tier = literal(0) if self.tier is None else self.tier
        return [tier.label("tier"), self.key.label("sort_key")]

    def by(self, descending: bool) -> list[ColumnElement[Any]]:
        """For ORDER BY."""
        ties = [self.key, self.identity]
        directed: list[ColumnElement[Any]] = [
            column.desc() if descending else column.asc() for column in ties
        ]
        return directed if self.tier is None else [self.tier.asc(), *directed]

    def past(self, end: tuple[int, Any, str], descending: bool) -> ColumnElement[bool]:
        """What comes after the row that ended a page."""
        last, value, identity = end
        key, tie = self.key, self.identity
        if descending:
            further = or_(key < value, and_(key == value, tie < identity))
        else:
            further = or_(key > value, and_(key == value, tie > identity))
        return further if self.tier is None else or_(self.tier > last, and_(self.tier == last, further))


def write_cursor(sort: str, tier: int, key: Any, identity: str) -> str:
    """A page's end as text that the client hands back."""
    content = json.dumps([sort, tier, key, identity])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(text: str, sort: str) -> tuple[int, Any, str]:
    """What :func:`write_cursor` wrote: tier, key and identity.

    :raises BadRequest: when it did not, or for another order.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        sorted_by, tier, key, identity = json.loads(base64.urlsafe_b64decode(padded.encode()))
        readable = (
            sorted_by == sort
            and tier in (FINISHED, UNFINISHED, UNKNOWN)
            and isinstance(key, (str, int, float))
        )
        readable = readable and isinstance(identity, str)
    except (ValueError, TypeError):
        readable = False
    if not readable:
        raise BadRequest(
            "The cursor does not belong to this list. Take `next_cursor` of the page before, same `sort`."
        )
    return tier, key, identity


def _tagged(tag: str) -> ColumnElement[bool]:
    return cast(Run.tags, String).icontains(json.dumps(tag), autoescape=True)


def _mentions(word: str) -> ColumnElement[bool]:
    in_tags = cast(Run.tags, String).icontains(json.dumps(word)[1:-1], autoescape=True)
    return or_(Run.name.icontains(word, autoescape=True), Run.notes.icontains(word, autoescape=True), in_tags)
