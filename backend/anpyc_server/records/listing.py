"""Which runs are wanted, in which order, and where a page of them ends."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, literal, or_, select, tuple_

from anpyc_queue.notes import noted
from anpyc_queue.tables import CANCELLED, FAILED, QUEUED, RUNNING, SUCCEEDED, Note, Project, Run
from anpyc_queue.words import plain
from anpyc_server.errors import BadRequest, Invalid
from anpyc_server.records.finding.conditions import Filter, in_group
from anpyc_server.records.finding.expressions import expression, has_tag
from anpyc_server.records.finding.fields import NUMERIC, Field, UnknownField, find
from anpyc_server.records.finding.sql import place_of, seconds_of

FINISHED, UNFINISHED, UNKNOWN = 0, 1, 2
"""Tiers of an order: by a metric, runs that did not finish come after those that did, whichever way."""
_STATUS_ORDER = (RUNNING, QUEUED, FAILED, CANCELLED, SUCCEEDED)
_LARGEST = 2**63 - 1
"""What a column of whole numbers can be compared with."""
_ID = re.compile(r"[0-9A-Za-z]{1,26}")

KeyType = type[str] | type[int] | type[float]


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted; empty parts want all."""

    status: tuple[str, ...] = ()
    strategy: tuple[str, ...] = ()
    benchmark: tuple[str, ...] = ()
    dataset: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    group: str | None = None
    project: str | None = None
    """By its id."""
    archived: bool = False
    text: str = ""
    filter: Filter | None = None
    """In the filter language. One that says which archived runs it wants decides that."""

    def conditions(self, run: type[Run] = Run) -> list[ColumnElement[bool]]:
        """As SQL, of the table of runs or of another name for it; deleted runs are never wanted."""
        wanted: list[ColumnElement[bool]] = [run.deleted_at.is_(None)]
        if self.filter is None or not self.filter.mentions_archived:
            wanted.append(run.archived == self.archived)
        for column, values in (
            (run.status, self.status),
            (run.strategy, self.strategy),
            (run.benchmark, self.benchmark),
            (run.dataset, self.dataset),
        ):
            if values:
                wanted.append(column.in_(values))
        if self.project is not None:
            wanted.append(run.project_id == self.project)
        if self.group is not None:
            wanted.append(in_group(self.group, run))
        wanted.extend(has_tag(plain(tag), run) for tag in self.tags)
        wanted.extend(_mentions(run, word, of_all=self.project is None) for word in self.text.split())
        if self.filter is not None:
            wanted.append(self.filter.condition(run))
        return wanted

    @property
    def tells_the_time(self) -> bool:
        """Whether the clock decides which runs these are."""
        return self.filter is not None and self.filter.tells_the_time


@dataclass(frozen=True)
class Tier:
    """Rows that stand together in an order, whichever way, and by what they follow each other within."""

    number: int
    """Tells the tier in a cursor."""
    conditions: tuple[ColumnElement[bool], ...] = ()
    key: ColumnElement[Any] = Run.id.expression
    key_type: KeyType = str
    of_setting: bool = False
    """Whether the key needs the row of the run's settings."""


def sorted_by(sort: str) -> str:
    """The same order by the one name of its field.

    :raises Invalid: at ``sort``, when there is no such field.
    """
    try:
        name = find(sort.removeprefix("-")).name
    except UnknownField as error:
        raise Invalid.at("sort", str(error)) from None
    return f"-{name}" if sort.startswith("-") else name


def tiers(name: str, descending: bool) -> Sequence[Tier]:
    """The tiers of an order of runs, one after the other. Each is read from an index of its own."""
    match name:
        case "created":
            return [Tier(0)]
        case "name":
            return [Tier(0, key=func.lower(Run.name))]
        case "strategy":
            return [Tier(0, key=Run.strategy.expression)]
        case "project":
            return [Tier(0, key=expression(find(name)))]
        case "status":
            ordered = [Tier(place, (Run.status == status,)) for place, status in enumerate(_STATUS_ORDER)]
            return ordered[::-1] if descending else ordered
    return _by_field(find(name))


def _by_field(field: Field) -> Sequence[Tier]:
    """What is known first; of what counts with the end of a run, that of finished runs."""
    value = expression(field)
    known, finished = value.is_not(None), Run.status == SUCCEEDED
    of_setting = field.origin == "setting"
    last = Tier(UNKNOWN, (value.is_(None),), of_setting=of_setting)
    key, key_type = key_of(field, value)
    if field.part == "Result":
        return [
            Tier(FINISHED, (known, finished), key, key_type),
            Tier(UNFINISHED, (known, ~finished), key, key_type),
            last,
        ]
    if field.origin == "duration":  # of what still trains it grows from page to page
        ended = Run.finished_at.is_not(None)
        return [Tier(FINISHED, (known, ended), key, key_type), Tier(UNKNOWN, (known.is_(False) | ~ended,))]
    return [Tier(FINISHED, (known,), key, key_type, of_setting), last]


def key_of(field: Field, value: ColumnElement[Any]) -> tuple[ColumnElement[Any], KeyType]:
    """What the field is sorted by, and what of Python that is."""
    if field.type == "moment":
        return seconds_of(value), float
    if field.origin == "column" and field.whole:
        return value, int
    if field.name == "archived":
        return cast(value, Integer), int
    return value, float if field.type in NUMERIC else str


def ordered(key: ColumnElement[Any], identity: ColumnElement[Any], descending: bool) -> list[Any]:
    """For ORDER BY: both one way."""
    columns = [key] if key is identity else [key, identity]
    return [column.desc() if descending else column.asc() for column in columns]


def past(
    key: ColumnElement[Any], identity: ColumnElement[Any], end: tuple[Any, str], descending: bool
) -> ColumnElement[bool]:
    """What comes after the row that ended a page."""
    if key is identity:
        return identity < end[1] if descending else identity > end[1]
    row, last = tuple_(key, identity), tuple_(*(literal(part) for part in end))
    return row < last if descending else row > last


def write_cursor(sort: str, tier: int, key: Any, identity: str) -> str:
    """A page's end as text that the client hands back."""
    content = json.dumps([sort, tier, key, identity])
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(text: str, sort: str, key_types: Mapping[int, KeyType]) -> tuple[int, Any, str]:
    """What :func:`write_cursor` wrote: tier, key and identity.

    :param key_types: of the keys of each tier. A database may refuse to compare with anything else.
    :raises BadRequest: when it did not, or for another order.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        sorted_by, tier, key, identity = json.loads(base64.urlsafe_b64decode(padded.encode()))
    except (ValueError, TypeError, RecursionError):
        raise _not_ours() from None
    known = sorted_by == sort and type(tier) is int and tier in key_types
    if not (known and isinstance(identity, str) and _ID.fullmatch(identity)):
        raise _not_ours()
    return tier, _key(key, key_types[tier]), identity


def _key(key: Any, wanted: KeyType) -> str | int | float:
    """The key as the database compares it: text that it can hold, a number that is one."""
    if wanted is str and isinstance(key, str) and "\0" not in key and _is_unicode(key):
        return key
    if isinstance(key, bool) or not isinstance(key, (int, float)) or wanted is str:
        raise _not_ours()
    if wanted is int and isinstance(key, int) and abs(key) <= _LARGEST:
        return key
    if wanted is float and abs(key) <= _LARGEST and math.isfinite(key):
        return float(key)
    raise _not_ours()


def _is_unicode(text: str) -> bool:
    """Half a character, as JSON can name one, is none."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _not_ours() -> BadRequest:
    return BadRequest(
        "The cursor does not belong to this list. Take `next_cursor` of the page before, same `sort`."
    )


def _mentions(run: type[Run], word: str, *, of_all: bool) -> ColumnElement[bool]:
    """In its name, tags or notes, in notes on its figures and groups, and among the runs of all projects in
    its project's name."""
    said = or_(place_of(run.words, plain(word)) > 0, noted(run, place_of(Note.words, plain(word)) > 0))
    if not of_all:
        return said
    projects = select(Project.id).where(place_of(Project.folded, plain(word)) > 0)
    return or_(said, run.project_id.in_(projects))
